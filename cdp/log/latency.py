"""How long commits take: counts in buckets that only grow, for whoever watches the process from outside."""

from __future__ import annotations

import threading
from bisect import bisect_left
from itertools import accumulate
from typing import NamedTuple

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds in seconds; what took longer is in none of them."""


class Observed(NamedTuple):
    """What was seen so far. `at_most` has, for each bound, how many took no longer."""

    at_most: tuple[int, ...]
    total: int
    seconds: float


class Latency:
    """Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0

    def observe(self, seconds: float) -> None:
        """Count one."""
        with self._lock:
            self._buckets[bisect_left(BOUNDS, seconds)] += 1
            self._seconds += seconds

    def observed(self) -> Observed:
        """What was seen since the process began."""
        with self._lock:
            cumulative = tuple(accumulate(self._buckets))
            return Observed(cumulative[:-1], cumulative[-1], self._seconds)
