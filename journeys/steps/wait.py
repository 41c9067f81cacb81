"""`wait`: rest for a while, or until a time of day on certain weekdays."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cdp.clock import local_day
from cdp.conditions.durations import Duration
from cdp.conditions.source import Source
from journeys.gate_rules import at_minute
from journeys.moves import Here, Move, Onward, Plain, Rest
from journeys.reading import Reading

KIND = "wait"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True)
class Until:
    """The next time it is `minute` minutes after midnight, on one of `days` (0 is Monday)."""

    minute: int
    days: tuple[int, ...]

    def after(self, moment: int, tz: str) -> int:
        """The first such moment later than `moment`."""
        today = local_day(moment, tz)
        days = (n for n in range(15) if (today + timedelta(days=n)).weekday() in self.days)
        return next(at for n in days if (at := at_minute(moment, self.minute, tz, n)) > moment)


@dataclass(frozen=True)
class Wait(Plain):
    """Rests once, then goes on."""

    span: Duration | Until
    kind: str = KIND

    def advance(self, here: Here) -> Move:
        return Onward() if here.woken else Rest(self.span.after(here.now, here.tz))


def read(source: Source, reading: Reading) -> Wait | None:
    """A duration such as `3d`, or `{until: "20:00", on: [sat]}`."""
    if not source.is_mapping():
        duration = source.duration()
        return Wait(duration) if duration else None
    parts = source.mapping(("until", "on"), required=("until",))
    minute = _minute(parts["until"]) if "until" in parts else None
    days = _days(parts["on"]) if "on" in parts else tuple(range(7))
    return Wait(Until(minute, days)) if minute is not None and days else None


def schema() -> dict[str, Any]:
    """The step as JSON Schema."""
    days = {"enum": list(WEEKDAYS)}
    return {
        "description": "Rest for a while, or until a time of day on certain weekdays.",
        "anyOf": [
            {"type": "string", "pattern": r"^(\d+(mo|w|d|h|m|s))+$"},
            {
                "type": "object",
                "properties": {
                    "until": {"type": "string", "pattern": r"^\d{1,2}:\d{2}$"},
                    "on": {"anyOf": [days, {"type": "array", "items": days, "minItems": 1}]},
                },
                "required": ["until"],
                "additionalProperties": False,
            },
        ],
    }


def _minute(source: Source) -> int | None:
    match = _TIME.fullmatch(str(source.value).strip())
    if match is None:
        source.wrong(f'{source.value!r} is no time of day; write "20:00"')
        return None
    return int(match[1]) * 60 + int(match[2])


def _days(source: Source) -> tuple[int, ...]:
    days = source.texts()
    for day in days:
        if day not in WEEKDAYS:
            source.wrong(f"{day!r} is no weekday; write {', '.join(WEEKDAYS)}")
    return tuple(WEEKDAYS.index(day) for day in days if day in WEEKDAYS)
