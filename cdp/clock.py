"""Time comes from a Clock; nothing else in the product asks the operating system what time it is.

A moment is an integer: microseconds since 1970-01-01 UTC.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Says what time it is, in microseconds since the epoch."""

    def now(self) -> int: ...


class SystemClock:
    """The operating system's clock."""

    def now(self) -> int:
        return time.time_ns() // 1000


class DrivenClock:
    """A clock that stands still until it is moved, for the demo and for tests. It never goes back."""

    def __init__(self, start: int):
        self._now = start
        self._lock = threading.Lock()

    def now(self) -> int:
        return self._now

    def advance_to(self, moment: int) -> int:
        """Move to `moment`, or stay where we are if that is later; answers the time it is now."""
        with self._lock:
            self._now = max(self._now, moment)
            return self._now


def to_datetime(moment: int) -> datetime:
    """The aware UTC datetime of a moment."""
    return _EPOCH + timedelta(microseconds=moment)


def to_moment(value: datetime) -> int:
    """The moment of an aware datetime. Raises ValueError for a naive one."""
    if value.tzinfo is None:
        raise ValueError("a time needs its zone")
    return (value - _EPOCH) // _MICROSECOND


def iso(moment: int) -> str:
    """RFC 3339 in UTC, with as many digits as the moment needs: `2026-06-19T12:00:00Z`."""
    return to_datetime(moment).isoformat().replace("+00:00", "Z")


@lru_cache(maxsize=16)
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises ZoneInfoNotFoundError."""
    return ZoneInfo(name)


def local_day(moment: int, tz: str) -> date:
    """The calendar day on which a moment falls in the zone `tz`."""
    return to_datetime(moment).astimezone(zone(tz)).date()


def day_start(day: date, tz: str) -> int:
    """The first moment of a local day."""
    return to_moment(datetime(day.year, day.month, day.day, tzinfo=zone(tz)))
