"""What a person orders: to hold and to release delivery, to try once more, to say how something ended. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cdp.errors import NotFound, UsageError
from cdp.events.event import DELIVERY, OUTBOX_STREAM, Event
from cdp.ids import derive
from cdp.outbox.notes import note
from cdp.outbox.state import HELD, RELEASED, Open, OutboxState


def hold(state: OutboxState, now: int, by: str, reason: str) -> list[Event]:
    """From here on nothing is delivered; no event if that is so already."""
    return [] if state.held is not None else [_switch(HELD, state, now, {"by": by, "reason": reason})]


def release(state: OutboxState, now: int, by: str) -> list[Event]:
    """Delivering goes on; no event if it does."""
    return [] if state.held is None else [_switch(RELEASED, state, now, {"by": by})]


def redriven(state: OutboxState, actions: Sequence[str], now: int, by: str) -> list[Event]:
    """Try these once more, though they were given up or nobody knows how they ended. Raises NotFound for any other."""
    return [
        note(item, "deferred", now, attempt=item.attempts, next_at=now, by=by)
        for item in _found(actions, state.stuck, "action that may be tried again")
    ]


def confirmed(state: OutboxState, actions: Sequence[str], now: int, by: str, *, delivered: bool) -> list[Event]:
    """These reached the person, says somebody who knows; or they did not and are not to be sent (any more).

    Raises NotFound for what is settled, UsageError for what may be called at any moment.
    """
    items = _found(actions, {**state.open, **state.stuck}, "action that is not settled")
    for item in items:
        _require_quiet(item, state)
    return [event for item in items for event in _settled(item, now, by, delivered=delivered)]


def _settled(item: Open, now: int, by: str, *, delivered: bool) -> Iterable[Event]:
    attempt = item.attempts
    if not delivered:
        return [note(item, "failed", now, attempt=attempt, kind="withdrawn", by=by)]
    return [
        note(item, "confirmed", now, attempt=attempt, ref=item.ref, by=by),
        note(item, "delivered", now, attempt=attempt, ref=item.ref, by=by),
    ]


def _require_quiet(item: Open, state: OutboxState) -> None:
    waiting = item.state in ("requested", "deferred") and state.held is not None
    if not waiting and item.state not in ("accepted", "unknown", "dead"):
        raise UsageError(f"{item.action} is {item.state} and may be called at any moment: hold the outbox first")


def _found(actions: Sequence[str], known: dict[str, Open], kind: str) -> list[Open]:
    for action in actions:
        if action not in known:
            raise NotFound(kind, action)
    return [known[action] for action in dict.fromkeys(actions)]


def _switch(kind: str, state: OutboxState, now: int, data: dict[str, str]) -> Event:
    """Two who switch at the same state of things switch once."""
    return Event(
        id=derive(kind, state.position), source=DELIVERY, type=kind, occurred_at=now, stream=OUTBOX_STREAM,
        data={name: value for name, value in data.items() if value},
    )  # fmt: skip
