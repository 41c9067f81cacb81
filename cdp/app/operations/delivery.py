"""The outbox for those who run it: what waits, what went no further, holding, trying again, settling by hand."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from cdp.app.operations.runtime import Answer, Runtime
from cdp.clock import iso
from cdp.errors import UsageError
from cdp.outbox.state import Open

_logger = logging.getLogger("cdp.outbox")


def list_actions(runtime: Runtime) -> Answer:
    """Whether delivery is held; what was requested and is not settled; what ended nobody knows how, or was given up."""
    outbox = runtime.system.outbox
    held, open_, stuck = outbox.held(), outbox.open(), outbox.stuck()
    persons = _persons(runtime, [*open_, *stuck])
    rows = {o.action: _row(o, persons.get(o.action)) for o in (*open_, *stuck)}
    return {
        "held": {"since": iso(held.since), "by": held.by, "reason": held.reason} if held else None,
        "open": [rows[o.action] for o in open_],
        "unknown": [rows[o.action] for o in stuck if o.state == "unknown"],
        "dead": [rows[o.action] for o in stuck if o.state == "dead"],
    }


def hold(runtime: Runtime, by: str = "", reason: str = "") -> Answer:
    """Deliver nothing from now on, until it is released; journeys go on, and what they ask for waits."""
    runtime.system.outbox.hold(by, reason)
    _logger.info("delivery held")
    return list_actions(runtime)


def release(runtime: Runtime, by: str = "") -> Answer:
    """Deliver again, what waits included."""
    waiting = len(runtime.system.outbox.open())
    runtime.system.outbox.release(by)
    _logger.info("delivery released", extra={"fields": {"open": waiting}})
    return {"released": waiting}


def redrive(runtime: Runtime, actions: list[str] | None = None, by: str = "") -> Answer:
    """Try once more what was given up, or what nobody knows the end of; all that was given up if none is named."""
    outbox = runtime.system.outbox
    chosen = _named(actions) if actions is not None else [o.action for o in outbox.stuck() if o.state == "dead"]
    outbox.redrive(chosen, by)
    return {"redriven": chosen}


def confirm(runtime: Runtime, actions: list[str], delivered: bool = True, by: str = "") -> Answer:
    """Settle actions as somebody says who knows: they reached the person, or they did not and are not to be sent."""
    runtime.system.outbox.confirm(_named(actions), by, delivered=delivered)
    return {"settled": actions, "as": "delivered" if delivered else "withdrawn"}


def _named(actions: list[str]) -> list[str]:
    if not actions:
        raise UsageError("name at least one action, as `cdp outbox list` shows it")
    return actions


def _persons(runtime: Runtime, items: Sequence[Open]) -> dict[str, int]:
    """The person that each action is for, as far as the tables know."""
    rows = runtime.reader().rows(
        "SELECT action_id, person_id FROM actions WHERE person_id IS NOT NULL "
        "AND action_id IN (SELECT unnest($actions))",
        {"actions": [o.action for o in items]},
    )  # fmt: skip
    return {str(row["action_id"]): int(row["person_id"]) for row in rows}


def _row(item: Open, person: int | None) -> Answer:
    return {
        "action": item.action, "journey": item.request.data.get("journey"), "channel": item.channel, "person_id": person,
        "state": item.state, "attempts": item.attempts, "next_at": iso(item.next_at) if item.next_at else None,
        "requested_at": iso(item.request.occurred_at), "detail": item.detail,
    }  # fmt: skip
