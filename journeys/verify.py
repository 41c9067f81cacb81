"""Proves the decisions: replays the log from zero and takes each again, with exactly what it saw, when it saw it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cdp.events.event import DECISIONS, Event
from cdp.ports import EventReader
from journeys.engine import FOLLOWER
from journeys.follower import Follower
from journeys.turn import ENGINE

_SCAN = 5000
_COMPARED = ("id", "type", "stream", "occurred_at", "data", "who", "context", "cause")


@dataclass(frozen=True)
class Difference:
    """The first place where replay and record part."""

    position: int
    """Of the recorded decision, or of the fact that should have brought one."""
    recorded: str
    replayed: str

    def __str__(self) -> str:
        return f"at position {self.position}: recorded {self.recorded}, replayed {self.replayed}"


@dataclass
class VerifyReport:
    """What was compared, and whether it was the same."""

    facts: int = 0
    decisions: int = 0
    compared: int = 0
    runs: int = 0
    position: int = 0
    older: list[dict[str, Any]] = field(default_factory=list)
    """Decisions of older engine versions that this one would take otherwise."""
    difference: Difference | None = None

    @property
    def ok(self) -> bool:
        """Whether every decision of this engine version came out identical."""
        return self.difference is None

    def as_dict(self) -> dict[str, Any]:
        """For a JSON document."""
        return {
            "ok": self.ok, "facts": self.facts, "decisions": self.decisions, "compared": self.compared,
            "runs": self.runs, "position": self.position, "engine": ENGINE, "older": self.older,
            "difference": str(self.difference) if self.difference else None,
        }  # fmt: skip


class _Differs(Exception):
    def __init__(self, difference: Difference):
        self.difference = difference


def verify(log: EventReader) -> VerifyReport:
    """Compare every recorded decision with what its facts, time and configuration give. Reads only; needs no engine.

    Stops at the first difference. Decisions of other engine versions hold as they were taken; where this version
    would have decided otherwise they are listed.
    """
    decided_up_to = log.tracking(FOLLOWER)
    recorded: dict[int, deque[Event]] = {}
    facts: list[Event] = []
    for event in _scan(log):
        if event.source == DECISIONS:
            recorded.setdefault(event.data["seen_position"], deque()).append(event)
        elif event.position <= decided_up_to:
            facts.append(event)
    replay = _Replay(recorded)
    try:
        for fact in facts:
            replay.take(fact)
        replay.nothing_left()
    except _Differs as differs:
        replay.report.difference = differs.difference
    return replay.report


class _Replay:
    """Replays fact by fact. `_block` holds the recorded decisions that saw the present fact last, in their order."""

    def __init__(self, recorded: dict[int, deque[Event]]) -> None:
        self.report = VerifyReport(decisions=sum(map(len, recorded.values())))
        self._recorded = recorded
        self._block: deque[Event] = deque()
        self._lenient = False
        self._streams: dict[str, list[Event]] = {}
        self._follower = Follower(self._history, self._compare)

    def take(self, fact: Event) -> None:
        """Take a fact, then every timer that went off before the next one."""
        self._unexplained(fact)
        self._overdue(fact)
        self._streams.setdefault(fact.stream, []).append(fact)
        self.report.facts += 1
        self.report.position = fact.position
        self._block = self._recorded.pop(fact.position, deque())
        self._lenient = any(decision.data["engine"] != ENGINE for decision in self._block)
        self._follower.take(fact, self._block[0].occurred_at if self._block else fact.recorded_at)
        if self._lenient:
            self._accept([d for d in self._block if d.data["now"] == fact.recorded_at])
        while self._block:
            self._wake(self._block[0])
        self._follower.written()

    def nothing_left(self) -> None:
        """Every recorded decision saw a fact that there is."""
        for block in self._recorded.values():
            raise _Differs(Difference(block[0].position, _describe(block[0]), "nothing"))

    def _wake(self, timer: Event) -> None:
        run, due = timer.data["run"], timer.data["now"]
        if self._follower.knows(run):
            self._follower.wake(run, due, timer.occurred_at)
        if self._block and self._block[0] is timer:
            if not self._lenient:
                raise _Differs(Difference(timer.position, _describe(timer), "nothing"))
            self._accept([d for d in self._block if d.data["run"] == run and d.data["now"] == due])

    def _unexplained(self, fact: Event) -> None:
        """Every decision before this fact saw a fact that there is."""
        seen = next(iter(self._recorded), fact.position)
        if seen < fact.position:
            left = self._recorded[seen][0]
            raise _Differs(Difference(left.position, _describe(left), "nothing"))

    def _overdue(self, fact: Event) -> None:
        """Every timer that was due when the fact arrived has gone off before it."""
        due = self._follower.next_due()
        if due is not None and due <= fact.recorded_at:
            raise _Differs(Difference(fact.position, "nothing", f"a timer due at {due}"))

    def _compare(self, replayed: list[Event]) -> list[Event]:
        """The ruling: the recorded decisions of this turn, if they are the replayed ones."""
        if self._lenient:
            return self._compare_leniently(replayed)
        for decision in replayed:
            recorded = self._block.popleft() if self._block else None
            if recorded is None or not _same(recorded, decision):
                position = recorded.position if recorded else decision.data["seen_position"]
                raise _Differs(Difference(position, _describe(recorded), _describe(decision)))
            self._hold(recorded)
        return replayed

    def _compare_leniently(self, replayed: list[Event]) -> list[Event]:
        """What an older engine decided holds, and where it differs that is listed."""
        turn = {(decision.data["run"], decision.data["now"]) for decision in replayed}
        held = [d for d in self._block if (d.data["run"], d.data["now"]) in turn]
        if len(held) != len(replayed) or not all(map(_same_but_for_the_engine, held, replayed)):
            self._list_older(held, replayed)
        for decision in held:
            self._block.remove(decision)
            self._hold(decision)
        return held

    def _accept(self, decisions: Sequence[Event]) -> None:
        """Decisions of an older engine where this one takes none."""
        if decisions:
            self._list_older(decisions, ())
        for decision in decisions:
            self._block.remove(decision)
            self._hold(decision)
            self._follower.recall(decision)

    def _hold(self, recorded: Event) -> None:
        self._streams.setdefault(recorded.stream, []).append(recorded)
        self.report.compared += recorded.data["engine"] == ENGINE
        self.report.runs += recorded.type == "journey.entered"

    def _list_older(self, recorded: Sequence[Event], replayed: Sequence[Event]) -> None:
        engine = recorded[0].data["engine"] if recorded else None
        texts = {"recorded": list(map(_describe, recorded)), "replayed": list(map(_describe, replayed))}
        self.report.older.append({"engine": engine, "position": self.report.position, **texts})

    def _history(self, streams: Sequence[str]) -> list[Event]:
        found = [event for stream in streams for event in self._streams.get(stream, ())]
        return sorted(found, key=lambda event: event.position)


def _same(recorded: Event, replayed: Event) -> bool:
    return all(getattr(recorded, name) == getattr(replayed, name) for name in _COMPARED)


def _same_but_for_the_engine(recorded: Event, replayed: Event) -> bool:
    as_now = msgspec.structs.replace(recorded, data={**recorded.data, "engine": ENGINE})
    return _same(as_now, replayed)


def _describe(decision: Event | None) -> str:
    return "nothing" if decision is None else f"{decision.type} {decision.id} {decision.data}"


def _scan(log: EventReader) -> Iterator[Event]:
    after = 0
    while events := log.read(after, _SCAN):
        yield from events
        after = events[-1].position
