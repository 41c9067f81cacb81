"""Advances the journeys: the only module here that reads and writes the log.

Facts are taken in order, and timers in between, as if each had been taken the moment it came: before a fact, every
timer due by its arrival; after the last one, every timer due by now. All decisions of a batch and the follower's new
position are one append, so a decision is taken exactly once, wherever the process stops. What is kept in memory is
derived from the log and may be dropped at any time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

from cdp.clock import Clock
from cdp.events.event import DECISIONS, Event
from cdp.ports import EventLog
from journeys.follower import Follower

FOLLOWER = "journeys"
_SCAN = 5000


class Engine:
    """Follows the log and decides. Calls from several threads take turns."""

    def __init__(self, log: EventLog, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._follower: Follower | None = None
        self._position = 0
        self._lock = threading.RLock()

    def advance(self, limit: int = 2000) -> int:
        """Take at most `limit` events and the timers that are due; answers the position it has come to.

        One durable append, or none if there was nothing to do. If it raises, nothing was decided.
        """
        with self._lock:
            follower = self._ready()
            events = self._log.read(self._position, limit)
            at = self._clock.now()
            try:
                decisions = self._decide(follower, events, at, to_the_end=len(events) < limit)
                position = events[-1].position if events else self._position
                if decisions or position > self._position:
                    expected = follower.expected(decisions)
                    self._log.decide(decisions, follower=FOLLOWER, position=position, expected=expected)
            except BaseException:
                self._follower = None
                raise
            follower.written()
            self._position = position
            return position

    def next_due(self) -> int | None:
        """The moment of the earliest timer; None if no run waits for one."""
        with self._lock:
            return self._ready().next_due()

    def _decide(self, follower: Follower, events: list[Event], at: int, *, to_the_end: bool) -> list[Event]:
        decisions: list[Event] = []
        for fact in events:
            if fact.source != DECISIONS:
                now = max(at, fact.recorded_at)
                decisions += follower.fire(fact.recorded_at, now)
                decisions += follower.take(fact, now)
        return decisions + follower.fire(at, at) if to_the_end else decisions

    def _ready(self) -> Follower:
        """The follower as of the recorded position, built from the log if need be."""
        if self._follower is None:
            follower = Follower(self._log.history)
            self._position = self._log.tracking(FOLLOWER)
            for event in _scan(self._log):
                if event.source == DECISIONS or event.position <= self._position:
                    follower.recall(event)
            self._follower = follower
        return self._follower


def _scan(log: EventLog) -> Iterator[Event]:
    after = 0
    while events := log.read(after, _SCAN):
        yield from events
        after = events[-1].position
