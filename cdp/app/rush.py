"""Tells the stages behind the doors when to give way: what comes in is answered first, what follows from it can wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_WINDOW = 0.25
_BUSY = 0.12
"""Share of a window's time that the doors must have been at work for the next to count as rush."""
REST = 10.0
"""In a rush a stage rests this many times as long as it worked."""


class Rush:
    """Measures how much of the time the doors are at work. Thread-safe.

    Nothing stands still in a rush: each stage keeps a share of 1 / (1 + REST) of the time.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic):
        self._now = now
        self._lock = threading.Lock()
        self._window_began = now()
        self._worked = 0.0
        self._on_until = 0.0

    def worked(self, seconds: float) -> None:
        """The doors were at work for so long, until now."""
        with self._lock:
            now = self._now()
            self._worked += seconds
            elapsed = now - self._window_began
            if elapsed < _WINDOW:
                return
            if self._worked >= _BUSY * elapsed:
                self._on_until = now + 2 * _WINDOW
            self._window_began, self._worked = now, 0.0

    def on(self) -> bool:
        """Whether there is a rush."""
        return self._now() < self._on_until

    def rest(self, worked: float) -> float:
        """Seconds that a stage should leave to the doors after it worked so long."""
        return worked * REST if self.on() else 0.0
