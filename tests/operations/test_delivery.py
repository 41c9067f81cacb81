"""The outbox for those who run it: over HTTP as an operation, and on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cdp.app.cli.main import app
from cdp.errors import UsageError
from cdp.ports import Delivery, Outcome, Unanswered
from tests.operations.shop import CONTROL, Shop, live_through, open_shop_after


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop with one action that ended nobody knows how."""
    with open_shop_after(tmp_path / "shop", _waiting) as opened:
        opened.system.sinks["wecom.message"].deliver = _silence  # type: ignore[method-assign]
        yield opened


def _waiting(shop: Shop) -> None:
    shop.ask("journey.deploy")
    shop.system.sinks["wecom.message"].deliver = _silence  # type: ignore[method-assign]
    live_through(shop, CONTROL)


def _silence(deliveries: Sequence[Delivery]) -> list[Outcome]:
    return [Unanswered("timed out") for _ in deliveries]


def stuck(shop: Shop) -> str:
    (row,) = shop.http.get("/v1/outbox").json()["unknown"]
    assert (row["state"], row["channel"], row["detail"]) == ("unknown", "wecom.message", "timed out")
    assert row["person_id"] == shop.ask("person.find", identifier=f"phone:{CONTROL.phone}")["person_id"]
    return str(row["action"])


def test_a_stuck_action_is_tried_again_or_settled_over_http(shop: Shop) -> None:
    action = stuck(shop)
    assert shop.http.post("/v1/outbox/redrive", json={"actions": [action]}).json() == {"redriven": [action]}
    shop.settle()
    assert stuck(shop) == action
    answer = shop.http.post("/v1/outbox/confirm", json={"actions": [action]}).json()
    assert answer == {"settled": [action], "as": "delivered"}
    assert shop.http.get("/v1/outbox").json()["unknown"] == []
    shop.settle()
    assert shop.ask("sql", sql="SELECT outcome, attempts FROM actions") == [{"outcome": "delivered", "attempts": 2}]


def test_all_that_was_given_up_is_tried_again_and_never_what_nobody_knows(shop: Shop) -> None:
    stuck(shop)
    assert shop.http.post("/v1/outbox/redrive", json={}).json() == {"redriven": []}


def test_what_cannot_be_ordered_is_told(shop: Shop) -> None:
    answers = {
        ("redrive", '{"actions": ["nothing"]}'): 404, ("redrive", '{"actions": []}'): 422,
        ("confirm", '{"actions": ["nothing"]}'): 404, ("confirm", "{}"): 422, ("hold", '{"reason": 7}'): 422,
    }  # fmt: skip
    for (route, body), status in answers.items():
        answer = shop.http.post(f"/v1/outbox/{route}", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == status, (route, body, answer.text)
    assert stuck(shop)


def test_who_may_operate_holds_and_releases_and_is_put_on_record(shop: Shop) -> None:
    key = shop.ask("key.create", scope="operate")
    bearer = {"Authorization": f"Bearer {key['secret']}"}
    held = shop.http.post("/v1/outbox/hold", json={"reason": "暂停"}, headers=bearer).json()["held"]
    assert (held["by"], held["reason"]) == (f"key {key['id']}", "暂停")
    assert shop.http.get("/v1/status").json()["outbox_held"] is True
    assert shop.http.post("/v1/outbox/release", headers=bearer).json() == {"released": 0}
    assert shop.http.get("/v1/outbox").json()["held"] is None
    reading = shop.ask("key.create", scope="read")["secret"]
    for route in ("hold", "release"):
        answer = shop.http.post(f"/v1/outbox/{route}", json={}, headers={"Authorization": f"Bearer {reading}"})
        assert answer.status_code == 403


def test_what_a_page_orders_is_what_the_command_line_would(shop: Shop) -> None:
    here = {"Host": "127.0.0.1", "Origin": "http://127.0.0.1"}

    def order(address: str, **fields: str) -> int:
        return shop.http.post(address, data=fields, headers=here, follow_redirects=False).status_code

    action = stuck(shop)
    assert order("/outbox/hold", reason="盘点") == 303
    assert "盘点" in shop.http.get("/outbox", headers=here).text
    assert order("/outbox/confirm", action=action) == 303
    assert order("/outbox/confirm", action=action) == 404
    assert order("/outbox/release") == 303
    assert shop.ask("outbox.list") == {"held": None, "open": [], "unknown": [], "dead": []}
    body = shop.ask("inbox.list")["failures"][0]["id"]
    assert "放在" in shop.http.get(f"/inbox/{body + 1}", headers=here).text
    assert order("/inbox/replay", body=str(body)) == 303
    assert len(shop.ask("inbox.list")["failures"]) == 6


def test_the_command_line_says_what_waits_and_takes_orders(shop: Shop, tmp_path: Path) -> None:
    action = stuck(shop)
    shop.close()

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["outbox", *arguments, "--workspace", str(tmp_path / "shop")])
        if result.exception is not None:
            raise result.exception
        return result.stdout

    run("hold", "--reason", "盘点")
    told = run("list")
    assert "delivery is held since" in told
    assert "盘点" in told
    assert "nobody knows how these ended" in told
    assert action in told
    assert json.loads(run("confirm", action, "--not-delivered", "--json"))["as"] == "withdrawn"
    run("release")
    assert json.loads(run("list", "--json")) == {"held": None, "open": [], "unknown": [], "dead": []}
    for wrong in (("redrive",), ("redrive", action, "--dead")):
        with pytest.raises(UsageError, match="name actions, or say --dead"):
            run(*wrong)
