"""Which decisions were taken because two persons were taken for one.

What happened to all of them is taken in once more, by the rules that decided, under the configuration and at the time of every
decision, but with them told apart from the first event on. Where a recorded decision does not come out of that, it would not
have been taken of the person alone; what comes out and stands nowhere was missed. Reads the log, writes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

from cdp.clock import iso
from cdp.events.event import DECISIONS, DELIVERY, WORKSPACE_STREAM, Event, run_stream, subject_stream
from cdp.identity.graph import Fact, Row
from cdp.identity.index import IdentityIndex
from cdp.identity.partition import pair
from cdp.identity.rules import IdentityRules
from cdp.ports import EventReader
from journeys.follower import Follower

Verdict = Literal["not_taken", "otherwise", "misaddressed", "missed"]
"""Would not have been taken · would have been decided otherwise · went to an identifier of the other person · would have been
taken and was not."""
_TOLD = ("journey.entered", "action.requested", "action.suppressed", "journey.left")
_ACTIONS = frozenset({"action.requested", "action.suppressed"})
_Slot = tuple[str, str]


@dataclass(frozen=True)
class Wrong:
    """One decision that shows that two were taken for one."""

    verdict: Verdict
    taken: Event | None
    """As it stands in the log; None for what was missed."""
    alone: Event | None
    """As it would have been, had they been apart; None for what would not have been."""

    @property
    def decision(self) -> Event:
        """The one there is; what was taken before what was not."""
        found = self.taken or self.alone
        assert found is not None
        return found


@dataclass(frozen=True)
class Unmerged:
    """What came of taking these for one. `since` is the event that made them one; None if nothing ever did."""

    since: Event | None
    decisions: tuple[Wrong, ...] = ()
    outcomes: dict[str, str] | None = None
    """Action -> how it ended, as far as that is known."""
    ended: frozenset[str] = frozenset()
    """Runs that are over by now."""


def unmerged(log: EventReader, statements: Sequence[Event], people: Collection[int], runs: Iterable[str]) -> Unmerged:
    """What was decided while the identifiers that `statements` tell apart were one person.

    `people` are all identifiers and orders that were ever connected with them, `runs` the journey runs of all these people.
    """
    end = statements[0].position
    streams = [subject_stream(s) for s in sorted(people)]
    known = [e for e in log.history([*streams, WORKSPACE_STREAM]) if e.source != DECISIONS]
    facts = [fact for fact in known if fact.position < end]
    decided = log.history(map(run_stream, runs))
    since = _made_one(facts, statements)
    if since is None:
        return Unmerged(None)
    recorded = [d for d in decided if d.data["seen_position"] < end]
    alone = _Apart(facts, recorded, statements).decisions()
    wrong = [w for w in _compare(recorded, alone) if w.decision.data["seen_position"] >= since.position]
    return Unmerged(
        since,
        tuple(sorted(wrong, key=_in_order)),
        {
            e.data["action"]: e.type.removeprefix("action.")
            for e in known
            if e.source == DELIVERY and "action" in e.data
        },
        frozenset(d.data["run"] for d in decided if d.type == "journey.left"),
    )


def as_row(wrong: Wrong, found: Unmerged) -> dict[str, Any]:
    """A wrong decision for people and programs."""
    event, data = wrong.decision, wrong.decision.data
    return {
        "verdict": wrong.verdict, "position": wrong.taken.position if wrong.taken else None, "at": iso(data["now"]),
        "type": event.type, "journey": data["journey"], "run": data["run"], "subject": event.who[0].surrogate,
        "step": data.get("step", ""), "channel": data.get("channel", ""), "action": data.get("action", ""),
        "reason": data.get("reason", ""), "outcome": (found.outcomes or {}).get(data.get("action", ""), ""),
        "inside": wrong.taken is not None and data["run"] not in found.ended, "engine": data["engine"],
        "instead": _short(wrong.alone) if wrong.verdict == "otherwise" and wrong.alone else "",
        "instead_at": iso(wrong.alone.data["now"]) if wrong.verdict == "otherwise" and wrong.alone else "",
    }  # fmt: skip


def _short(decision: Event) -> str:
    reason = decision.data.get("reason", "")
    return f"{decision.type} ({reason})" if reason else decision.type


def _pairs(statements: Iterable[Event]) -> list[tuple[int, int]]:
    return [pair(a, b) for e in statements for a, b in combinations([w.surrogate for w in e.actors()], 2)]


def _made_one(facts: Iterable[Event], statements: Iterable[Event]) -> Event | None:
    """The event by which those who were told apart became one person for the last time; None if they were none by then."""
    index, pairs = IdentityIndex(), _pairs(statements)
    since: Event | None = None
    for fact in facts:
        if index.observe(fact):
            one = any(_is_one(index, a, b) for a, b in pairs)
            since = (since or fact) if one else None
    return since


def _is_one(index: IdentityIndex, a: int, b: int) -> bool:
    person = index.person_of(a)
    return person is not None and person == index.person_of(b)


class _Apart:
    """Takes the facts in as if those whom the statements tell apart had been apart from the beginning."""

    def __init__(self, facts: Sequence[Event], recorded: Iterable[Event], statements: Sequence[Event]) -> None:
        self._facts = facts
        self._end = statements[0].recorded_at
        said = max(e.occurred_at for e in statements)
        apart: list[Row] = [Fact("apart", a, b, said) for a, b in _pairs(statements)]
        self._streams: dict[str, list[Event]] = defaultdict(list)
        self._follower = Follower(self._history, identity=IdentityIndex.restore(IdentityRules(), apart))
        self._at_fact, self._at_timer = _moments(recorded)
        self._decisions: list[Event] = []

    def decisions(self) -> list[Event]:
        """What would have been decided of each alone, until they were told apart."""
        for fact in self._facts:
            if self._would_have_happened(fact):
                self._fire(fact.recorded_at)
                self._streams[fact.stream].append(fact)
                self._decisions += self._follower.take(fact, self._at(fact))
        self._fire(self._end)
        return self._decisions

    def _at(self, fact: Event) -> int:
        """When it was that the engine took the fact, if it decided anything about it."""
        return self._at_fact.get((fact.position, fact.recorded_at), fact.recorded_at)

    def _fire(self, until: int) -> None:
        """Timers go off when they are due; where one really went off later, at that moment."""
        while (due := self._follower.next_due()) is not None and due <= until:
            self._decisions += self._follower.fire(due, self._at_timer.get(due, due))

    def _would_have_happened(self, fact: Event) -> bool:
        """Not so what followed from a decision that would not have been taken."""
        run = fact.data.get("run") if fact.source == DELIVERY or fact.type.startswith("tag.") else None
        return not run or self._follower.knows(run)

    def _history(self, streams: Sequence[str]) -> list[Event]:
        found = [event for stream in streams for event in self._streams.get(stream, ())]
        return sorted(found, key=lambda event: event.position)


def _moments(recorded: Iterable[Event]) -> tuple[dict[tuple[int, int], int], dict[int, int]]:
    """When it was that a fact was decided about, by its position and arrival, and that a timer went off, by its due time."""
    at_fact: dict[tuple[int, int], int] = {}
    at_timer: dict[int, int] = {}
    for decision in recorded:
        now = decision.data["now"]
        at_fact.setdefault((decision.data["seen_position"], now), decision.occurred_at)
        at_timer.setdefault(now, decision.occurred_at)
    return at_fact, at_timer


def _in_order(wrong: Wrong) -> tuple[int, int, int, str]:
    decision = wrong.decision
    return decision.data["seen_position"], decision.data["now"], _TOLD.index(decision.type), decision.id


def _compare(recorded: Iterable[Event], alone: Iterable[Event]) -> Iterator[Wrong]:
    real, would = _by_slot(recorded), _by_slot(alone)
    both = {run for run, type in real.keys() & would.keys() if type == "journey.entered"}
    for slot, taken in real.items():
        instead = would.get(slot)
        if taken.type == "journey.left" and taken.data["run"] not in both:
            continue  # that the whole run would not have been says enough
        if instead is None:
            yield Wrong("not_taken", taken, None)
        elif _what(taken) != _what(instead):
            yield Wrong("otherwise", taken, instead)
        elif taken.type == "action.requested" and _reached(taken) != _reached(instead):
            yield Wrong("misaddressed", taken, instead)
    for slot, event in would.items():
        if slot not in real and (event.type != "journey.left" or event.data["run"] in both):
            yield Wrong("missed", None, event)


def _what(decision: Event) -> tuple[str, str, int]:
    """What was decided, and at what time."""
    return decision.type, decision.data.get("reason", ""), decision.data["now"]


def _by_slot(decisions: Iterable[Event]) -> dict[_Slot, Event]:
    """What is told of each run and action: that it was entered, how it ended, whether it was asked for."""
    return {
        (d.data["action"] if d.type in _ACTIONS else d.data["run"], "" if d.type in _ACTIONS else d.type): d
        for d in decisions
        if d.type in _TOLD
    }


def _reached(request: Event) -> int | None:
    """The identifier that a request goes to: the first of the kind that its channel can address."""
    kind = request.data["channel"].partition(".")[0]
    return next((w.surrogate for w in request.who if w.type == kind), None)
