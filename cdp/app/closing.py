"""Writes the end of each local day into the log, with what the inbox held then: "today" is a fact of the log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import msgspec

from cdp.app.configure import SOURCE, last_of
from cdp.clock import Clock, day_start, local_day
from cdp.events.business import InboxCount
from cdp.events.event import WORKSPACE_STREAM, Event
from cdp.inbox.mapping import HTTP_DOOR
from cdp.inbox.store import Inbox
from cdp.ports import EventLog


def close_days(log: EventLog, clock: Clock, tz: str, inbox: Inbox) -> list[date]:
    """Append `day.closed` for every local day that ended and is not closed yet; a new workspace begins with yesterday.

    What the inbox holds goes with the last of them: of a day that ended while nobody looked it is not known any more.
    """
    closed = list(_ended(log, clock, tz))
    if closed:
        held = list(_held(inbox))
        log.append([_closed(day, tz, held if day == closed[-1] else None) for day in closed])
    return closed


def next_midnight(now: int, tz: str) -> int:
    """The first moment of the next local day."""
    return day_start(local_day(now, tz) + timedelta(days=1), tz)


def _ended(log: EventLog, clock: Clock, tz: str) -> Iterator[date]:
    yesterday = local_day(clock.now(), tz) - timedelta(days=1)
    last = last_of(log, "day.closed")
    day = date.fromisoformat(last.data["day"]) + timedelta(days=1) if last is not None else yesterday
    while day <= yesterday:
        yield day
        day += timedelta(days=1)


def _held(inbox: Inbox) -> Iterator[dict[str, Any]]:
    """The inbox's counts under the source that events carry."""
    for row in inbox.counts():
        name = f"{row['name']}" if row["connector"] == HTTP_DOOR else f"{row['connector']}/{row['name']}"
        count = InboxCount(
            source=name, outcome=str(row["outcome"]), reason=str(row["reason"]), items=int(str(row["count"]))
        )
        yield msgspec.to_builtins(count)


def _closed(day: date, tz: str, held: list[dict[str, Any]] | None) -> Event:
    return Event(
        id=f"day:{day}",
        source=SOURCE,
        type="day.closed",
        occurred_at=day_start(day + timedelta(days=1), tz),
        stream=WORKSPACE_STREAM,
        data={"day": str(day)} if held is None else {"day": str(day), "inbox": held},
    )
