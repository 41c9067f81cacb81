"""What was decided while two persons were taken for one: asked whenever somebody wants to know, computed from the log."""

from __future__ import annotations

from collections.abc import Sequence

from cdp.app.operations.runtime import Answer, Runtime
from cdp.clock import iso
from cdp.events.event import Event
from journeys.unmerged import as_row, unmerged
from projections.identities import identity_of, told_of


def wrong_decisions(runtime: Runtime, person: int) -> Answer:
    """For every time somebody told this person's identifiers apart from others, the latest first: since when they had been
    one, and the decisions that would not have been taken, or otherwise, or went to the other one, or were missed.

    A merged-away id answers too. Raises NotFound.
    """
    current = runtime.person(person)
    with runtime.reader().snapshot() as state:
        rows = state.rows("SELECT surrogate FROM identifiers WHERE person_id = $person", {"person": current})
        told = told_of(state, [row["surrogate"] for row in rows])
        position = state.freshness().position
    said: dict[int, set[int]] = {}
    for row in told:
        if row["kind"] == "apart":
            said.setdefault(row["at_moment"], set()).add(row["position"])
    return {
        "person_id": current,
        "asked_for": person,
        "unmerges": [_unmerge(runtime, _events(runtime, at)) for _, at in sorted(said.items(), reverse=True)],
        "position": position,
    }


def decided_wrongly(runtime: Runtime, statements: Sequence[Event]) -> Answer:
    """What came of taking for one whom these statements tell apart: `since`, and `decisions`."""
    named = [w.surrogate for event in statements for w in event.actors()]
    with runtime.reader().snapshot() as state:
        index = identity_of(state, named)
        people = index.kinds()
        persons = sorted({p for s in people if (p := index.person_of(s)) is not None})
        rows = state.rows(
            "SELECT run_id FROM journey_runs WHERE person_id IN (SELECT unnest($persons)) ORDER BY run_id",
            {"persons": persons},
        )
    found = unmerged(runtime.system.log, statements, people, [row["run_id"] for row in rows])
    since = found.since
    decisions = [as_row(wrong, found) for wrong in found.decisions]
    return {
        "since": {"position": since.position, "type": since.type, "occurred_at": iso(since.occurred_at)}
        if since
        else None,
        "decisions": [{**row, "person_id": index.person_of(row["subject"])} for row in decisions],
    }


def _unmerge(runtime: Runtime, statements: Sequence[Event]) -> Answer:
    first = statements[0]
    return {
        "position": first.position,
        "occurred_at": iso(first.occurred_at),
        "by": first.data.get("by", ""),
        "reason": first.data.get("reason", ""),
        "identifiers": sorted({w.surrogate for event in statements for w in event.actors()}),
        **decided_wrongly(runtime, statements),
    }


def _events(runtime: Runtime, positions: set[int]) -> list[Event]:
    return [event for position in sorted(positions) for event in runtime.system.log.read(position - 1, 1)]
