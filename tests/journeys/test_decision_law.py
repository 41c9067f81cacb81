"""The decision law: decisions depend on what was seen and when, not on batches, restarts or crashes; replay proves them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.clock import HOUR, MINUTE
from cdp.events.event import Event, Who
from cdp.testing import event
from journeys.engine import Engine
from journeys.verify import verify
from tests.journeys.town import FILES, Town

REMINDER = """
journey: live-reminder
entry: {event: live.entered, again: always}
holdout: 20%
exit: [{event: live.left, where: context.live = entry.context.live}]
goal: {event: order.paid, within: 2d}
gates: {quiet: "21:30-08:30", cap: [1/day, 3/7d]}
steps:
  - wait: 2h
  - choose:
      - when: orders_90d >= 1 AND NOT has_tag('员工')
        do:
          - send: {via: wecom.message, text: "{{ favourite_category | default('鲜货') }}到了，{{ person.nickname }}"}
          - wait: {until: "20:00", on: [sat, sun]}
      - when: person.is_friend
        do: [{send: {via: wecom.message, text: 今晚八点见}}]
      - else: [{tag: {add: [只看不买]}}]
  - send: {via: wecom.message, purpose: service, text: "{{ person.building }}的邻居，自提点开到九点"}
"""
PATIENT = """
journey: cart-rescue
entry: {event: cart.added, key: context.live, again: {after: 1d}}
steps:
  - await:
      - {event: order.paid, do: [{leave: bought}]}
      - {event: live.left, where: context.live = entry.context.live, do: [{tag: {add: [看完走了]}}]}
      - {when: orders_90d >= 1 AND has_tag('员工'), do: []}
    look_back: entry
    timeout: 5h
    otherwise:
      - split:
          A: {share: 30, do: [{send: {via: wecom.message, text: 购物车里的菜还给您留着}}]}
          B: {share: 70, do: [{wait: 1h}]}
  - wait: 1h
"""
FILES_OF_THE_LAW = {**FILES, "journeys/live-reminder.yaml": REMINDER, "journeys/cart-rescue.yaml": PATIENT}

wecom = {n: Who("wecom", "ww1:main", n) for n in (1, 2, 3)}
union = {n: Who("unionid", "", n) for n in (4, 5)}
orders = {n: Who("order", "", n) for n in (11, 12)}
someone = st.sampled_from([*wecom.values(), *union.values()])
together = st.tuples(st.sampled_from([*wecom.values()]), st.sampled_from([*union.values()]))
order = st.sampled_from([*orders.values()])


def fact(type: str, who: tuple[Who, ...], data: dict[str, Any], context: dict[str, str], ago: int) -> tuple[Any, ...]:
    return type, who, data, context, ago


ago = st.sampled_from([0, 0, 0, MINUTE, 2 * HOUR])
categories = st.sampled_from([["粽子"], ["端午套餐"], ["青菜"], ["粽子", "端午套餐"]])
facts = st.one_of(
    st.builds(
        lambda w, ch, a: fact("friend.added", (w,), {"staff": "wang", "welcome_code": "v:1"}, {"channel": ch}, a),
        someone, st.sampled_from(["live-duanwu", "door"]), ago,
    ),
    st.builds(lambda w, a: fact("friend.removed", (w,), {"staff": "wang", "by": "customer"}, {}, a), someone, ago),
    st.builds(lambda w, live, a: fact("live.entered", (w,), {}, {"live": live}, a), someone, st.sampled_from("AB"), ago),
    st.builds(lambda w, live: fact("cart.added", (w,), {"product": "p"}, {"live": live}, 0), someone, st.sampled_from("AB")),
    st.builds(lambda w, live, a: fact("live.left", (w,), {}, {"live": live}, a), someone, st.sampled_from("AB"), ago),
    st.builds(
        lambda w, o, c, a: fact("order.paid", (w, o), {"amount_fen": 30_000, "categories": c}, {"order": str(o.surrogate)}, a),
        someone, order, categories, ago,
    ),
    st.builds(lambda o, a: fact("order.refunded", (o,), {}, {"order": str(o.surrogate)}, a), order, ago),
    st.builds(lambda ws: fact("person.profile_changed", ws, {"nickname": "v:n", "building": "3栋"}, {}, 0), together),
    st.builds(lambda ws: fact("person.linked", ws, {}, {}, 0), together),
    st.builds(lambda ws: fact("person.unlinked", ws, {}, {}, 0), together),
    st.builds(lambda w: fact("person.erased", (w,), {"surrogates": [w.surrogate]}, {}, 0), someone),
    st.builds(lambda w: fact("tag.added", (w,), {"tag": "员工", "by": "staff"}, {}, 0), someone),
    st.builds(lambda w: fact("consent.withdrawn", (w,), {"purpose": "promotion"}, {}, 0), someone),
)  # fmt: skip
acts = st.one_of(
    st.lists(facts, min_size=1, max_size=4), st.sampled_from([10 * MINUTE, 2 * HOUR, 7 * HOUR, 30 * HOUR, 75 * HOUR])
)
neighbours = [
    fact("friend.added", (who,), {"staff": "wang", "welcome_code": "v:1"}, {"channel": "door"}, 0)
    for who in [*wecom.values(), *union.values()]
]
stories = st.lists(acts, min_size=1, max_size=14).map(lambda story: [neighbours, *story])
limits = st.lists(st.tuples(st.integers(1, 5), st.sampled_from(["", "", "restart", "crash"])), min_size=1, max_size=6)


class Crash(Exception):
    """The process dies before its append."""


class DyingLog:
    """The log of a process that may die right before it writes its decisions."""

    def __init__(self, log: Any) -> None:
        self._log = log
        self.dies = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def decide(self, *args: Any, **kwargs: Any) -> Any:
        if self.dies:
            raise Crash
        return self._log.decide(*args, **kwargs)


def played(story: Sequence[Any], settle: Any) -> Town:
    """A town to which the story happened; `settle` makes its engine take in what there is."""
    town = Town(FILES_OF_THE_LAW)
    settle(town)
    for number, act in enumerate(story):
        if isinstance(act, int):
            town.clock.advance_to(town.clock.now() + act)
        else:
            town.log.append([_event(town, f"{number}.{n}", *parts) for n, parts in enumerate(act)])
        settle(town)
    return town


def _event(town: Town, id: str, type: str, who: tuple[Who, ...], data: Any, context: Any, ago: int) -> Event:
    return event(type, id=id, who=who, data=data, context=context, occurred_at=town.clock.now() - ago)


def in_one_go(town: Town) -> None:
    town.engine.advance(10_000)


def in_pieces(pieces: Sequence[tuple[int, str]]) -> Any:
    """Settles in batches of odd sizes, by engines that are replaced or die in between."""
    turn = 0

    def settle(town: Town) -> None:
        nonlocal turn
        position, calm = -1, 0
        while calm < 2:
            limit, fate = pieces[turn % len(pieces)]
            turn += 1
            if fate == "restart":
                town.engine = Engine(town.log, town.clock)
            if fate == "crash":
                _die(town, limit)
            before, position = position, town.engine.advance(limit)
            calm = calm + 1 if position == before and position >= town.log.head() else 0

    return settle


def _die(town: Town, limit: int) -> None:
    dying = DyingLog(town.log)
    dying.dies = True
    try:
        Engine(dying, town.clock).advance(limit)
    except Crash:
        town.restart()


@settings(max_examples=60, deadline=None)
@given(stories, limits)
def test_batches_restarts_and_crashes_change_no_decision(story, pieces):
    whole, pieced = played(story, in_one_go), played(story, in_pieces(pieces))
    assert pieced.decisions() == whole.decisions()


@settings(max_examples=60, deadline=None)
@given(stories)
def test_replaying_the_log_gives_every_decision_again(story):
    town = played(story, in_one_go)
    report = verify(town.log)
    assert report.ok, report.difference
    assert report.compared == report.decisions == len(town.decisions())


@settings(max_examples=60, deadline=None)
@given(stories)
def test_nothing_is_asked_for_twice(story):
    actions = [(d.data["run"], d.data["step"]) for d in played(story, in_one_go).decisions("action.requested")]
    assert len(actions) == len(set(actions))
