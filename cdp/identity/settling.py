"""What to say so that two persons are one, or two, and what comes of saying it. Pure: over an index of the people at hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cdp.events.event import Event
from cdp.identity.graph import ORDER
from cdp.identity.index import IdentityIndex
from cdp.identity.partition import Ambiguity, Pair, pair

Persons = dict[int, tuple[int, ...]]
"""The identifiers of each person, orders included."""


@dataclass(frozen=True)
class Outcome:
    """The persons before and after, as far as anything changes; `moved` are the identifiers that change persons."""

    before: Persons
    after: Persons
    moved: dict[int, Pair]
    held: tuple[Ambiguity, ...]
    """What is still held back between persons who were named."""


def waits(index: IdentityIndex, doubt: Ambiguity) -> bool:
    """Whether somebody has yet to settle it: nobody told the two apart, and neither was erased whole."""
    return doubt.reason == "limit" and not any(_is_erased(index, person) for person in doubt.persons)


def saying_one(index: IdentityIndex, named: Sequence[int]) -> tuple[int, ...]:
    """The identifiers to name in a statement beyond limits, so that the persons of `named` become one.

    Besides those named it takes every value of a type of which they have too many together, and every two identifiers
    that were stated to be apart.
    """
    groups = [index.members(p) for p in dict.fromkeys(map(index.person_of, named)) if p is not None]
    kinds = index.kinds()
    counts = [Counter(kinds[s] for s in group) for group in groups]
    caps = index.rules.caps()
    together = sum(counts, Counter())
    broken = {kind for kind, cap in caps.items() if together[kind] > cap and sum(kind in c for c in counts) > 1}
    people = [s for group in groups for s in group if kinds[s] != ORDER]
    parted = {s for s in people for other in people if index.verdict(s, other) == "apart"}
    return tuple(dict.fromkeys([*named, *(s for s in people if kinds[s] in broken or s in parted)]))


def saying_two(persons: Pair, link: Pair) -> tuple[Pair, ...]:
    """The pairs to state apart, so that two persons stay two whatever else stands between them: the two that are linked,
    and the persons' own ids."""
    return tuple(dict.fromkeys((pair(*link), pair(*persons))))


def saying_not_of(index: IdentityIndex, person: int, others: Iterable[int]) -> tuple[Pair, ...]:
    """The pairs to state apart, so that none of `others` is this person's any more."""
    kinds, leaving = index.kinds(), set(others)
    staying = [s for s in index.members(person) if kinds[s] != ORDER and s not in leaving]
    return tuple(pair(other, s) for other in sorted(leaving) for s in staying)


def _is_erased(index: IdentityIndex, person: int) -> bool:
    kinds = index.kinds()
    return all(index.erased(s) for s in index.members(person) if kinds[s] != ORDER)


def outcome(index: IdentityIndex, statements: Iterable[Event], named: Iterable[int]) -> Outcome:
    """What the statements change. The index takes them in."""
    everybody = index.kinds()
    before = {s: index.person_of(s) for s in everybody}
    persons_before = {p: index.members(p) for p in before.values() if p is not None}
    for statement in statements:
        index.observe(statement)
    after = {s: index.person_of(s) for s in everybody}
    moved = {
        s: (old, new) for s, old in before.items() if old is not None and (new := after[s]) is not None and new != old
    }
    touched = {p for ends in moved.values() for p in ends}
    now = {index.person_of(s) for s in named}
    return Outcome(
        before={p: members for p, members in sorted(persons_before.items()) if p in touched},
        after={p: index.members(p) for p in sorted(touched) if index.members(p)},
        moved=moved,
        held=tuple(a for a in index.ambiguous() if now.issuperset(a.persons)),
    )
