"""Who is who as the tables remember it, read back for some people: enough to say why they are one, and what would change.

An index of a few people is exact for them, since the persons of a component depend on nothing outside of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Protocol

import msgspec

from cdp.identity.graph import BEGIN, Row
from cdp.identity.index import IdentityIndex
from cdp.identity.rules import IdentityRules


class Tables(Protocol):
    """One committed state of the tables."""

    def rows(self, sql: str, params: dict[str, Any], /) -> list[dict[str, Any]]: ...


def identity_of(state: Tables, surrogates: Iterable[int]) -> IdentityIndex:
    """An index that knows all there is to know of these, of everybody they ever stood beside, directly or not, and of the
    orders of all of them. Costs a few scans of what the tables remember, however many people there are."""
    rules = rules_of(state)
    blocked = frozenset(rules.blocked_surrogates)
    people = _component(state, set(surrogates), blocked)
    return IdentityIndex.restore(rules, _facts(state, people))


def rules_of(state: Tables) -> IdentityRules:
    """The rules by which the tables know who is who."""
    recorded: str = state.rows("SELECT rules FROM internal.progress", {})[0]["rules"]
    return msgspec.json.decode(recorded, type=IdentityRules)


def divided(state: Tables) -> set[int]:
    """The identifiers of all links that lead from one person to another: where something is held back, or blocked."""
    rows = state.rows(
        "SELECT linked.a, linked.b FROM internal.identity AS linked "
        "JOIN identifiers AS one ON one.surrogate = linked.a JOIN identifiers AS other ON other.surrogate = linked.b "
        "WHERE linked.kind = 'link' AND one.person_id <> other.person_id",
        {},
    )
    return {row[end] for row in rows for end in ("a", "b")}


def told_of(state: Tables, surrogates: Iterable[int]) -> list[dict[str, Any]]:
    """Everything that was ever stated of these: kind (together, beyond, apart), a, b, at_moment, position, in that order."""
    return state.rows(
        "SELECT kind, a, b, at_moment, position FROM internal.identity WHERE kind IN ('together', 'beyond', 'apart') "
        "AND (a IN (SELECT unnest($them)) OR b IN (SELECT unnest($them))) ORDER BY position, a, b",
        {"them": sorted(surrogates)},
    )


def positions(index: IdentityIndex) -> dict[tuple[int, int], int]:
    """For every link, and every order beside an identifier, the position of the event that first told of it."""
    facts = index.facts(BEGIN)
    return {(min(f.a, f.b), max(f.a, f.b)): f.position for f in facts if f.kind in ("link", "claim")}


def _component(state: Tables, start: set[int], blocked: Collection[int]) -> set[int]:
    """Everybody linked with these, directly or not. What is blocked is known, and leads to nobody."""
    found, fresh = set(start), set(start)
    while fresh := fresh.difference(blocked):
        rows = state.rows(
            "SELECT a, b FROM internal.identity WHERE kind = 'link' "
            "AND (a IN (SELECT unnest($fresh)) OR b IN (SELECT unnest($fresh)))",
            {"fresh": sorted(fresh)},
        )
        fresh = {row[end] for row in rows for end in ("a", "b")} - found
        found |= fresh
    return found


def _facts(state: Tables, people: Collection[int]) -> list[Row]:
    """What is known of these people, and of the orders that any of them was named beside."""
    claims = state.rows(
        f"SELECT {_ROW} FROM internal.identity WHERE kind = 'claim' AND a IN "
        "(SELECT a FROM internal.identity WHERE kind = 'claim' AND b IN (SELECT unnest($people)))",
        {"people": sorted(people)},
    )
    named = {*people, *(row[end] for row in claims for end in ("a", "b"))}
    others = state.rows(
        f"SELECT {_ROW} FROM internal.identity WHERE (kind IN ('seen', 'erased') AND a IN (SELECT unnest($named))) "
        "OR (kind NOT IN ('seen', 'erased', 'claim') AND a IN (SELECT unnest($people)) AND b IN (SELECT unnest($people)))",
        {"people": sorted(people), "named": sorted(named)},
    )
    return [(r["kind"], r["a"], r["b"], r["at_moment"], r["type"], r["position"]) for r in (*claims, *others)]


_ROW = "kind, a, b, at_moment, type, position"
