"""What a person orders on a page: replaying, holding, releasing, trying again, settling; and who may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from cdp.app.web.pages import PageContext
from cdp.errors import NotFound, UsageError
from tests.web.reading import Page
from tests.web.serving import application
from tests.web.test_login import OneKey, log_in

AT = "2026-06-19T11:30:00Z"


@dataclass
class Failures:
    """One body with a failed item and one that was taken."""

    replayed: list[list[int]] = field(default_factory=list)

    def counts(self) -> Mapping[str, int]:
        return {"schema": 1}

    def failures(self, reason: str, limit: int) -> Sequence[Mapping[str, Any]]:
        return [
            {"id": 7, "received_at": AT, "source": "youzan/main", "reason": "schema", "path": "$.amount", "message": "expected a number"}
        ]  # fmt: skip

    def show(self, raw: int) -> Mapping[str, Any]:
        if raw != 7:
            raise NotFound("body in the inbox", raw)
        items = [
            {"outcome": "failed", "reason": "schema", "path": "$.amount", "message": "expected a number", "event_id": "e1", "position": 0},
            {"outcome": "accepted", "reason": "", "path": "", "message": "", "event_id": "e2", "position": 12},
        ]  # fmt: skip
        return {
            "id": raw,
            "source": "youzan/main",
            "received_at": AT,
            "readable": '{"phone": "13800138000"}',
            "items": items,
        }

    def replay(self, raws: Sequence[int]) -> Mapping[str, int]:
        self.replayed.append(list(raws))
        return {"replayed": 1, "still_failed": 0}


@dataclass
class Deliveries:
    """One action of each kind."""

    on_hold: dict[str, str] | None = None
    orders: list[tuple[object, ...]] = field(default_factory=list)

    def held(self) -> Mapping[str, str] | None:
        return self.on_hold

    def actions(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        return {name: [_row(name)] for name in ("open", "unknown", "dead")}

    def hold(self, by: str, reason: str) -> None:
        self.orders.append(("hold", by, reason))

    def release(self, by: str) -> None:
        self.orders.append(("release", by))

    def redrive(self, actions: Sequence[str], by: str) -> None:
        self.orders.append(("redrive", *actions, by))

    def confirm(self, actions: Sequence[str], by: str, *, delivered: bool) -> None:
        if actions == ["open"] and self.on_hold is None:
            raise UsageError("hold the outbox first")
        self.orders.append(("confirm", *actions, by, delivered))


def _row(name: str) -> dict[str, Any]:
    state = {"open": "deferred"}.get(name, name)
    return {
        "action": name, "journey": "duanwu-welcome", "channel": "wecom.message", "person_id": 3, "state": state, "attempts": 2,
        "next_at": AT if name == "open" else None, "requested_at": AT, "detail": "timed out",
    }  # fmt: skip


@dataclass
class Desk:
    """A visitor, and what they may order."""

    client: TestClient
    inbox: Failures
    outbox: Deliveries

    def page(self, address: str) -> Page:
        answer = self.client.get(address)
        assert answer.status_code == 200, answer.text
        return Page(answer.text)

    def order(self, address: str, **fields: Any) -> int:
        """Send a form as a page of ours would."""
        hidden = {i["name"]: i["value"] or "" for i in self.page("/outbox").all("input", type="hidden")}
        headers = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
        return self.client.post(address, data={"csrf": hidden.get("csrf", ""), **fields}, headers=headers).status_code


def desk(world: PageContext, login: OneKey | None = None, **held: str) -> Desk:
    inbox, outbox = Failures(), Deliveries(held or None)
    context = replace(world, inbox=inbox, outbox=outbox, login=login)
    return Desk(TestClient(application(context), follow_redirects=False), inbox, outbox)


@pytest.fixture
def here(world: PageContext) -> Desk:
    """Somebody who sits at this machine."""
    return desk(world)


def test_a_failure_leads_to_its_body_and_a_replay(here: Desk) -> None:
    assert "/inbox/7" in here.page("/inbox").links
    body = here.page("/inbox/7")
    assert "expected a number" in body.text
    assert "已收下" in body.text
    assert body.all("input", name="body", value="7")
    assert here.order("/inbox/replay", body="7") == 303
    assert here.order("/inbox/replay") == 303
    assert here.inbox.replayed == [[7], []]
    assert "重放了 3 条" in here.page("/inbox?replayed=3").text


@pytest.mark.parametrize("address", ["/inbox/8", "/inbox/99999999999999999999", "/inbox/x"])
def test_a_body_that_is_not_there_is_a_page_that_says_so(here: Desk, address: str) -> None:
    assert here.client.get(address).status_code == 404


def test_every_order_about_delivery_reaches_the_outbox(here: Desk) -> None:
    assert here.order("/outbox/hold", reason=" 盘点 ") == 303
    assert here.order("/outbox/redrive", action="unknown") == 303
    assert here.order("/outbox/confirm", action="dead") == 303
    assert here.order("/outbox/confirm", action=["dead", "unknown"], delivered="false") == 303
    assert here.order("/outbox/release") == 303
    assert here.outbox.orders == [
        ("hold", "", "盘点"), ("redrive", "unknown", ""), ("confirm", "dead", "", True),
        ("confirm", "dead", "unknown", "", False), ("release", ""),
    ]  # fmt: skip


def test_what_may_go_out_at_any_moment_is_not_settled(here: Desk) -> None:
    page = here.page("/outbox")
    assert len(page.all("form", action="/outbox/confirm")) == 4
    assert here.order("/outbox/confirm", action="open") == 409


def test_while_all_is_held_every_page_says_so_and_what_waits_can_be_settled(world: PageContext) -> None:
    held = desk(world, since=AT, by="restore", reason="backup of 2026-06-19")
    assert "触达已暂停" in held.page("/people").text
    page = held.page("/outbox")
    assert "从备份恢复" in page.text
    assert len(page.all("form", action="/outbox/confirm")) == 6
    assert page.all("form", action="/outbox/release")


def test_a_workspace_without_inbox_and_outbox_has_no_such_pages(client: TestClient) -> None:
    for address in ("/inbox", "/inbox/7", "/outbox"):
        assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://testserver:8080"},
    ],
)
def test_no_other_site_can_give_an_order(here: Desk, headers: dict[str, str]) -> None:
    for address in ("/outbox/hold", "/outbox/release", "/inbox/replay"):
        assert here.client.post(address, data={"action": "dead"}, headers=headers).status_code == 403
    assert here.outbox.orders == here.inbox.replayed == []


def test_an_order_is_put_on_record_under_the_name_of_whoever_logged_in(world: PageContext) -> None:
    visitor = desk(world, OneKey())
    assert log_in(visitor.client) == 303
    assert visitor.order("/outbox/hold", reason="") == 303
    assert visitor.outbox.orders == [("hold", "老王", "")]
    assert visitor.order("/outbox/release", csrf="forged") == 403


def test_a_key_that_may_only_look_gives_no_orders_and_sees_no_raw_body(world: PageContext) -> None:
    visitor = desk(world, OneKey(reaches=frozenset()))
    assert log_in(visitor.client) == 303
    assert not visitor.page("/outbox").all("form", action="/outbox/hold")
    assert not visitor.page("/inbox").all("form", action="/inbox/replay")
    body = visitor.page("/inbox/7")
    assert "13800138000" not in body.html
    assert "admin" in body.text
    token = Page(visitor.client.get("/people").text).all("input", name="csrf")[0]["value"]
    for address in ("/outbox/hold", "/inbox/replay"):
        assert visitor.client.post(address, data={"csrf": token}).status_code == 403
    assert visitor.outbox.orders == []


def test_an_admin_sees_the_raw_body(world: PageContext) -> None:
    visitor = desk(world, OneKey())
    assert log_in(visitor.client) == 303
    assert "13800138000" in visitor.page("/inbox/7").html
