"""Why somebody is one person: which identifiers were joined by which event, what was stated, what is held back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cdp.app.operations.linking import held_row
from cdp.app.operations.persons import document, plain, surrogates_of
from cdp.app.operations.runtime import Answer, Runtime
from cdp.identity.graph import ORDER
from cdp.identity.index import STATEMENTS, IdentityIndex
from cdp.identity.partition import Ambiguity, pair
from cdp.identity.settling import waits
from projections.identities import Tables, divided, identity_of, positions, told_of

_STATED = {"together": "linked", "beyond": "linked", "apart": "unlinked"}
_FACTS = "person_id, building, channel, first_seen, last_seen, is_friend, lifecycle, paid_orders, gmv_fen, lives_watched, groups"


def identity(runtime: Runtime, person: int, reveal: bool = False) -> Answer:
    """A person's identifiers, the links that made them one with the event that first told of each, the orders attached, what
    was ever stated of them, and what is held back between them and others. A merged-away id answers too. Raises NotFound.
    """
    current = runtime.person(person)
    rows = surrogates_of(runtime, current)
    known = runtime.system.vault.identifiers([row["surrogate"] for row in rows]) if reveal else {}
    with runtime.reader().snapshot() as state:
        index = identity_of(state, [row["surrogate"] for row in rows])
        kinds, told = index.kinds(), positions(index)
        people = [s for s in index.members(current) if kinds[s] != ORDER]
        joins = [_join(index, link, told) for link in index.joins(current)]
        orders = [_attached(order, people, told) for order in index.members(current) if kinds[order] == ORDER]
        statements = _statements(state, index, people)
        doubts = [held_row(doubt, index) for doubt in index.ambiguous() if current in doubt.persons]
        events = _events(state, [row["position"] for row in (*joins, *orders, *statements)])
        position = state.freshness().position
    return {
        "person_id": current,
        "asked_for": person,
        "aliases": [s for s in people if s != current],
        "identifiers": [
            {**row, "erased": index.erased(row["surrogate"]), "value": known[row["surrogate"]].value if row["surrogate"] in known else None}
            for row in plain(rows)
        ],
        "joins": [{**row, **events.get(row["position"], {})} for row in joins],
        "orders": [{**row, **events.get(row["position"], {})} for row in orders],
        "statements": [{**row, **events.get(row["position"], {})} for row in statements],
        "held": doubts,
        "position": position,
    }  # fmt: skip


def ambiguous(runtime: Runtime, limit: int = 100, settled: bool = False) -> Answer:
    """What is held back between two persons and waits for somebody to settle it, both persons side by side, those last seen
    first; with `settled` also what nobody needs to settle: they were told apart, or one of them was erased."""
    with runtime.reader().snapshot() as state:
        index = identity_of(state, divided(state))
        told = positions(index)
        doubts = [doubt for doubt in index.ambiguous() if settled or waits(index, doubt)]
        persons = _facts(state, {p for doubt in doubts for p in doubt.persons})
        doubts.sort(key=lambda d: (_last_seen(persons, d), d.link), reverse=True)
        shown = doubts[:limit]
        events = _events(state, [told[doubt.link] for doubt in shown])
        position = state.freshness().position
    return {
        "total": len(doubts),
        "ambiguities": [
            {
                **held_row(doubt, index),
                "told_by": events.get(told[doubt.link]),
                "candidates": [{**persons[p], "identifiers": _identifiers(index, p)} for p in doubt.persons],
            }
            for doubt in shown
        ],
        "position": position,
    }


def _join(index: IdentityIndex, link: tuple[int, int], told: dict[tuple[int, int], int]) -> Answer:
    kinds, rank = index.kinds(), index.rules.rank
    stated = index.verdict(*link)
    return {
        "link": list(link), "types": [kinds[s] for s in link], "strength": max(rank(kinds[s]) for s in link),
        "how": "observed" if stated is None else "stated", "beyond_limit": stated == "beyond", "position": told[pair(*link)],
    }  # fmt: skip


def _attached(order: int, people: Iterable[int], told: dict[tuple[int, int], int]) -> Answer:
    """An order, and the first event that named it beside an identifier of the person."""
    beside = [(told[pair(order, s)], s) for s in people if pair(order, s) in told]
    position, owner = min(beside, default=(0, 0))
    return {"order": order, "beside": owner, "position": position}


def _statements(state: Tables, index: IdentityIndex, people: Iterable[int]) -> list[Answer]:
    """What was stated of these, one row a statement, the latest first; `holds` where no later one says otherwise."""
    found: dict[int, Answer] = {}
    for told in told_of(state, people):
        row = found.setdefault(
            told["position"],
            {
                "said": _STATED[told["kind"]],
                "beyond_limit": told["kind"] == "beyond",
                "identifiers": [],
                "holds": False,
            },
        )
        row["identifiers"] = sorted({*row["identifiers"], told["a"], told["b"]})
        row["holds"] = row["holds"] or index.verdict(told["a"], told["b"]) in (told["kind"], None)
    named = {s for row in found.values() for s in row["identifiers"]}
    kinds = state.rows(
        "SELECT surrogate, type FROM identifiers WHERE surrogate IN (SELECT unnest($named))", {"named": sorted(named)}
    )
    types = {row["surrogate"]: row["type"] for row in kinds}
    return [
        {**row, "types": [types[s] for s in row["identifiers"]], "position": position}
        for position, row in sorted(found.items(), reverse=True)
    ]


def _events(state: Tables, at: Iterable[int]) -> dict[int, Answer]:
    """The events at these positions: what, when, who told us, and for statements who said so and why."""
    rows = state.rows(
        "SELECT position, id, source, type, occurred_at, recorded_at, data FROM touchpoints "
        "WHERE position IN (SELECT unnest($positions))",
        {"positions": sorted(set(at))},
    )
    return {row["position"]: _event(row) for row in plain(rows)}


def _event(row: dict[str, Any]) -> Answer:
    data = document(row.pop("data"))
    spoken = row["type"] in STATEMENTS
    return {**row, "by": data.get("by", "") if spoken else "", "reason": data.get("reason", "") if spoken else ""}


def _facts(state: Tables, persons: Iterable[int]) -> dict[int, Answer]:
    rows = state.rows(
        f"SELECT {_FACTS} FROM persons WHERE person_id IN (SELECT unnest($persons))", {"persons": sorted(persons)}
    )
    found = {row["person_id"]: row for row in plain(rows)}
    return {person: found.get(person, {"person_id": person}) for person in persons}


def _last_seen(persons: dict[int, Answer], doubt: Ambiguity) -> str:
    return max(str(persons[p].get("last_seen") or "") for p in doubt.persons)


def _identifiers(index: IdentityIndex, person: int) -> list[Answer]:
    kinds = index.kinds()
    return [
        {"surrogate": s, "type": kinds[s], "erased": index.erased(s)}
        for s in index.members(person)
        if kinds[s] != ORDER
    ]
