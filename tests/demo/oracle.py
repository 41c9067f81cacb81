"""Reads a story as a bystander who knows everybody: what each neighbour did, and how far they came in the funnel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cdp.app.demo.story.acts import Act, HttpEvents, Story, WecomCallback, YouzanWebhook
from cdp.clock import to_moment

WINDOW = 14 * 86_400 * 1_000_000
CALLBACKS = {"add_external_contact": "friend.added", "del_follow_user": "friend.removed"}
WEBHOOKS = {"trade_TradeCreate": "order.placed", "trade_TradePaid": "order.paid"}
Happening = tuple[int, str, dict[str, Any]]


def lives(story: Story) -> dict[str, list[Happening]]:
    """Strongest name of each neighbour -> what they did, in order of time."""
    names = _names(story)
    told: dict[str, list[Happening]] = defaultdict(list)
    for identifier, happening in _happenings(story):
        told[names.get(identifier, identifier)].append(happening)
    return {name: sorted(done, key=lambda h: h[0]) for name, done in told.items()}


def funnel(story: Story) -> list[int]:
    """How many came at least as far as each of the seven steps, in order, within fourteen days of the first."""
    reached = [_furthest(done) for done in lives(story).values()]
    return [sum(1 for steps in reached if steps > step) for step in range(7)]


def _furthest(done: list[Happening]) -> int:
    starts = [i for i, (_, kind, _) in enumerate(done) if kind == "group.link_clicked"]
    return max((_walk(done, i) for i in starts), default=0)


def _walk(done: list[Happening], start: int) -> int:
    step = 1
    for at, kind, data in done[start + 1 :]:
        if at > done[start][0] + WINDOW or step == 7:
            break
        step += _matches(step, kind, data)
    return step


def _matches(step: int, kind: str, data: dict[str, Any]) -> bool:
    wanted = ("", "live.entered", "live.watched", "friend.added", "mall.visited", "order.placed", "order.placed")[step]
    return kind == wanted and (kind != "live.watched" or data["total_seconds"] >= 60)


def _names(story: Story) -> dict[str, str]:
    """Every identifier but the phone -> one name; what stands together once belongs together."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for who in _whos(story):
        for other in who[1:]:
            parent[root(other)] = root(who[0])
    return {name: root(name) for name in parent}


def _whos(story: Story) -> Iterator[list[str]]:
    for line in _lines(story):
        yield [w["value"] for w in line["who"] if w["type"] != "phone"]
    unionids = {contact.external_userid: contact.unionid for contact in story.contacts if contact.unionid}
    for act in (*story.evening, *story.after):
        # Who a new friend is, the shop asks WeCom.
        if isinstance(act, WecomCallback) and act.fields.get("ExternalUserID") in unionids:
            yield [act.fields["ExternalUserID"], unionids[act.fields["ExternalUserID"]]]
        if isinstance(act, YouzanWebhook) and "full_order_info" in act.msg:
            buyer = act.msg["full_order_info"]["buyer_info"]
            yield [buyer["outer_user_id"], buyer["yz_open_id"]]


def _lines(story: Story) -> Iterator[dict[str, Any]]:
    yield from story.history
    for act in (*story.evening, *story.after):
        if isinstance(act, HttpEvents):
            yield from act.events


def _happenings(story: Story) -> Iterator[tuple[str, Happening]]:
    for line in _lines(story):
        if line["who"]:
            at = to_moment(datetime.fromisoformat(line["occurred_at"]))
            yield line["who"][0]["value"], (at, line["type"], line["data"])
    for act in (*story.evening, *story.after):
        yield from _told(act)


def _told(act: Act) -> Iterator[tuple[str, Happening]]:
    match act:
        case WecomCallback(fields=fields) if fields.get("ChangeType") in CALLBACKS:
            at = int(fields["CreateTime"]) * 1_000_000
            yield fields["ExternalUserID"], (at, CALLBACKS[fields["ChangeType"]], {})
        case YouzanWebhook(type=kind, version=version, msg=msg) if kind in WEBHOOKS:
            buyer = msg["full_order_info"]["buyer_info"]
            yield buyer["yz_open_id"], (version * 1_000_000, WEBHOOKS[kind], {})
        case _:
            return
