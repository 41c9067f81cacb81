"""What the log says about identifiers: which were seen, which stood together, and what somebody stated about them.

Everything here only grows, so it is stored by appending: `facts(after=mark)` is what came since a mark, and a graph
fed with all facts, in any order, is the same graph again. Who is one person is decided elsewhere.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, compress, count
from typing import Literal, NamedTuple, assert_never

from cdp.identity.columns import Chains, Column
from cdp.identity.partition import Pair, pair

ORDER = "order"
"""The type of identifiers that attach events to a person and never merge two."""


Verdict = Literal["together", "beyond", "apart"]
"""What somebody stated of two identifiers: one person, one person beyond every limit, or not one."""
FactKind = Literal["seen", "link", "claim", "erased"] | Verdict
_VERDICTS: tuple[Verdict, ...] = ("together", "beyond", "apart")
"""Of two statements of the same moment the one further back holds."""
_RANK = {verdict: rank for rank, verdict in enumerate(_VERDICTS)}


class Fact(NamedTuple):
    """One thing the graph knows, as a flat row.

    seen: identifier `a` of `type` acted · link: `a` and `b` stood in one event · claim: order `a` was named beside `b` ·
    together, beyond, apart: what somebody stated at the moment `at` of `a` and `b` · erased: `a`. `position` is that of
    the event by which it became known.
    """

    kind: FactKind
    a: int
    b: int = 0
    at: int = 0
    type: str = ""
    position: int = 0


Row = tuple[FactKind, int, int, int, str, int]
"""A fact as it comes back from wherever it was stored."""
Mark = tuple[int, int, int, int]
BEGIN: Mark = (0, 0, 0, 0)


class Graph:
    """Identifiers, links, claims on orders, statements. The types of identifiers may be at most 127."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._types: list[str] = [""]
        self._kind = Column("b", 0)
        self._seen = array("i")
        self._links = Chains()
        self._claims = Chains()
        self._spoken: list[Fact] = []
        self._verdicts: dict[Pair, tuple[int, int]] = {}
        self._apart: dict[int, set[int]] = {}
        self._erased: set[int] = set()
        self._link_positions = array("q")
        self._claim_positions = array("q")
        self.position = 0
        """Of the event that tells what comes next."""

    def see(self, surrogate: int, kind: str) -> bool:
        """Note that an identifier acted; False if that was known."""
        if self._kind[surrogate]:
            return False
        self._kind[surrogate] = self._code(kind)
        self._seen.append(surrogate)
        return True

    def _code(self, kind: str) -> int:
        code = self._codes.get(kind)
        if code is None:
            code = self._codes[kind] = len(self._types)
            self._types.append(kind)
        return code

    def link(self, a: int, b: int) -> bool:
        """Note that two identifiers stood in one event as one actor; False if that was known."""
        if self._links.joined(a, b):
            return False
        self._links.add(a, b)
        self._links.add(b, a)
        self._link_positions.append(self.position)
        return True

    def linked(self, a: int, b: int) -> bool:
        """Whether the two ever stood in one event, or were stated to be one."""
        return self._links.joined(a, b)

    def claim(self, order: int, surrogate: int) -> bool:
        """Note that an order was named beside an identifier; False if that was known."""
        if surrogate in self._claims.of(order):
            return False
        self._claims.add(order, surrogate)
        self._claim_positions.append(self.position)
        return True

    def state(self, a: int, b: int, at: int, verdict: Verdict) -> bool:
        """Note a statement; False if it changes no verdict. The latest moment wins, and at the same moment `apart`."""
        ends = pair(a, b)
        told = (at, _RANK[verdict])
        known = self._verdicts.get(ends)
        if known is not None and told <= known:
            return False
        self._verdicts[ends] = told
        self._spoken.append(Fact(verdict, *ends, at, position=self.position))
        change = set.add if verdict == "apart" else set.discard
        change(self._apart.setdefault(a, set()), b)
        change(self._apart.setdefault(b, set()), a)
        return known is None or known[1] != told[1]

    def erase(self, surrogate: int) -> None:
        """Note that nobody can know any more what is behind a surrogate."""
        if surrogate not in self._erased:
            self._erased.add(surrogate)
            self._spoken.append(Fact("erased", surrogate, position=self.position))

    def told(self, together: Sequence[int]) -> bool:
        """Whether an event with these actors would add nothing."""
        order = self._codes.get(ORDER)
        codes = [self._kind[surrogate] for surrogate in together]
        for at, a in enumerate(together):
            if not codes[at]:
                return False
            for other, b in enumerate(together[:at]):
                orders = (codes[at] == order) + (codes[other] == order)
                known = (
                    self._links.joined(a, b) if not orders else orders == 2 or self._claimed(a, b, codes[at] == order)
                )
                if not known:
                    return False
        return True

    def _claimed(self, a: int, b: int, first: bool) -> bool:
        return (b in self._claims.of(a)) if first else (a in self._claims.of(b))

    def kind(self, surrogate: int) -> str:
        """The type of an identifier; empty if it never acted."""
        return self._types[self._kind[surrogate]]

    def erased(self, surrogate: int) -> bool:
        """Whether what is behind a surrogate was erased."""
        return surrogate in self._erased

    def seen(self) -> Iterator[int]:
        """All identifiers, in the order in which they were first seen."""
        return iter(self._seen)

    def beside(self, surrogate: int) -> Iterator[int]:
        """All identifiers that ever stood beside this one or were stated to belong to it."""
        return self._links.of(surrogate)

    def beside_any(self, surrogate: int) -> bool:
        """Whether this identifier ever stood beside another."""
        return self._links.any(surrogate)

    def claims(self, order: int) -> Iterator[int]:
        """All identifiers beside which an order was named."""
        return self._claims.of(order)

    def apart_from(self, surrogate: int) -> Iterable[int]:
        """The identifiers that are stated not to be the same person."""
        return self._apart.get(surrogate, ())

    def any_apart(self, surrogates: Iterable[int]) -> bool:
        """Whether any two of these are stated not to be the same person."""
        if not self._apart:
            return False
        people = set(surrogates)
        return any(not people.isdisjoint(self._apart.get(surrogate, ())) for surrogate in people)

    def stated(self, ends: Pair) -> bool:
        """Whether the two are stated to be one person."""
        return self.verdict(ends) in ("together", "beyond")

    def beyond(self, ends: Pair) -> bool:
        """Whether the two are stated to be one person whatever limits say."""
        return self.verdict(ends) == "beyond"

    def verdict(self, ends: Pair) -> Verdict | None:
        """What was stated last of the two."""
        told = self._verdicts.get(ends)
        return None if told is None else _VERDICTS[told[1]]

    def mark(self) -> Mark:
        """Up to where the graph has grown."""
        return len(self._seen), len(self._links), len(self._claims), len(self._spoken)

    def facts(self, after: Mark = BEGIN) -> Iterator[Fact]:
        """What came since a mark."""
        for surrogate in self._seen[after[0] :]:
            yield Fact("seen", surrogate, type=self.kind(surrogate))
        # Each link is kept twice, one after the other, once for either end.
        for (a, b), place in zip(self._links.entries(after[1]), count(after[1]), strict=False):
            if a < b:
                yield Fact("link", a, b, position=self._link_positions[place // 2])
        for (order, b), place in zip(self._claims.entries(after[2]), count(after[2]), strict=False):
            yield Fact("claim", order, b, position=self._claim_positions[place])
        yield from self._spoken[after[3] :]

    def learn_seen(self, kind: str, surrogates: Iterable[int]) -> None:
        """Take in identifiers of one type, none of them known."""
        known = array("i", surrogates)
        self._seen.extend(known)
        self._kind.put(known, self._code(kind))

    def learn_pairs(
        self, kind: Literal["link", "claim"], a: Sequence[int], b: Sequence[int], positions: Iterable[int]
    ) -> None:
        """Take in links or claims, none of them known."""
        if kind == "link":
            either, other = zip(a, b, strict=True), zip(b, a, strict=True)
            self._links.extend(array("i", chain.from_iterable(either)), chain.from_iterable(other))
            self._link_positions.extend(positions)
        else:
            self._claims.extend(a, b)
            self._claim_positions.extend(positions)

    def links(self) -> Iterator[Pair]:
        """All pairs that ever stood in one event or were stated to be one person, the smaller first."""
        return ((a, b) for a, b in self._links.entries() if a < b)

    def people(self) -> list[int]:
        """All identifiers that ever acted and are no orders, sorted."""
        return sorted(compress(self._seen, map(self._codes.get(ORDER, 0).__ne__, self._kind.all(self._seen))))

    def orders(self) -> list[int]:
        """All orders that ever acted, in the order in which they were first seen."""
        return list(compress(self._seen, map(self._codes.get(ORDER, 0).__eq__, self._kind.all(self._seen))))

    def crowded(self, people: Sequence[int], persons: Sequence[int], caps: Mapping[str, int]) -> set[int]:
        """Of the person that each of these people belongs to, those that have more of a type than `caps` allow."""
        width = len(self._types)
        counts = Counter(person * width + code for person, code in zip(persons, self._kind.all(people), strict=True))
        most = [caps.get(kind, len(people)) for kind in self._types]
        return {key // width for key, count in counts.items() if count > most[key % width]}

    def ever_apart(self) -> Iterable[int]:
        """All identifiers that were ever stated not to be the same person as another."""
        return self._apart

    def learn(self, facts: Iterable[Row]) -> None:
        """Take in facts, in any order."""
        for kind, a, b, at, name, self.position in facts:
            match kind:
                case "seen":
                    self.see(a, name)
                case "link":
                    self.link(a, b)
                case "claim":
                    self.claim(a, b)
                case "together" | "beyond" | "apart":
                    self.state(a, b, at, kind)
                case "erased":
                    self.erase(a)
                case _:
                    assert_never(kind)
