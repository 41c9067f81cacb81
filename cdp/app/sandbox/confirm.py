"""Staff opens WeCom and confirms the mass messages that wait there."""

from __future__ import annotations

from calendar import monthrange
from typing import Any

from cdp.app.sandbox.journal import Record
from cdp.app.sandbox.sandbox import Sandbox
from cdp.app.sandbox.world import ZONE, Task
from cdp.clock import local_day
from cdp.ids import bucket

SENT, NOT_FRIEND, CAPPED = 1, 2, 3
_EFFECTS = {SENT: "delivered", NOT_FRIEND: "not_friend", CAPPED: "capped"}


def confirm(sandbox: Sandbox, staff: str = "", msgid: str = "") -> list[dict[str, Any]]:
    """Confirm what waits, of one staff member or one message where named; answers the counts of each confirmation.

    Who is no friend any more and who had enough messages is the same in every run of the same seed.
    """
    confirmed = []
    for ref, task in list(sandbox.world.tasks.items()):
        if msgid and ref != msgid:
            continue
        for member in sorted(set(task.recipients.values()) - set(task.confirmed)):
            if not staff or member == staff:
                confirmed.append(_confirmed(sandbox, ref, task, member))
    return confirmed


def _confirmed(sandbox: Sandbox, ref: str, task: Task, staff: str) -> dict[str, Any]:
    now = sandbox.clock.now()
    persons = [person for person, sender in task.recipients.items() if sender == staff]
    statuses = {person: _status(sandbox, staff, person, now) for person in persons}
    records: list[Record] = [
        {
            "call": "staff.confirm", "effect": _EFFECTS[status], "channel": "wecom.message", "ref": ref, "staff": staff,
            "person": person, "status": status, "content": task.content,
        }
        for person, status in statuses.items()
    ]  # fmt: skip
    sandbox.write(records)
    counts = {name: sum(status == s for status in statuses.values()) for s, name in _EFFECTS.items()}
    return {"msgid": ref, "staff": staff} | counts


def _status(sandbox: Sandbox, staff: str, person: str, now: int) -> int:
    limits, seed = sandbox.settings.limits, sandbox.settings.seed
    relation = sandbox.world.relations.get((staff, person))
    if relation is None or relation.left or bucket("not a friend", seed, person) < limits.not_friend_share * 10_000:
        return NOT_FRIEND
    day = local_day(now, ZONE)
    cap = limits.monthly_cap or monthrange(day.year, day.month)[1]
    had = sandbox.world.received[person, sandbox.world.month(now)]
    if had >= cap or bucket("capped", seed, person) < limits.capped_share * 10_000:
        return CAPPED
    return SENT
