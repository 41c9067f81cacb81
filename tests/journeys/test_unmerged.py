"""Two persons were taken for one: which decisions show it, and that nothing else is blamed on it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cdp.events.event import DELIVERY, Event, Who, run_stream
from cdp.testing import person
from journeys.unmerged import Unmerged, as_row, unmerged
from journeys.verify import verify
from tests.journeys.town import SETTINGS, Town

ANN, BOB = person(11), person(12)
PHONE, UNION = Who("phone", "", 13), Who("unionid", "", 14)
FILES = {
    "journeys/welcome.yaml": """
journey: welcome
entry: {event: friend.added, again: never}
exit: [{event: order.refunded}]
steps:
  - send: {via: wecom.message, purpose: service, text: 你好}
  - wait: 2d
  - send: {via: wecom.message, purpose: service, text: 明天见}
""",
    "journeys/vip.yaml": """
journey: vip
entry: {event: order.paid, where: "spent >= 10000", again: always}
steps: [{tag: {add: [VIP]}}]
""",
    "traits.yaml": "spent: {agg: sum, event: order.paid, field: data.amount_fen}",
}
OPEN = {**SETTINGS, "gates": {"quiet": "none", "cap": "1/day"}}


def friend(town: Town, who: Who) -> int:
    return town.happens("friend.added", who, data={"staff": "wang"})


def pays(town: Town, who: Who, fen: int) -> int:
    return town.happens("order.paid", who, data={"amount_fen": fen})


def told_apart(town: Town, *who: Who) -> Unmerged:
    """They are told apart now; what came of it."""
    position = town.happens("person.unlinked", who, data={"by": "老王"})
    statement = town.log.read(position - 1, 1)
    people = {w.surrogate for e in town.log.read(0, 100_000) for w in e.who}
    runs = [e.data["run"] for e in town.decisions("journey.entered")]
    assert verify(town.log).ok
    return unmerged(town.log, statement, people, runs)


def short(found: Unmerged) -> list[tuple[Any, ...]]:
    rows = [as_row(wrong, found) for wrong in found.decisions]
    return [(r["verdict"], r["type"], r["journey"], r["subject"], r["instead"] or r["reason"]) for r in rows]


def test_what_the_other_one_did_let_somebody_in_kept_them_out_and_sent_them_away() -> None:
    town = Town(FILES, OPEN)
    friend(town, ANN)
    pays(town, ANN, 6000)
    town.happens("person.linked", (ANN, BOB), data={"by": "老王"})
    friend(town, BOB)  # was in already, as Ann
    pays(town, BOB, 5000)  # with Ann's money a VIP
    town.happens("order.refunded", BOB, data={})  # ends the run that Ann is in
    assert short(told_apart(town, ANN, BOB)) == [
        ("missed", "journey.entered", "welcome", 12, ""),
        ("missed", "action.requested", "welcome", 12, ""),
        ("not_taken", "journey.entered", "vip", 12, ""),
        ("not_taken", "action.requested", "vip", 12, ""),
        ("not_taken", "journey.left", "welcome", 11, "exit"),
    ]


def test_a_message_that_the_others_messages_held_back_would_have_been_sent() -> None:
    town = Town(
        {"journeys/welcome.yaml": FILES["journeys/welcome.yaml"].replace("again: never", "again: always")}, OPEN
    )
    town.happens("person.linked", (ANN, BOB))
    friend(town, ANN)
    town.happens("order.refunded", ANN, data={})
    town.later("1m")
    friend(town, BOB)
    assert short(told_apart(town, ANN, BOB)) == [
        ("otherwise", "action.suppressed", "welcome", 12, "action.requested"),
    ]  # fmt: skip


def test_what_went_to_the_others_identifier_is_told_and_how_it_ended() -> None:
    town = Town(FILES, OPEN)
    town.happens("mall.visited", (BOB, PHONE))
    town.happens("mall.visited", UNION)
    town.happens("person.linked", (UNION, BOB))
    friend(town, UNION)  # has no WeCom of their own: the message goes to Bob's
    (request,) = town.decisions("action.requested")
    data = {"action": request.data["action"], "run": request.data["run"], "channel": "wecom.message"}
    town.happens("action.delivered", request.who, source=DELIVERY, stream=run_stream("x"), data=data)
    found = told_apart(town, UNION, BOB)
    assert short(found) == [("misaddressed", "action.requested", "welcome", 14, "")]


def test_what_followed_from_a_wrong_decision_is_wrong_too() -> None:
    after = "journey: after\nentry: {event: tag.added, where: data.tag = 'VIP'}\nsteps: [{tag: {add: [谢过]}}]\n"
    town = Town({**FILES, "journeys/after.yaml": after}, OPEN)
    town.happens("person.linked", (ANN, BOB))
    pays(town, ANN, 6000)
    pays(town, BOB, 5000)
    (entered,) = town.decisions("journey.entered")
    town.happens("tag.added", BOB, source=DELIVERY, data={"tag": "VIP", "by": "journey", "run": entered.data["run"]})
    found = told_apart(town, ANN, BOB)
    assert {row[1:3] for row in short(found) if row[0] == "not_taken"} >= {
        ("journey.entered", "vip"), ("journey.entered", "after"), ("action.suppressed", "after"),
    }  # fmt: skip
    assert {row[0] for row in short(found)} == {"not_taken"}


def test_timers_that_went_off_late_and_decisions_before_the_merge_are_not_blamed_on_it() -> None:
    town = Town(FILES, OPEN)
    friend(town, ANN)
    friend(town, BOB)
    town.clock.advance_to(town.clock.now() + 3 * 24 * 3600 * 1_000_000)  # nobody looks for three days
    town.happens("mall.visited", ANN)
    town.happens("person.linked", (ANN, BOB))
    town.happens("mall.visited", BOB)
    found = told_apart(town, ANN, BOB)
    assert found.since is not None
    assert [row for row in short(found) if row[0] != "not_taken" or row[4] != "merged"] == []


@pytest.mark.parametrize("merged", [True, False])
def test_telling_apart_who_never_was_one_or_no_longer_is_blames_nothing(merged: bool) -> None:
    town = Town(FILES, OPEN)
    friend(town, ANN)
    if merged:
        town.happens("person.linked", (ANN, BOB))
        friend(town, BOB)
        assert told_apart(town, ANN, BOB).decisions
        town.later("1d")
    assert told_apart(town, ANN, BOB) == Unmerged(None)


def test_who_is_told_apart_again_is_asked_about_the_last_time_alone() -> None:
    town = Town(FILES, OPEN)
    friend(town, ANN)
    town.happens("person.linked", (ANN, BOB))
    friend(town, BOB)
    first = told_apart(town, ANN, BOB)
    town.later("1d")
    again: Event = town.log.read(town.happens("person.linked", (ANN, BOB)) - 1, 1)[0]
    town.later("1h")
    second = told_apart(town, ANN, BOB)
    assert [row[:3] for row in short(first)] == [
        ("missed", "journey.entered", "welcome"), ("missed", "action.requested", "welcome")
    ]  # fmt: skip
    assert (second.since, second.decisions) == (again, ())


_steps = st.lists(
    st.tuples(st.sampled_from([ANN, BOB]), st.sampled_from(["friend", "pay", "refund", "visit", "1h", "2d"])),
    min_size=2, max_size=12,
)  # fmt: skip


def _played(steps: list[tuple[Who, str]], before: int, *, linked: bool) -> Town:
    """The same story, in which the two are linked before a step, or somebody else came by."""
    town = Town(FILES, OPEN)
    for number, (who, what) in enumerate(steps):
        if number == before:
            _said(town, "person.linked", linked)
        _step(town, f"{number}", who, what)
    return town


def _said(town: Town, type: str, linked: bool) -> None:
    town.happens(type if linked else "mall.visited", (ANN, BOB) if linked else person(99), id=type)


def _step(town: Town, id: str, who: Who, what: str) -> None:
    if what in ("1h", "2d"):
        town.later(what)
        return
    kinds = {"friend": "friend.added", "pay": "order.paid", "refund": "order.refunded", "visit": "mall.visited"}
    data = {"friend": {"staff": "wang"}, "pay": {"amount_fen": 6000}}
    town.happens(kinds.get(what, "person.profile_changed"), who, id=id, data=data.get(what, {}))


def _decided(events: list[Event]) -> dict[tuple[str, str], tuple[str, str, int]]:
    told = ("journey.entered", "action.requested", "action.suppressed")
    return {
        (d.data.get("action") or d.data["run"], "" if "action" in d.data else d.type):
        (d.type, d.data.get("reason", ""), d.data["now"]) for d in events if d.type in told
    }  # fmt: skip


@given(steps=_steps, before=st.integers(0, 6))
@settings(deadline=None, max_examples=25)
def test_what_is_blamed_is_exactly_what_differs_from_a_world_in_which_they_never_were_one(
    steps: list[tuple[Who, str]], before: int
) -> None:
    town, apart = _played(steps, before, linked=True), _played(steps, before, linked=False)
    real, would = _decided(town.decisions()), _decided(apart.decisions())
    found = told_apart(town, ANN, BOB)
    blamed = [w for w in found.decisions if w.verdict != "misaddressed" and w.decision.type != "journey.left"]
    assert _decided([w.taken for w in blamed if w.taken]) == {s: d for s, d in real.items() if would.get(s) != d}
    assert _decided([w.alone for w in blamed if w.alone]) == {s: d for s, d in would.items() if real.get(s) != d}


_silent = st.lists(st.tuples(st.sampled_from([ANN, BOB]), st.sampled_from(["visit", "profile"])), max_size=4)


def _merged_for_a_while(parts: list[list[tuple[Who, str]]], *, linked: bool) -> tuple[Town, int, int]:
    """Three parts of a story: in the second the two are one, or are not; how many decisions there were before and after it."""
    town, counts = Town(FILES, OPEN), []
    for name, part in zip(("person.linked", "person.unlinked", ""), parts, strict=True):
        for number, (who, what) in enumerate(part):
            _step(town, f"{name}{number}", who, what)
        counts.append(len(town.decisions()))
        if name:
            _said(town, name, linked)
    return town, counts[0], counts[1]


@given(before=_steps, meanwhile=_silent, after=_steps)
@settings(deadline=None, max_examples=25)
def test_once_told_apart_every_decision_is_as_if_they_had_never_been_one(
    before: list[tuple[Who, str]], meanwhile: list[tuple[Who, str]], after: list[tuple[Who, str]]
) -> None:
    parts = [before, meanwhile, after]
    (town, first, second), (apart, _, _) = (_merged_for_a_while(parts, linked=linked) for linked in (True, False))
    assume(first == second == len([d for d in town.decisions() if d.data["seen_position"] < _told_apart(town)]))
    assert _decided(town.decisions()) == _decided(apart.decisions())
    assert [(d.type, d.data["run"], d.data.get("saw")) for d in town.decisions()] == [
        (d.type, d.data["run"], d.data.get("saw")) for d in apart.decisions()
    ]


def _told_apart(town: Town) -> int:
    return next(e.position for e in town.log.read(0, 100_000) if e.type == "person.unlinked")
