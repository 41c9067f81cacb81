"""Who reads a file at present, so that it is closed and opened again only while nobody does."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

_PATIENCE = 5.0
"""Seconds for which whoever wants a moment when nobody reads waits for one to come by itself."""


class Readers:
    """Those who read. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._reading = Counter[int]()
        """How often each thread reads that does; whoever began in a thread counts as that thread to the end."""
        self._held_off = False
        self.ended = False
        """Whether the file was closed for good."""

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Within the block the file stays open. Waits while newcomers are held off."""
        thread = threading.get_ident()
        with self._changed:
            # Who reads already must come to an end, and may need another look for that.
            self._changed.wait_for(lambda: not self._held_off or thread in self._reading)
            self._reading[thread] += 1
        try:
            yield
        finally:
            with self._changed:
                self._reading[thread] -= 1
                self._reading += Counter()  # forgets those with none
                self._changed.notify_all()

    @contextmanager
    def nobody(self, *, hold_off: bool) -> Iterator[bool]:
        """Whether there is a moment when nobody reads; then it lasts as long as the block. None comes after the end.

        Where none comes by itself in time, newcomers are held off until those who read have finished, or, without `hold_off`,
        there is none.
        """
        with self._changed:
            found = self._changed.wait_for(self._no_more, _PATIENCE)
            try:
                if not found and hold_off:
                    self._held_off = True
                    found = self._changed.wait_for(self._no_more)
                yield found and not self.ended
            finally:
                self._held_off = False
                self._changed.notify_all()

    def end(self) -> None:
        """The file is closed for good: whoever waits for a moment goes away without."""
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def _no_more(self) -> bool:
        return self.ended or not self._reading
