"""The partition of identifiers into persons, as a function of the set of links and never of their order.

Links are taken in a canonical order: what a person stated first, then the strongest pair of types, then the smallest
numbers. A link that would give one person more values of a type than its limit allows, or bring two identifiers
together that were stated to be apart, is held back as ambiguous. Limits hold for stated links too: a statement wins
over every observed link, not over a limit.
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
    """A link that was held back; one a pair of persons and reason, the strongest of them.

    `link` are the two surrogates, `persons` the persons they belong to instead of being one, `type` the identifier
    type whose limit would break (empty where the two were stated to be apart).
    """

    link: Pair
    persons: Pair
    reason: Literal["limit", "apart"]
    type: str = ""


@dataclass(frozen=True, slots=True)
class Partition:
    """`person` maps every surrogate to the smallest surrogate of its component; `held` are the links held back."""

    person: dict[int, int]
    held: tuple[Ambiguity, ...] = ()


def pair(a: int, b: int) -> Pair:
    """The two in the order in which pairs are kept."""
    return (a, b) if a < b else (b, a)


def partition(
    kinds: Mapping[int, str],
    links: Iterable[Pair],
    rules: IdentityRules,
    *,
    stated: Collection[Pair] = (),
    apart: Collection[Pair] = (),
) -> Partition:
    """The persons among the surrogates `kinds` (surrogate -> type), given observed and stated links.

    A pair in `apart` has no link at all, and its two ends never meet in one person.
    """
    forest = _Forest(kinds, rules.limits, apart)
    wanted = (set(links) | set(stated)).difference(apart)

    ranks = {node: rules.rank(kind) for node, kind in kinds.items()}
    turns = sorted(wanted, key=lambda link: turn(link, ranks[link[0]], ranks[link[1]], stated=link in stated))
    held = [(link, reason) for link in turns if (reason := forest.join(link)) is not None]
    return Partition(forest.persons(), _strongest(held, forest))


def turn(link: Pair, rank: int, other: int, *, stated: bool) -> tuple[bool, int, int, int, int]:
    """Sorts links into the canonical order; the ranks are those of the types of the two ends."""
    return not stated, max(rank, other), min(rank, other), *link


_Reason = tuple[Literal["limit", "apart"], str]


class _Forest:
    """Disjoint sets that refuse to be joined where a limit or a statement forbids it."""

    def __init__(self, kinds: Mapping[int, str], limits: Mapping[str, int], apart: Collection[Pair]):
        self._limits = limits
        self._apart = [ends for ends in apart if ends[0] in kinds and ends[1] in kinds]
        self._members = {node: [node] for node in kinds}
        self._root = {node: node for node in kinds}
        self._counts = {node: Counter((kind,)) for node, kind in kinds.items() if kind in limits}

    def join(self, link: Pair) -> _Reason | None:
        """Make the two ends one component, or say why not. Joining what is joined already changes nothing."""
        a, b = sorted((self.root(link[0]), self.root(link[1])))
        if a == b:
            return None
        if (reason := self._forbidden(a, b)) is not None:
            return reason
        for node in self._members[b]:
            self._root[node] = a
        self._members[a] += self._members.pop(b)
        if counts := self._counts.pop(b, None):
            self._counts[a] = self._counts.get(a, Counter()) + counts
        return None

    def root(self, node: int) -> int:
        """The smallest member of the node's component."""
        return self._root[node]

    def persons(self) -> dict[int, int]:
        return self._root

    def _forbidden(self, a: int, b: int) -> _Reason | None:
        if any({self._root[x], self._root[y]} == {a, b} for x, y in self._apart):
            return "apart", ""
        here, there = self._counts.get(a), self._counts.get(b)
        if here and there:
            for kind in sorted(here.keys() & there.keys()):
                if here[kind] + there[kind] > self._limits[kind]:
                    return "limit", kind
        return None


def _strongest(held: list[tuple[Pair, _Reason]], forest: _Forest) -> tuple[Ambiguity, ...]:
    first: dict[tuple[Pair, _Reason], Ambiguity] = {}
    for link, reason in held:
        persons = pair(forest.root(link[0]), forest.root(link[1]))
        first.setdefault((persons, reason), Ambiguity(link, persons, *reason))
    return tuple(first.values())
