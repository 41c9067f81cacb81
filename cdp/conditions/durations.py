"""Durations as people write them: `3d`, `1h`, `30m`, `45s`, `2w`, `6mo`, and sums such as `1d12h`."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass

from cdp.clock import DAY, HOUR, MINUTE, SECOND, to_datetime, to_moment, zone

_UNITS = {"mo": 0, "w": 7 * DAY, "d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND}
_PART = re.compile(r"(\d+)(mo|w|d|h|m|s)")
_WHOLE = re.compile(r"(?:\d+(?:mo|w|d|h|m|s))+")
_LONGEST = 100 * 366 * DAY


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of calendar months and microseconds. A day is 24 hours, a month is a calendar month."""

    months: int
    micros: int

    def after(self, moment: int, tz: str) -> int:
        """The moment this much later; months keep the local time of day and stop at the end of a shorter month."""
        return _shift(moment, self.months, tz) + self.micros

    def before(self, moment: int, tz: str) -> int:
        """The moment this much earlier."""
        return _shift(moment, -self.months, tz) - self.micros


def parse_duration(text: str) -> Duration:
    """The duration that `text` says. Raises ValueError, with what would have been right, for anything else."""
    cleaned = text.strip().lower()
    if not _WHOLE.fullmatch(cleaned):
        raise ValueError(f"{text!r} is not a duration; write 3d, 1h, 30m, 45s, 2w or 6mo")
    parts = [(int(number), unit) for number, unit in _PART.findall(cleaned)]
    months = sum(number for number, unit in parts if unit == "mo")
    micros = sum(number * _UNITS[unit] for number, unit in parts)
    if months > 1200 or micros > _LONGEST:
        raise ValueError(f"{text!r} is longer than a hundred years")
    return Duration(months, micros)


def _shift(moment: int, months: int, tz: str) -> int:
    if not months:
        return moment
    local = to_datetime(moment).astimezone(zone(tz))
    years, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    day = min(local.day, monthrange(years, month + 1)[1])
    return to_moment(local.replace(year=years, month=month + 1, day=day))
