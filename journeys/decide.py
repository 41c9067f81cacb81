"""Decides. Pure: one person, the shop and a trigger in, the decisions out.

The person is what everything up to `moment.seen` and all earlier decisions make of it; nothing else is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from cdp.events.event import Event
from journeys.definition import Journey, Node
from journeys.enter import fixed_at_entry, may_enter
from journeys.leave import already_over, reason_to_leave, younger_twins
from journeys.shop import Shop
from journeys.state import Person, Run
from journeys.turn import Moment, Turn
from journeys.walk import DUE, Call, walk


@dataclass(frozen=True)
class Happened:
    """A fact of this person arrived. `candidates` are the live journeys that its event alone does not rule out."""

    fact: Event
    candidates: Sequence[tuple[Journey, int]]
    subject: int
    """The identifier a new run is filed under."""


@dataclass(frozen=True)
class Due:
    """A run's timer is due."""

    run: str


@dataclass(frozen=True)
class Regrouped:
    """The person gained or lost earlier events: two became one, or one became two."""


@dataclass(frozen=True)
class Forgotten:
    """The person behind these runs was erased."""

    runs: Sequence[str]


Trigger = Happened | Due | Regrouped | Forgotten


def decide(person: Person, shop: Shop, trigger: Trigger, moment: Moment) -> Turn:
    """The turn: its events are the decisions, its person what they made of the person."""
    turn = Turn(person, shop, moment)
    match trigger:
        case Happened(fact, candidates, subject):
            _watch(turn, fact)
            _listen(turn, fact)
            for journey, version in candidates:
                _enter(turn, journey, version, fact, subject)
        case Due(run_id):
            run = person.runs[run_id]
            walk(turn, run_id, shop.versions[run.journey, run.version], DUE)
        case Regrouped():
            _settle_twins(turn)
            _notice_exits(turn)
            _listen(turn, None)
        case Forgotten(runs):
            for run_id in runs:
                turn.leave(person.runs[run_id], "erased")
        case _:
            assert_never(trigger)
    return turn


def _watch(turn: Turn, fact: Event) -> None:
    """Exits and goals of everything the person is inside of."""
    for run in turn.person.open_runs():
        journey = turn.shop.versions.get((run.journey, run.version))
        if journey is None or fact.position == run.trigger_position:
            continue
        reason, detail = reason_to_leave(journey, run, fact, turn.person, turn.shop, turn.moment.now)
        if reason:
            turn.leave(run, reason, detail)


def _listen(turn: Turn, fact: Event | None) -> None:
    """What happened may be what a run rests for."""
    for run in turn.person.open_runs():
        journey = turn.shop.versions.get((run.journey, run.version))
        node = journey.nodes.get(run.step) if journey else None
        if journey and node and run.wake_at is not None and _concerns(node, fact):
            walk(turn, run.id, journey, Call(resting=True, happened=fact))


def _concerns(node: Node, fact: Event | None) -> bool:
    awaited = node.step.awaits()
    return bool(awaited.conditions) or (bool(awaited.events) and (fact is None or fact.type in awaited.events))


def _enter(turn: Turn, journey: Journey, version: int, fact: Event, subject: int) -> None:
    if may_enter(journey, fact, turn.person, turn.shop, turn.moment.now) is None:
        run = turn.enter(fixed_at_entry(journey, version, fact, turn.person, subject), fact)
        walk(turn, run.id, journey)


def _settle_twins(turn: Turn) -> None:
    for younger, older in younger_twins(turn.person):
        turn.leave(younger, "merged", older.id)


def _notice_exits(turn: Turn) -> None:
    """Events that only now turn out to be this person's may have ended a run long ago."""
    for run in turn.person.open_runs():
        if (over := _over(turn, run)) != "":
            turn.leave(run, "exit", over)


def _over(turn: Turn, run: Run) -> str:
    journey = turn.shop.versions.get((run.journey, run.version))
    if journey is None or run.trigger is None:
        return ""
    return already_over(journey, run.trigger, turn.person, turn.shop, turn.moment.now)
