"""Quiet hours and frequency caps as they are written, in a journey or in the workspace's settings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from cdp.channels import CHANNELS
from cdp.clock import day_start, local_day, to_datetime, to_moment, zone
from cdp.conditions.durations import Duration, parse_duration

_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]|24):([0-5]\d)")
_CAP = re.compile(r"(\d+)\s*/\s*(\w+)")
_NOTHING = ("none", "off")
_CALENDAR: tuple[Literal["day", "week", "month"], ...] = ("day", "week", "month")
ALL_CHANNELS = "all"


@dataclass(frozen=True)
class Quiet:
    """Local hours in which nothing is sent; may run over midnight."""

    start: int
    """Minutes after midnight."""
    end: int
    drop: bool = False
    """Drop what would have been sent, instead of holding it until the hours end."""

    def until(self, moment: int, tz: str) -> int | None:
        """When the quiet hours that `moment` falls into end; None outside them."""
        local = to_datetime(moment).astimezone(zone(tz))
        minute = local.hour * 60 + local.minute
        over_midnight = self.end <= self.start
        inside = (
            minute >= self.start or minute < self.end if over_midnight else self.start <= minute < self.end
        )  # fmt: skip
        if not inside:
            return None
        tomorrow = over_midnight and minute >= self.start
        return at_minute(moment, self.end, tz, days=1 if tomorrow else 0)


@dataclass(frozen=True)
class Cap:
    """At most `count` messages in a calendar day, week or month of the workspace, or in a rolling span."""

    count: int
    span: Literal["day", "week", "month"] | Duration
    channel: str = ""
    """Only messages of this channel; empty for all."""

    def since(self, moment: int, tz: str) -> int:
        """From when on messages count at `moment`."""
        day = local_day(moment, tz)
        match self.span:
            case "day":
                return day_start(day, tz)
            case "week":
                return day_start(day - timedelta(days=day.weekday()), tz)
            case "month":
                return day_start(day.replace(day=1), tz)
            case Duration():
                return self.span.before(moment, tz) + 1

    def __str__(self) -> str:
        span = self.span if isinstance(self.span, str) else f"{self.span.months}mo+{self.span.micros // 1_000_000}s"
        return f"{self.count}/{span}" + (f" on {self.channel}" if self.channel else "")


@dataclass(frozen=True)
class Gates:
    """A journey's own rules; what it leaves out is None, and the workspace's holds."""

    quiet: Quiet | Literal["none"] | None = None
    caps: tuple[Cap, ...] | None = None

    def over(self, workspace: Gates) -> Gates:
        """These rules, and the workspace's where these say nothing."""
        return Gates(
            workspace.quiet if self.quiet is None else self.quiet, workspace.caps if self.caps is None else self.caps
        )


def at_minute(moment: int, minute: int, tz: str, days: int = 0) -> int:
    """The moment `minute` minutes after the local midnight of the day `days` after the one `moment` falls on."""
    day = local_day(moment, tz) + timedelta(days=days + minute // 1440)
    return to_moment(datetime(day.year, day.month, day.day, minute % 1440 // 60, minute % 60, tzinfo=zone(tz)))


def read_quiet(value: object) -> Quiet | Literal["none"]:
    """`21:30-08:30`, `{hours: …, then: hold|drop}` or `none`. Raises ValueError with what would have been right."""
    then: object = "hold"
    if isinstance(value, Mapping):
        if not set(value) <= {"hours", "then"}:
            raise ValueError("quiet hours have the words hours and then")
        then = value.get("then", "hold")
        value = value.get("hours")
    if then not in ("hold", "drop"):
        raise ValueError(f"quiet hours hold or drop, not {then!r}")
    if value in _NOTHING:
        return "none"
    match = _HOURS.fullmatch(str(value).strip())
    if match is None:
        raise ValueError(f'{value!r} are no quiet hours; write "21:30-08:30"')
    start, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    if start == end or end > 1440:
        raise ValueError(f"{value!r} would be quiet all day")
    return Quiet(start, end, then == "drop")


def read_caps(value: object) -> tuple[Cap, ...]:
    """`1/day`, `2/7d`, a list of such, `{all: …, wecom.message: …}` or `none`. Raises ValueError."""
    if isinstance(value, Mapping):
        for name in value:
            if name != ALL_CHANNELS and name not in CHANNELS:
                raise ValueError(
                    f"there is no channel {name!r}; a cap is for {ALL_CHANNELS} or one of {', '.join(CHANNELS)}"
                )
        return tuple(
            cap for name, part in value.items() for cap in _caps(part, "" if name == ALL_CHANNELS else str(name))
        )
    return _caps(value, "")


def _caps(value: object, channel: str) -> tuple[Cap, ...]:
    if value in _NOTHING:
        return ()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(_cap(part, channel) for part in value)
    return (_cap(value, channel),)


def _cap(value: object, channel: str) -> Cap:
    match = _CAP.fullmatch(str(value).strip())
    if match is None:
        raise ValueError(f"{value!r} is no cap; write 1/day, 3/week, 5/month or 2/7d")
    count, span = int(match[1]), match[2]
    if count == 0:
        raise ValueError(f"{value!r} can never pass: nothing would ever be sent")
    for calendar in _CALENDAR:
        if span == calendar:
            return Cap(count, calendar, channel)
    return Cap(count, parse_duration(span), channel)
