"""Identity by the book: persons from the whole set of events at once, written to be read, not to be fast."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from cdp.events.event import Event
from cdp.identity.rules import IdentityRules

OWN = ("journeys", "outbox")


def persons(events: Iterable[Event], rules: IdentityRules) -> dict[int, int | None]:
    """Every actor's and every order's person."""
    facts = [e for e in events if e.source not in OWN and e.type not in ("workspace.configured", "person.erased")]
    kinds = {w.surrogate: w.type for e in facts for w in e.who if w.role == "actor"}
    statements: dict[frozenset[int], tuple[int, str]] = {}
    blocked = set(rules.blocked_surrogates)
    observed: set[frozenset[int]] = set()
    for event in facts:
        pairs = {frozenset(two) for two in combinations({w.surrogate for w in event.actors()}, 2)}
        if event.type in ("person.linked", "person.unlinked"):
            for two in pairs:
                beyond = event.data.get("beyond_limit")
                verdict = (
                    event.occurred_at,
                    "3 apart" if event.type == "person.unlinked" else "2 beyond" if beyond else "1",
                )
                statements[two] = max(statements.get(two, verdict), verdict)
        else:
            observed |= pairs
    apart = {two for two, verdict in statements.items() if verdict[1] == "3 apart"}
    beyond_limit = {two for two, verdict in statements.items() if verdict[1] == "2 beyond"}
    together = statements.keys() - apart
    groups = [{s} for s, kind in kinds.items() if kind != "order"]

    def order(two: frozenset[int]) -> tuple[object, ...]:
        return two not in together, sorted((rules.rank(kinds[s]) for s in two), reverse=True), sorted(two)

    for two in sorted((observed | together) - apart, key=order):
        touched = [g for g in groups if g & two]
        merged = set().union(*touched)
        if two & blocked or len(touched) == 1 or any(two <= merged for two in apart):
            continue
        if two not in beyond_limit and _over_limit([[kinds[s] for s in group] for group in touched], rules):
            continue
        groups = [g for g in groups if not g & two] + [merged]
    found: dict[int, int | None] = {s: min(group) for group in groups for s in group}
    for surrogate in (s for s, kind in kinds.items() if kind == "order"):
        beside = {
            (rules.rank(w.type), w.surrogate)
            for e in facts
            if e.type not in ("person.linked", "person.unlinked") and surrogate in {w.surrogate for w in e.who}
            for w in e.actors()
            if w.surrogate not in blocked
        }
        found[surrogate] = found[min(beside)[1]] if beside else None
    return found


def _over_limit(groups: list[list[str]], rules: IdentityRules) -> bool:
    """Whether both bring values of a type, and together more than one person may have."""
    one, other = groups
    return any(one.count(kind) and other.count(kind) and one.count(kind) + other.count(kind) > limit
               for kind, limit in rules.limits.items() if limit)  # fmt: skip
