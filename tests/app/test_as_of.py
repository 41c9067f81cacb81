"""Questions as of a moment gone by: what was known then, what had happened by then, and what is no moment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from cdp.app.cli.main import app
from cdp.app.opening import prepare
from cdp.app.operations.runtime import Runtime
from cdp.app.settings import load
from cdp.app.system import System, build
from cdp.app.web.app import create_app
from cdp.app.worker import Worker
from cdp.clock import DrivenClock, day_start
from cdp.errors import NotFound, UsageError
from tests.app.test_measures import OWN, SETTINGS, get, key, told

LATE = "2026-06-20"
"""The day on which the shop heard of the 17th."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Neighbour 1 orders on the 16th and is told of at once; neighbour 2 ordered on the 17th, which is heard of on the 20th."""
    workspace = tmp_path_factory.mktemp("shop")
    (workspace / "cdp.toml").write_text(SETTINGS.replace("2026-06-19", "2026-06-16"), encoding="utf-8")
    system = build(load(workspace))
    runtime = Runtime(system, Worker(system), serving=False)
    prepare(runtime)
    with TestClient(create_app(runtime, "the-token"), raise_server_exceptions=False) as client:
        _goes_to(system, "2026-06-16", 23)
        _heard(client, "order.paid", 1, 16, 700)
        _heard(client, "tag.added", 1, 16)
        _goes_to(system, LATE, 9)
        _heard(client, "order.paid", 2, 17, 900)
        _heard(client, "tag.removed", 1, 17)
        _goes_to(system, "2026-06-22", 9)
        _heard(client, "order.paid", 1, 21, 50)
        yield client
    system.close()


def _goes_to(system: System, day: str, hour: int) -> None:
    assert isinstance(system.clock, DrivenClock)
    system.clock.advance_to(day_start(date.fromisoformat(day), "Asia/Shanghai") + hour * 3_600_000_000)


def _heard(client: TestClient, kind: str, who: int, day: int, fen: int = 0) -> None:
    data: dict[str, Any] = {"amount_fen": fen} if fen else {"tag": "端午", "by": "staff"}
    context = {"order": f"E{who}{day}"} if fen else {}
    answer = client.post("/v1/events", json=told(kind, who, day, data=data, context=context), headers=OWN)
    assert answer.json()["accepted"] == 1


def _orders(client: TestClient, **moment: str) -> list[str]:
    answer = client.post("/v1/sql", json={"sql": "SELECT order_id FROM orders ORDER BY 1", **moment}, headers=OWN)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    assert bool(told["recorded_at"]) == (moment.get("as_of") != "0" and moment.get("as_of") != "2026-06-15")
    return [row["order_id"] for row in told["rows"]]


@pytest.mark.parametrize(
    ("moment", "orders"),
    [
        ({}, ["E116", "E121", "E217"]),
        ({"as_of": "2026-06-15"}, []),
        ({"as_of": "2026-06-16"}, ["E116"]),
        ({"as_of": "2026-06-16T22:59:59"}, []),
        ({"as_of": "2026-06-16T15:00:01Z"}, ["E116"]),
        ({"as_of": "2026-06-17"}, ["E116"]),
        ({"as_of": "2026-06-17", "known": "then"}, ["E116"]),
        ({"as_of": "2026-06-17", "known": "now"}, ["E116", "E217"]),
        ({"as_of": "2026-06-16", "known": "now"}, ["E116"]),
        ({"as_of": LATE}, ["E116", "E217"]),
        ({"as_of": "2026-06-22"}, ["E116", "E121", "E217"]),
        ({"as_of": "0"}, []),
    ],
)
def test_tables_are_of_what_was_known_then_or_of_what_had_happened(
    shop: TestClient, moment: dict[str, str], orders: list[str]
) -> None:
    assert _orders(shop, **moment) == orders


def test_a_position_is_what_the_log_told_up_to_it(shop: TestClient) -> None:
    at = get(shop, "/v1/persons", identifier="phone:19900000001", as_of="2026-06-17")
    assert (at["facts"]["paid_orders"], at["facts"]["gmv_fen"]) == (1, 700)
    position = str(at["position"])
    assert at["as_of"] == {"asked": "2026-06-17", "time": at["as_of"]["time"], "known": "then"}
    same = get(shop, f"/v1/persons/{at['person_id']}", as_of=position)
    assert same["facts"] == at["facts"]
    assert get(shop, f"/v1/persons/{at['person_id']}")["facts"]["paid_orders"] == 2
    events = get(shop, f"/v1/persons/{at['person_id']}/timeline", as_of=position)["events"]
    assert [event["type"] for event in events] == ["tag.added", "order.paid"]
    assert shop.get("/v1/persons", params={"identifier": "phone:19900000002", "as_of": position}, headers=OWN).status_code == 404  # fmt: skip


def test_metrics_funnels_retention_and_tags_are_as_of_then(shop: TestClient) -> None:
    days = {"since": "2026-06-15", "until": "2026-06-18"}
    then, now = {"as_of": "2026-06-18"}, {"as_of": "2026-06-18", "known": "now"}
    assert [get(shop, "/v1/metrics/gmv", **days, **m)["rows"][0]["value"] for m in (then, now)] == [700, 1600]
    assert [get(shop, "/v1/funnels", step=["order.paid"], **m)["steps"][0]["persons"] for m in (then, now)] == [1, 2]
    asked = {"start": "order.paid", "since": "2026-06-15", "periods": 1}
    assert [get(shop, "/v1/retention", **asked, **m)["cohorts"][0]["size"] for m in (then, now)] == [1, 2]
    assert [get(shop, "/v1/segments/端午", **m)["total"] for m in (then, now, {})] == [1, 0, 0]
    # Before any day was over, the last is the one that lasted then.
    assert get(shop, "/v1/metrics/gmv", as_of="2026-06-15")["until"] == "2026-06-15"
    lost = {"at": 2, "step": ["order.paid", "mall.visited"]}
    assert [len(get(shop, "/v1/funnels/dropped", **lost, **m)["persons"]) for m in (then, now)] == [1, 2]


@pytest.mark.parametrize(
    ("moment", "says"),
    [
        ({"as_of": "yesterday"}, "no moment"),
        ({"as_of": "2026-02-30"}, "no moment"),
        ({"as_of": "2026-W25"}, "no moment"),
        ({"as_of": "2026-06-19T25:00"}, "no moment"),
        ({"as_of": "-1"}, "no moment"),
        ({"as_of": "1999-01-01"}, "beyond"),
        ({"as_of": "2026-06-23"}, "still to come"),
        ({"as_of": "2026-06-22T09:30"}, "still to come"),
        ({"as_of": "9999"}, "the log ends at"),
        ({"as_of": "2026-06-19", "known": "later"}, "then or now"),
        ({"known": "now"}, "there is none"),
    ],
)
def test_what_is_no_moment_is_refused_with_the_reason(shop: TestClient, moment: dict[str, str], says: str) -> None:
    for answer in (
        shop.get("/v1/metrics/gmv", params=moment, headers=OWN),
        shop.post("/v1/sql", json={"sql": "SELECT 1", **moment}, headers=OWN),
        shop.post("/v1/operations/person.show", json={"person": 1, **moment}, headers=OWN),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "usage_error")
        assert says in answer.json()["detail"]


def test_what_is_only_ever_now_takes_no_moment(shop: TestClient) -> None:
    asked = {"status": {}, "dropped.tag": {"tag": "x", "step": 2}, "person.why": {"person": 1, "journey": "x"}}
    for name, parameters in asked.items():
        answer = shop.post(f"/v1/operations/{name}", json={"as_of": "2026-06-17", **parameters}, headers=OWN)
        assert answer.status_code == 422
        assert "as_of" in answer.json()["detail"]
    assert shop.post("/v1/operations/metric", json={"name": "gmv", "as_of": 5}, headers=OWN).status_code == 422


def test_only_the_command_line_says_where_a_moment_is_written(shop: TestClient, tmp_path: Path) -> None:
    asked = {"as_of": "2026-06-17", "into": str(tmp_path / "then.duckdb")}
    assert shop.post("/v1/operations/rebuild", json=asked, headers=key(shop, "operate")).status_code == 403
    for wrong in ({"as_of": "2026-06-17"}, {**asked, "views": ["orders"]}):
        assert shop.post("/v1/operations/rebuild", json=wrong, headers=OWN).status_code == 422
    answer = shop.post("/v1/operations/rebuild", json=asked, headers=OWN).json()
    with duckdb.connect(asked["into"], read_only=True) as file:
        assert file.execute("SELECT order_id FROM orders").fetchall() == [("E116",)]
        assert file.execute("SELECT MAX(position) FROM touchpoints").fetchall() == [(answer["position"],)]
    assert "is there already" in shop.post("/v1/operations/rebuild", json=asked, headers=OWN).json()["detail"]


def test_the_command_line_asks_as_of_a_moment_without_a_server(tmp_path: Path) -> None:
    (tmp_path / "cdp.toml").write_text("", encoding="utf-8")
    told_of = tmp_path / "events.jsonl"
    told_of.write_text(
        json.dumps(told("order.paid", 1, 16, data={"amount_fen": 700}, context={"order": "E1"})), "utf-8"
    )

    def run(*words: object) -> str:
        result = CliRunner().invoke(app, [*map(str, words), "-w", str(tmp_path)], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    run("ingest", told_of)
    count = ("sql", "SELECT COUNT(*) AS n FROM orders", "--json")
    then = ("--as-of", "2026-06-16", "--known", "now")
    assert [run(*count, *m).strip() for m in ((), ("--as-of", 0), then)] == ['[{"n": 1}]', '[{"n": 0}]', '[{"n": 1}]']
    assert "¥7.00" in run("metric", "gmv", "--since", "2026-06-16", "--until", "2026-06-16", *then)
    assert "order.paid" in run("person", "timeline", "phone:19900000001", *then)
    assert json.loads(run("person", "show", "phone:19900000001", *then, "--json"))["as_of"]["asked"] == "2026-06-16"
    assert json.loads(run("funnel", "order.paid", *then, "--json"))["steps"][0]["persons"] == 1
    assert "2026-06-15" in run("retention", "order.paid", "--since", "2026-06-15", "--periods", "1", *then)
    run("export", "orders", "--format", "csv", "--to", tmp_path / "out", *then)
    assert "E1" in (tmp_path / "out" / "orders.csv").read_text()
    into = tmp_path / "then.duckdb"
    assert str(into) in run("rebuild", "--into", into, *then)
    assert into.is_file()
    for words in (("rebuild", *then), ("export", *then), ("rebuild", "orders", "--into", tmp_path / "new")):
        with pytest.raises(UsageError, match=r"into|--to"):
            run(*words)
    with pytest.raises(NotFound):
        run("person", "show", "phone:19900000001", "--as-of", 0)


def test_the_page_of_a_person_is_as_of_a_day_gone_by(shop: TestClient) -> None:
    here = {"Host": "127.0.0.1", "Accept": "text/html"}

    def page(who: int, **moment: str) -> str:
        answer = shop.get(f"/people/{who}", params=moment, headers=here)
        assert answer.status_code == 200
        return answer.text

    first, second = (get(shop, "/v1/persons", identifier=f"phone:1990000000{n}")["person_id"] for n in (1, 2))
    assert "¥7.50" in page(first)
    then = page(first, as_of="2026-06-17")
    assert "¥7<" in then
    assert "¥7.50" not in then
    assert "2026-06-17 23:59" in then
    assert f'href="/people/{first}?as_of=2026-06-17&amp;kind=mall"' in then
    assert "那时还不认识" in page(second, as_of="2026-06-17")
    assert "¥9<" in page(second, as_of="2026-06-17", known="now")
    for wrong in ("2099-01-01", "<b>"):
        assert "不是过去的日子" in page(first, as_of=wrong)
    assert shop.get("/people/999?as_of=2026-06-17", headers=here).status_code == 404
