"""Moments gone by, as questions name them: `as_of` says when, `known` what of it was known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cdp.app.operations.runtime import Answer, Runtime, Then
from cdp.clock import day_start, iso, to_moment, zone
from cdp.errors import UsageError
from projections.moments import Moment, position_at, recorded_at
from projections.periods import FIRST, LAST

KNOWN = ("then", "now")
PARAMETERS = ("as_of", "known")
_WRITTEN = re.compile(r"\d{4}-\d\d-\d\d([T ].+)?$", re.ASCII)
_LENGTH_OF_DAY = len("2026-06-19")


def taken(parameters: Mapping[str, Any]) -> tuple[dict[str, Any], str, str]:
    """The parameters without these two, and these two. Raises UsageError where they are no texts."""
    said = {name: parameters.get(name) or "" for name in PARAMETERS}
    if wrong := [name for name, text in said.items() if not isinstance(text, str)]:
        raise UsageError(f"{wrong[0]}: is written as text")
    rest = {name: value for name, value in parameters.items() if name not in PARAMETERS}
    return rest, said["as_of"], said["known"]


def moment(runtime: Runtime, as_of: str, known: str = "") -> Then | None:
    """The moment that is meant; None for now.

    `as_of` is a time (without a zone in the workspace's), a day, which means its end, or a position of the log; `known` is
    `then`, what was known at that moment and the meaning of an empty one, or `now`, what had happened by then as known now.
    Raises UsageError for what is none of these, and for what is still to come.
    """
    if known and known not in KNOWN:
        raise UsageError(f"known: it is {' or '.join(KNOWN)}, not {known!r}")
    if not as_of:
        if known:
            raise UsageError("known: it says how as_of is meant, and there is none")
        return None
    log = runtime.system.log
    position = _position(as_of)
    if position is not None:
        if position > log.head():
            raise UsageError(f"as_of: the log ends at position {log.head()}, and {as_of} is still to come")
        at = recorded_at(log, position)
        return Then(Moment(log.head(), at) if known == "now" else Moment(position), at)
    until = _time(as_of, runtime.system.settings.workspace.timezone, runtime.system.clock.now())
    return Then(Moment(log.head(), until) if known == "now" else Moment(position_at(log, until)), until)


def told(runtime: Runtime, as_of: str, known: str) -> Answer:
    """What an answer says about the moment that it is of."""
    return {"asked": as_of, "time": iso(runtime.now()), "known": known or KNOWN[0]}


def _position(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _time(text: str, timezone: str, now: int) -> int:
    try:
        said = datetime.fromisoformat(text if _WRITTEN.match(text) else "")
    except ValueError:
        raise UsageError(
            f"as_of: {text!r} is no moment; write a day as 2026-06-19, a time as 2026-06-19T20:00, or a position of the log"
        ) from None
    if not FIRST <= said.date() <= LAST:
        raise UsageError(f"as_of: {text} lies beyond {FIRST} – {LAST}")
    begins = to_moment(said if said.tzinfo else said.replace(tzinfo=zone(timezone)))
    if begins > now:
        raise UsageError(f"as_of: {text} is still to come; it is {iso(now)}")
    return min(day_start(said.date() + timedelta(days=1), timezone) - 1, now) if len(text) == _LENGTH_OF_DAY else begins
