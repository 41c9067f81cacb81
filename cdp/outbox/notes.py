"""The events by which the outbox says what became of an action. Pure."""

from __future__ import annotations

from typing import Any

from cdp.clock import SECOND
from cdp.events.event import DELIVERY, Event, subject_stream
from cdp.ids import bucket, derive
from cdp.outbox.state import Open

MAX_ATTEMPTS = 8
_LONGEST = 3600 * SECOND


def note(item: Open, what: str, now: int, *, attempt: int, **fields: Any) -> Event:
    """The event that says what became of an action; one id a state and attempt, so that it cannot be written twice."""
    request = item.request
    data = {
        "action": item.action, "run": request.data.get("run", ""), "journey": request.data.get("journey", ""),
        "channel": item.channel, "attempt": attempt, **fields,
    }  # fmt: skip
    return Event(
        id=derive(item.action, what, attempt), source=DELIVERY, type=f"action.{what}", occurred_at=now,
        stream=subject_stream(request.who[0].surrogate) if request.who else "shop", who=request.who, data=data,
        context=request.context, cause=request.position,
    )  # fmt: skip


def deferred(item: Open, now: int, *, attempt: int, code: int, detail: str, after: int = 0) -> Event:
    """Try again later, or give up: after `MAX_ATTEMPTS` it fails as `dead` and waits for a person to look."""
    tries = attempt - item.pardoned
    if tries >= MAX_ATTEMPTS:
        return note(item, "failed", now, attempt=attempt, kind="dead", code=code, detail=detail)
    next_at = next_attempt(item.action, tries, now, deadline=item.deadline, at_least=after)
    return note(item, "deferred", now, attempt=attempt, code=code, detail=detail, next_at=next_at)


def next_attempt(action: str, attempt: int, now: int, *, deadline: int | None, at_least: int = 0) -> int:
    """The moment of the attempt after number `attempt`: doubling from 30 s (1 s before a deadline), up to an hour.

    Half of each pause is jitter, drawn from the action's id so that a replay gives the same moment.
    """
    base = SECOND if deadline is not None else 30 * SECOND
    pause = min(base << (attempt - 1), _LONGEST)
    return now + max(at_least, pause // 2 + pause * bucket(action, attempt) // 20_000)
