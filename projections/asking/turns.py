"""Who may run a query now, who waits for a turn, and how it all ended."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Protocol

from cdp.errors import QueryStopped, TooManyQueries

_WAITING = 4
"""So many queries may wait for each one that runs."""


class Turn(Protocol):
    """Whatever takes a turn."""

    @property
    def cancelled(self) -> bool:
        """Whether it is not wanted any more."""
        ...

    def cancel(self) -> None:
        """It is not wanted any more."""
        ...


class Turns:
    """So many at a time. Thread-safe."""

    def __init__(self, at_once: int, wait: float) -> None:
        self._at_once, self._wait = at_once, wait
        self._changed = threading.Condition()
        self._running: set[Turn] = set()
        self._waiting = 0
        self._closed = False
        self._ended: Counter[str] = Counter()

    def enter(self, turn: Turn) -> None:
        """Wait for a turn. Raises TooManyQueries, and QueryStopped for what is cancelled meanwhile."""
        with self._changed:
            if self._waiting >= _WAITING * self._at_once:
                raise TooManyQueries(len(self._running))
            self._waiting += 1
            try:
                free = self._changed.wait_for(lambda: turn.cancelled or self._free(), self._wait)
            finally:
                self._waiting -= 1
            if turn.cancelled or self._closed:
                raise QueryStopped("cancelled")
            if not free:
                raise TooManyQueries(len(self._running))
            self._running.add(turn)

    def leave(self, turn: Turn, outcome: str) -> None:
        """The turn is over, and how it ended."""
        with self._changed:
            self._running.discard(turn)
            self._ended[outcome] += 1
            self._changed.notify_all()

    def nudge(self) -> None:
        """Have whoever waits look again."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Cancel what runs, and let nobody in any more."""
        with self._changed:
            self._closed = True
            running = list(self._running)
        for turn in running:
            turn.cancel()

    def figures(self) -> tuple[int, dict[str, int]]:
        """How many run, and how many ended how."""
        with self._changed:
            return len(self._running), dict(self._ended)

    def _free(self) -> bool:
        return self._closed or len(self._running) < self._at_once
