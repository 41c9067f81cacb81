"""The partition of identifiers into persons, as a function of the set of links and never of their order.

Links are taken in a canonical order: what a person stated first, then the strongest pair of types, then the smallest
numbers. A link that would give one person more values of a type than its limit allows, or bring two identifiers
together that were stated to be apart, is held back as ambiguous. Limits hold for stated links too, unless the
statement itself goes beyond them: a statement wins over every observed link, not over a limit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from cdp.identity.rules import IdentityRules

Pair = tuple[int, int]
"""Two surrogates, the smaller first."""


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """What was held back between two persons.

    `link` is the strongest of the links between them, as two surrogates; `persons` are the two; `type` the identifier
    type whose limit would break if they were one (empty where any two of their identifiers were stated to be apart).
    """

    link: Pair
    persons: Pair
    reason: Literal["limit", "apart"]
    type: str = ""


@dataclass(frozen=True, slots=True)
class Partition:
    """`person` maps every surrogate to the smallest surrogate of its component; `held` is what was held back; `taken`
    are the links that made the persons, in canonical order: one less a person than it has identifiers."""

    person: dict[int, int]
    held: tuple[Ambiguity, ...] = ()
    taken: tuple[Pair, ...] = ()


def pair(a: int, b: int) -> Pair:
    """The two in the order in which pairs are kept."""
    return (a, b) if a < b else (b, a)


def partition(
    kinds: Mapping[int, str],
    links: Iterable[Pair],
    rules: IdentityRules,
    *,
    stated: Collection[Pair] = (),
    beyond: Collection[Pair] = (),
    apart: Collection[Pair] = (),
) -> Partition:
    """The persons among the surrogates `kinds` (surrogate -> type), given observed and stated links.

    A stated pair in `beyond` is taken whatever limits say. A pair in `apart` has no link at all, and its two ends never
    meet in one person.
    """
    forest = _Forest(kinds, rules.caps(), apart)
    wanted = (set(links) | set(stated)).difference(apart)

    ranks = {node: rules.rank(kind) for node, kind in kinds.items()}
    turns = sorted(wanted, key=lambda link: turn(link, ranks[link[0]], ranks[link[1]], stated=link in stated))
    taken = tuple(link for link in turns if forest.join(link, limited=link not in beyond))
    return Partition(forest.persons(), _held(turns, forest), taken)


def turn(link: Pair, rank: int, other: int, *, stated: bool) -> tuple[bool, int, int, int, int]:
    """Sorts links into the canonical order; the ranks are those of the types of the two ends."""
    return not stated, max(rank, other), min(rank, other), *link


_Reason = tuple[Literal["limit", "apart"], str]


class _Forest:
    """Disjoint sets that refuse to be joined where a limit or a statement forbids it."""

    def __init__(self, kinds: Mapping[int, str], caps: Mapping[str, int], apart: Collection[Pair]):
        self._caps = caps
        self._apart = [ends for ends in apart if ends[0] in kinds and ends[1] in kinds]
        self._members = {node: [node] for node in kinds}
        self._root = {node: node for node in kinds}
        self._counts = {node: Counter((kind,)) for node, kind in kinds.items() if kind in caps}

    def join(self, link: Pair, *, limited: bool) -> bool:
        """Make the two ends one component, if they are two and nothing forbids it; answers whether it was done."""
        a, b = sorted((self.root(link[0]), self.root(link[1])))
        if a == b or self.forbidden(a, b, limited=limited) is not None:
            return False
        for node in self._members[b]:
            self._root[node] = a
        self._members[a] += self._members.pop(b)
        if counts := self._counts.pop(b, None):
            self._counts[a] = self._counts.get(a, Counter()) + counts
        return True

    def root(self, node: int) -> int:
        """The smallest member of the node's component."""
        return self._root[node]

    def persons(self) -> dict[int, int]:
        """The root of every node."""
        return self._root

    def forbidden(self, a: int, b: int, *, limited: bool = True) -> _Reason | None:
        """Why the components of two roots may not be one."""
        if any({self._root[x], self._root[y]} == {a, b} for x, y in self._apart):
            return "apart", ""
        here, there = self._counts.get(a), self._counts.get(b)
        if limited and here and there:
            for kind in sorted(here.keys() & there.keys()):
                if here[kind] + there[kind] > self._caps[kind]:
                    return "limit", kind
        return None


def _held(turns: Iterable[Pair], forest: _Forest) -> tuple[Ambiguity, ...]:
    """One a pair of persons that a link leads across. What forbade that link forbids to make one of the two persons."""
    strongest: dict[Pair, Pair] = {}
    for link in turns:
        persons = pair(forest.root(link[0]), forest.root(link[1]))
        if persons[0] != persons[1]:
            strongest.setdefault(persons, link)
    reasons = ((link, persons, forest.forbidden(*persons)) for persons, link in strongest.items())
    return tuple(Ambiguity(link, persons, *reason) for link, persons, reason in reasons if reason is not None)
