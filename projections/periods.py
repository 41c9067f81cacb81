"""Stretches of local days, cut into days, weeks and months, and the stretches that each is compared with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

from cdp.clock import day_start

Grain = Literal["day", "week", "month"]
GRAINS: tuple[Grain, ...] = get_args(Grain)

FIRST, LAST = date(2000, 1, 1), date(2999, 12, 31)
"""Days beyond are slips of the keyboard, and have no day before or after that a clock could tell."""

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """The local days from `since` to `until`, both in."""

    since: date
    until: date

    @property
    def days(self) -> int:
        """How many they are."""
        return (self.until - self.since).days + 1

    def before(self) -> Period:
        """As many days, right before."""
        return Period(self.since - self.days * _DAY, self.since - _DAY)

    def month_before(self) -> Period:
        """The same days of the month before, as far as it has them: for a month of which not all days are over."""
        last = self.since.replace(day=1) - _DAY
        first = last.replace(day=min(self.since.day, last.day))
        return Period(first, min(last, first + (self.days - 1) * _DAY))

    def earlier(self, number: int) -> list[Period]:
        """The last stretches before it that are alike, the latest first: as many days, beginning on the same weekday.

        They do not overlap, nor does the first of them overlap this one.
        """
        step = -(-self.days // 7) * 7 * _DAY
        return [Period(self.since - nth * step, self.until - nth * step) for nth in range(1, number + 1)]

    def moments(self, timezone: str) -> tuple[int, int]:
        """The first moment of these days in a zone, and the first moment after; microseconds since the epoch."""
        return day_start(self.since, timezone), day_start(self.until + _DAY, timezone)

    def pieces(self, grain: Grain) -> Iterator[Period]:
        """Its days, weeks from Monday, or calendar months, in order; the first and the last may be cut short."""
        since = self.since
        while since <= self.until:
            until = min(_last_day(since, grain), self.until)
            yield Period(since, until)
            since = until + _DAY

    def counterpart(self, piece: Period, before: Period) -> Period | None:
        """The days of `before` that lie in it as `piece` lies in this period; None where it has no such days."""
        back = self.since - before.since
        since, until = piece.since - back, min(piece.until - back, before.until)
        return Period(since, until) if since <= until else None


def _last_day(day: date, grain: Grain) -> date:
    if grain == "day":
        return day
    if grain == "week":
        return day + (6 - day.weekday()) * _DAY
    return (day.replace(day=1) + 31 * _DAY).replace(day=1) - _DAY
