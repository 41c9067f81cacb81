"""All that is known of one person, in clear, in one document: what they may ask for, and what another system can read."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from cdp.app.operations.persons import attributes, plain, profile, surrogates_of
from cdp.app.operations.runtime import Answer, Runtime
from cdp.clock import iso
from cdp.events.event import Event, subject_stream
from cdp.inbox.retention import naming

_TABLES = ("orders", "friendships", "group_members", "live_viewers", "journey_runs", "actions", "tags")
_READ = 1000


def export(runtime: Runtime, person: int) -> Answer:
    """The person's identifiers, profile, row of `persons`, every event with its texts opened, and their rows of the tables.

    A merged-away id answers too. Raises NotFound.
    """
    runtime.catch_up()
    current = runtime.person(person)
    surrogates = surrogates_of(runtime, current)
    numbers = [int(s["surrogate"]) for s in surrogates]
    known = runtime.system.vault.identifiers(numbers)
    reader = runtime.system.projector.reader()
    with reader.snapshot() as state:
        facts = state.rows("SELECT * FROM persons WHERE person_id = ?", [current])
        tables = {t: plain(state.rows(f"SELECT * FROM {t} WHERE person_id = ?", [current])) for t in _TABLES}
        rows = state.rows("SELECT position FROM touchpoints WHERE person_id = ? ORDER BY position", [current])
    events = _events(runtime, numbers, {int(row["position"]) for row in rows})
    return {
        "person_id": current,
        "exported_at": iso(runtime.system.clock.now()),
        "identifiers": [
            {**s, "value": known[s["surrogate"]].value if s["surrogate"] in known else None} for s in plain(surrogates)
        ],
        "profile": profile(runtime, current),
        "attributes": attributes(runtime, current),
        "facts": plain(facts)[0] if facts else {},
        "events": _opened(runtime, events),
        **tables,
        "raw_bodies": naming(runtime.system.inbox, numbers),
    }


def _events(runtime: Runtime, numbers: list[int], positions: Collection[int]) -> list[Event]:
    """The person's events as the log has them: their own streams, and what other streams (a run's, a group's) hold of them."""
    log = runtime.system.log
    found = {e.position: e for e in log.history([subject_stream(n) for n in numbers])}
    for position in sorted(set(positions) - found.keys()):
        found |= {e.position: e for e in log.read(position - 1, 1)}
    return [found[position] for position in sorted(found)]


def _opened(runtime: Runtime, events: list[Event]) -> list[Answer]:
    """Events as plain documents, with every reference to a sealed text replaced by the text; null where it was erased."""
    texts: dict[str, str] = {}
    for start in range(0, len(events), _READ):
        references = {r for e in events[start : start + _READ] for r in _references(e.data)}
        texts |= runtime.system.vault.open(references)
    return [
        {
            "position": e.position, "type": e.type, "source": e.source, "id": e.id, "occurred_at": iso(e.occurred_at),
            "recorded_at": iso(e.recorded_at), "who": [{"type": w.type, "surrogate": w.surrogate, "role": w.role} for w in e.who],
            "context": e.context, "data": _replaced(e.data, texts),
        }
        for e in events
    ]  # fmt: skip


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [r for each in value.values() for r in _references(each)]
    if isinstance(value, list | tuple):
        return [r for each in value for r in _references(each)]
    return [value] if isinstance(value, str) and value.startswith("v:") else []


def _replaced(value: Any, texts: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(each, texts) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(each, texts) for each in value]
    if isinstance(value, str) and value.startswith("v:") and value[2:].isdecimal():
        return texts.get(value)
    return value
