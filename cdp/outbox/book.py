"""What the log says about every action that is not at its end, up to date whenever it is asked. Writes nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from cdp.outbox.state import FOLLOWED, Held, Open, OutboxState, State
from cdp.ports import EventReader

_READ = 1000


class Book:
    """Follows the log. Thread-safe, and never busy for longer than reading takes: questions are answered at once."""

    def __init__(self, log: EventReader):
        self._log = log
        self._state = OutboxState()
        self._folding = threading.RLock()

    @property
    def position(self) -> int:
        """How far of the log it has taken in."""
        return self._state.position

    @contextmanager
    def state(self) -> Iterator[OutboxState]:
        """The state at the log's head, which nobody moves on inside the block."""
        with self._folding:
            head = self._log.head()
            while self._state.position < head:
                events = self._log.read(self._state.position, _READ, FOLLOWED)
                for event in events:
                    self._state.apply(event)
                if len(events) < _READ:
                    self._state.position = max(self._state.position, head)
            yield self._state

    def open(self) -> list[Open]:
        """Everything requested and not settled, oldest first."""
        with self.state() as state:
            return sorted(state.open.values(), key=lambda o: o.request.position)

    def stuck(self) -> list[Open]:
        """What goes no further by itself, oldest first: it ended nobody knows how, or was given up."""
        with self.state() as state:
            return sorted(state.stuck.values(), key=lambda o: o.request.position)

    def held(self) -> Held | None:
        """Since when, by whom and why nothing is delivered; None if it is."""
        with self.state() as state:
            return state.held

    def due(self, now: int) -> list[Open]:
        """What may be called now: those with a deadline first, then the oldest; nothing while all is held."""
        with self.state() as state:
            return [] if state.held is not None else state.due(now)

    def in_state(self, wanted: State) -> list[Open]:
        """Open actions in that state."""
        with self.state() as state:
            return state.in_state(wanted)

    def still_open(self, items: Iterable[Open]) -> list[Open]:
        """Those that nobody has settled in the meantime."""
        with self.state() as state:
            return [item for item in items if item.action in state.open]

    def waiting(self) -> list[Open]:
        """What will be called by itself as far as is known now, without looking for more; nothing while all is held."""
        with self._folding:
            if self._state.held is not None:
                return []
            return [*self._state.in_state("requested"), *self._state.in_state("deferred")]
