"""The days that a question is about, and up to where the tables know that answer it."""

from __future__ import annotations

from datetime import date, timedelta

from cdp.app.operations.runtime import Answer, Runtime
from cdp.clock import day_start, iso, local_day
from cdp.errors import UsageError
from projections.periods import FIRST, LAST, Period
from projections.read import Freshness

_LONGEST = 3660


def period(runtime: Runtime, since: str, until: str, usual: int, fresh: Freshness) -> Period:
    """The days from `since` to `until`, both in; without an end to the last day that is over, without a beginning as many as
    are usual. Raises UsageError for days that are none."""
    first, last = day("since", since), day("until", until)
    over = fresh.today or local_today(runtime, fresh)
    last = last or max(over, first or over)
    first = first or last - timedelta(days=usual - 1)
    if first > last:
        raise UsageError(f"the period from {first} to {last} ends before it begins")
    if (last - first).days >= _LONGEST:
        raise UsageError(f"the period from {first} to {last} is longer than {_LONGEST} days")
    return Period(first, last)


def moments(runtime: Runtime, since: str, until: str) -> tuple[int | None, int | None]:
    """The first moment of the days, and the first moment after; None where none is named. Raises UsageError."""
    first, last = day("since", since), day("until", until)
    return (
        None if first is None else day_start(first, _timezone(runtime)),
        None if last is None else day_start(last + timedelta(days=1), _timezone(runtime)),
    )


def day(name: str, text: str) -> date | None:
    """The day that a parameter says; None for an empty one. Raises UsageError."""
    if not text:
        return None
    try:
        said = date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{name}: a day is written as 2026-06-19, not {text!r}") from None
    if not FIRST <= said <= LAST:
        raise UsageError(f"{name}: {text} lies beyond {FIRST} – {LAST}")
    return said


def local_today(runtime: Runtime, fresh: Freshness) -> date:
    """The day that lasts: the one after the last that is over; before any was, by the workspace's clock."""
    if fresh.today is not None:
        return fresh.today + timedelta(days=1)
    return local_day(runtime.now(), _timezone(runtime))


def known(fresh: Freshness) -> Answer:
    """Up to where the tables know; part of every answer with figures."""
    return {
        "position": fresh.position,
        "closed_position": fresh.closed_position,
        "recorded_at": iso(fresh.recorded_at) if fresh.recorded_at else "",
        "today": str(fresh.today or ""),
    }


def _timezone(runtime: Runtime) -> str:
    return runtime.system.settings.workspace.timezone
