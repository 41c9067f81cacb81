"""Funnels, retention, metrics and segments over HTTP: as documents and as rows, for whoever may see them; and saved as a tag."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from typing import Any

import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from cdp.app.opening import prepare
from cdp.app.operations.runtime import Runtime
from cdp.app.operations.table import perform
from cdp.app.settings import load
from cdp.app.system import build
from cdp.app.web.app import create_app
from cdp.app.worker import Worker
from cdp.testing import DRAGON_BOAT

OWN = {"Authorization": "Bearer the-token"}
SETTINGS = f'[workspace]\nname = "老王"\nclock = "driven"\nclock_start = "{DRAGON_BOAT}"\n'
DAYS = {"since": "2026-06-15", "until": "2026-06-21"}
STEPS = {"step": ["mall.visited", "order.placed"]}


def told(kind: str, who: int, day: int, clock: str = "10:00", **fields: Any) -> dict[str, Any]:
    """Something neighbour `who` did on a day of that June."""
    return {
        "id": f"{kind}-{who}-{day}-{clock}", "source": "test", "type": kind,
        "occurred_at": f"2026-06-{day:02}T{clock}:00+08:00", "who": [{"type": "phone", "value": f"1990000{who:04}"}],
        **fields,
    }  # fmt: skip


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    workspace = tmp_path_factory.mktemp("shop")
    (workspace / "cdp.toml").write_text(SETTINGS, encoding="utf-8")
    system = build(load(workspace))
    runtime = Runtime(system, Worker(system), serving=False)
    prepare(runtime)
    yield runtime
    system.close()


@pytest.fixture(scope="module")
def client(runtime: Runtime) -> Iterator[TestClient]:
    """Neighbours 1 to 4 look into the mall on the 15th; 1 orders on the 16th, and looks again in each of the next weeks."""
    events = [
        told("person.profile_changed", n, 1, data={"name": f"街坊{n}", "building": f"{n % 2}栋"}) for n in range(1, 5)
    ]
    events += [told("mall.visited", n, 15) for n in range(1, 5)]
    events += [told("order.placed", 1, 16, context={"order": "E1"}, data={"amount_fen": 100})]
    events += [told("mall.visited", 1, 18), told("mall.visited", 1, 9)]
    with TestClient(create_app(runtime, "the-token"), raise_server_exceptions=False) as client:
        assert client.post("/v1/events", json=events, headers=OWN).json()["accepted"] == len(events)
        yield client


def key(client: TestClient, scope: str) -> dict[str, str]:
    secret = client.post("/v1/operations/key.create", json={"scope": scope}, headers=OWN).json()["secret"]
    return {"Authorization": f"Bearer {secret}"}


def get(client: TestClient, path: str, **params: Any) -> Any:
    answer = client.get(path, params=params, headers=OWN)
    assert answer.status_code == 200, answer.text
    return answer.json()


def rows(client: TestClient, path: str, **params: Any) -> list[list[str]]:
    """An answer as Excel reads it."""
    answer = client.get(path, params={**params, "format": "excel"}, headers=OWN)
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert ".csv" in answer.headers["content-disposition"]
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_a_metric_is_answered_with_its_definition_and_how_fresh_it_is(client: TestClient, runtime: Runtime) -> None:
    found = get(client, "/v1/metrics/visitors", **DAYS, by="building", compare="true")
    assert found["definition"]["zh"].startswith("打开过小程序商城")
    assert (found["unit"], found["compared_with"]) == ("persons", {"since": "2026-06-08", "until": "2026-06-14"})
    assert [(row["building"], row["value"], row["value_before"], row["change"]) for row in found["rows"]] == [
        ("0栋", 2, 0, 2), ("1栋", 2, 1, 1),
    ]  # fmt: skip
    assert found["position"] == runtime.system.log.head()
    assert found["recorded_at"].startswith("2026-06-19")
    assert all(row["open"] for row in found["rows"]), "no day is over yet"


def test_all_metrics_are_listed(client: TestClient) -> None:
    assert {"visitors", "lead_rate", "repurchase_rate"} <= {m["metric"] for m in get(client, "/v1/metrics")["metrics"]}


def test_rows_come_as_csv_and_parquet_by_accept_or_by_name(client: TestClient) -> None:
    head, *lines = rows(client, "/v1/metrics/visitors", **DAYS, by="building")
    assert head[:6] == ["metric", "unit", "since", "until", "building", "value"]
    assert lines[0][:6] == ["visitors", "persons", "2026-06-15", "2026-06-21", "0栋", "2"]
    accepted = client.get(
        "/v1/metrics/visitors", params=DAYS, headers={**OWN, "Accept": "application/vnd.apache.parquet"}
    )
    table = pq.read_table(io.BytesIO(accepted.content))
    assert table.select(["since", "value", "open"]).to_pylist() == [
        {"since": date(2026, 6, 15), "value": 4, "open": True}
    ]
    assert accepted.headers["cdp-position"] == str(get(client, "/v1/metrics/visitors", **DAYS)["position"])
    nothing = client.get("/v1/metrics/visitors", headers={**OWN, "Accept": "image/png"})
    assert nothing.status_code == 406
    for form in ("csv", "ndjson", "arrow", "json"):
        assert client.get("/v1/metrics/visitors", params={"format": form}, headers=OWN).status_code == 200


def test_a_funnel_takes_every_rule_and_is_a_row_a_step(client: TestClient) -> None:
    plain = get(client, "/v1/funnels", **STEPS, **DAYS)
    assert (plain["counts"], plain["steps"][1]["from_previous"]) == ([4, 1], 0.25)
    by = get(client, "/v1/funnels", **STEPS, by="type", attribution="1", entry="first_ever", exclude="1-2: cart.added")
    assert by["counts"] == [4, 1]
    told = rows(client, "/v1/funnels", **STEPS, **DAYS, by="type")
    assert [row[:6] for row in told[1:3]] == [
        ["true", "", "1", "mall.visited", "mall.visited", "4"], ["true", "", "2", "order.placed", "order.placed", "1"],
    ]  # fmt: skip


def test_a_funnel_is_compared_and_its_leak_is_named(client: TestClient) -> None:
    found = get(client, "/v1/funnels", **STEPS, **DAYS, compare="true")
    assert found["before"] == {"since": "2026-06-08", "until": "2026-06-14", "counts": [1, 0]}
    assert len(found["history"]) == 8
    assert (found["leak"]["step"], found["leak"]["worse_than"], found["leak"]["lost"]) == (2, "nothing", 3)
    assert found["leak"]["advice"] is None, "of steps of one's own nobody knows what usually helps"
    own = get(client, "/v1/funnels", **DAYS, compare="true")
    assert own["leak"] is None, "nobody began"


def test_whom_a_step_lost_is_listed(client: TestClient) -> None:
    lost = get(client, "/v1/funnels/dropped", at=2, **STEPS, **DAYS)["persons"]
    assert len(lost) == 3
    assert rows(client, "/v1/funnels/dropped", at=2, **STEPS, **DAYS) == [["person_id"], *[[str(p)] for p in lost]]


def test_retention_is_a_row_a_cell(client: TestClient) -> None:
    found = get(client, "/v1/retention", start="mall.visited", since="2026-06-08", periods=2)
    assert [[cell["persons"] for cell in cohort["cells"]] for cohort in found["cohorts"]] == [[1, 1], [3]]
    assert rows(client, "/v1/retention", start="mall.visited", since="2026-06-08", periods=2)[1:] == [
        ["2026-06-08", "1", "0", "1", "1", "false"], ["2026-06-08", "1", "1", "1", "1", "true"],
        ["2026-06-15", "3", "0", "3", "1", "true"],
    ]  # fmt: skip
    assert len(get(client, "/v1/retention", start="mall.visited", period="month")["cohorts"]) == 8


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/metrics/nonsense", 404),
        ("/v1/metrics/visitors?by=nonsense", 422),
        ("/v1/metrics/visitors?since=yesterday", 422),
        ("/v1/metrics/visitors?since=2026-06-02&until=2026-06-01", 422),
        ("/v1/metrics/visitors?since=0001-01-01", 422),
        ("/v1/metrics/visitors?format=xml", 422),
        ("/v1/funnels?order=sideways", 422),
        ("/v1/funnels?step=order.eaten", 422),
        ("/v1/funnels?step=order.paid&step=order.paid&exclude=2-1:%20cart.added", 422),
        ("/v1/funnels?attribution=9", 422),
        ("/v1/funnels/dropped?at=9", 422),
        ("/v1/retention", 422),
        ("/v1/retention?start=order.paid&period=year", 422),
        ("/v1/segments/nobody", 404),
        ("/v1/segments/nobody?limit=0", 422),
    ],
)
def test_a_question_that_means_nothing_is_told_why(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path, headers=OWN)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text


def test_figures_need_the_scope_read_and_saving_a_tag_operate(client: TestClient) -> None:
    for path in ("/v1/metrics/visitors", "/v1/metrics", "/v1/funnels", "/v1/retention?start=order.paid"):
        assert client.get(path, headers=key(client, "read")).status_code == 200
        assert client.get(path, headers=key(client, "write")).status_code == 403
    body = {"dropped_at": 2, "steps": STEPS["step"]}
    assert client.post("/v1/segments/x", json=body, headers=key(client, "read")).status_code == 403
    assert client.post("/v1/segments/x", json=body, headers=key(client, "operate")).status_code == 200


def save(client: TestClient, tag: str) -> dict[str, Any]:
    answer = client.post(f"/v1/segments/{tag}", json={"dropped_at": 2, "steps": STEPS["step"], **DAYS}, headers=OWN)
    assert answer.status_code == 200, answer.text
    return {name: answer.json()[name] for name in ("persons", "added", "carried", "unreachable")}


def test_whom_a_step_lost_gets_a_tag_once(client: TestClient, runtime: Runtime) -> None:
    assert save(client, "看了没买") == {"persons": 3, "added": 3, "carried": 0, "unreachable": 0}
    head = runtime.system.log.head()
    assert save(client, "看了没买") == {"persons": 3, "added": 0, "carried": 3, "unreachable": 0}
    assert runtime.system.log.head() == head
    said = [e for e in runtime.system.log.read(0, 1000) if e.data.get("tag") == "看了没买"]
    assert [(e.source, e.data) for e in said] == [("operator", {"tag": "看了没买", "by": "staff"})] * 3


def test_the_page_saves_it_for_good(client: TestClient, runtime: Runtime) -> None:
    """Of the shop's own funnel: who was a member of a group and did not click."""
    joined = [told("group.joined", n, 15, context={"group": "g"}) for n in (1, 2)]
    client.post("/v1/events", json=joined, headers=OWN)
    runtime.catch_up()
    page = "http://127.0.0.1/people/tag?dropped=1&window=14&since=2026-06-15&until=2026-06-21"
    answer = client.post(page, data={"name": "没点链接"}, follow_redirects=False)
    assert (answer.status_code, "added=2" in answer.headers["location"]) == (303, True)
    assert [p["name"] for p in get(client, "/v1/segments/没点链接")["persons"]] == ["街坊1", "街坊2"]


def test_a_tag_that_is_none_is_refused(client: TestClient) -> None:
    answer = client.post(f"/v1/segments/{'长' * 300}", json={"dropped_at": 2, "steps": STEPS["step"]}, headers=OWN)
    assert answer.status_code == 422
    assert "tag" in answer.json()["detail"]


def test_a_segment_is_paged_by_a_cursor(client: TestClient) -> None:
    save(client, "VIP/金卡")
    path, seen = "/v1/segments/VIP%2F金卡", []
    first = client.get(path, params={"limit": 2}, headers=OWN)
    assert first.status_code == 200, first.text
    assert (first.json()["total"], len(first.json()["persons"])) == (3, 2)
    assert first.headers["link"].startswith("</v1/segments/VIP/%E9%87%91%E5%8D%A1?limit=2&after=")
    address = first.headers["link"].removeprefix("<").partition(">")[0]
    assert client.get(address, headers=OWN).json()["persons"][0]["person_id"] > first.json()["next"]
    after = 0
    while after is not None:
        page = get(client, path, limit=2, after=after)
        seen += [person["person_id"] for person in page["persons"]]
        after = page["next"]
    assert seen == sorted(set(seen))
    assert len(seen) == 3


def test_names_of_a_segment_are_for_those_who_may_see_them(client: TestClient) -> None:
    save(client, "街坊")
    assert [p["name"] for p in get(client, "/v1/segments/街坊")["persons"]] == ["街坊2", "街坊3", "街坊4"]
    assert rows(client, "/v1/segments/街坊")[1][:3] == ["2", "街坊2", "2026-06-19 19:30:00"]
    seen = client.get("/v1/segments/街坊", params={"format": "csv"}, headers=key(client, "read")).text
    assert seen.splitlines()[0].startswith('"person_id","since"')
    assert "街坊2" not in seen


def test_who_lost_the_tag_gets_it_again_and_who_was_erased_gets_none(client: TestClient, runtime: Runtime) -> None:
    """The last of all, since it erases somebody."""
    save(client, "再来")
    first, second, _ = (person["person_id"] for person in get(client, "/v1/segments/再来")["persons"])
    (known,) = runtime.system.vault.identifiers([first]).values()
    removed = told("tag.removed", 0, 19, "19:30", data={"tag": "再来", "by": "staff"})
    removed["who"] = [{"type": known.type, "value": known.value}]
    assert client.post("/v1/events", json=removed, headers=OWN).json()["accepted"] == 1
    assert save(client, "再来") == {"persons": 3, "added": 1, "carried": 2, "unreachable": 0}
    perform(runtime, "person.erase", {"person": second})
    assert save(client, "又一个") == {"persons": 3, "added": 2, "carried": 0, "unreachable": 1}
