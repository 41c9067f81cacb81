"""One person's data as one document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cdp.app.cli.main import app
from tests.operations.shop import CONTROL, DOOMED, Shop, live_through, open_shop, open_shop_after


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop_after(tmp_path, _two) as opened:
        yield opened


def _two(shop: Shop) -> None:
    shop.ask("journey.deploy")
    live_through(shop, CONTROL)
    live_through(shop, DOOMED)


def exported(shop: Shop) -> dict[str, Any]:
    person = shop.ask("person.find", identifier=f"unionid:{CONTROL.unionid}")["person_id"]
    response = shop.http.get(f"/v1/persons/{person}/export")
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    return document


def test_everything_that_tells_who_somebody_is_stands_in_clear(shop: Shop) -> None:
    text = json.dumps(exported(shop), ensure_ascii=False)
    assert [name for name, needle in CONTROL.needles().items() if needle not in text] == []


def test_nothing_of_anybody_else_is_in_it(shop: Shop) -> None:
    text = json.dumps(exported(shop), ensure_ascii=False)
    assert [name for name, needle in DOOMED.needles().items() if needle in text] == []


def test_events_orders_runs_and_actions_are_in_it(shop: Shop) -> None:
    document = exported(shop)
    types = {event["type"] for event in document["events"]}
    assert types >= {
        "person.profile_changed",
        "group.message_sent",
        "order.paid",
        "journey.entered",
        "action.requested",
    }
    assert [event["position"] for event in document["events"]] == sorted({e["position"] for e in document["events"]})
    assert {order["net_fen"] for order in document["orders"]} == {8800}
    assert [run["journey"] for run in document["journey_runs"]] == ["welcome"]
    assert len(document["actions"]) == 1
    assert document["profile"]["nickname"] == CONTROL.texts()["nickname"]
    assert document["raw_bodies"]


def test_a_read_key_may_not_have_it(shop: Shop) -> None:
    secret = shop.ask("key.create", scope="read")["secret"]
    assert shop.http.get("/v1/persons/1/export", headers={"Authorization": f"Bearer {secret}"}).status_code == 403


def test_the_command_writes_a_file_for_its_owner_alone_and_overwrites_none(tmp_path: Path) -> None:
    with open_shop(tmp_path / "shop") as shop:
        live_through(shop, CONTROL)
    arguments = [
        "person",
        "export",
        f"phone:{CONTROL.phone}",
        "--to",
        str(tmp_path / "one.json"),
        "-w",
        str(tmp_path / "shop"),
    ]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert (tmp_path / "one.json").stat().st_mode & 0o777 == 0o600
    assert json.loads((tmp_path / "one.json").read_text())["profile"]["name"] == CONTROL.texts()["name"]
    again = CliRunner().invoke(app, arguments)
    assert again.exit_code
    assert "choose another file" in str(again.exception)
