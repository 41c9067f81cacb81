"""What the log says about identifiers: which were seen, which stood together, and what somebody stated about them.

Everything here only grows, so it is stored by appending: `facts(after=mark)` is what came since a mark, and a graph
fed with all facts, in any order, is the same graph again. Who is one person is decided elsewhere.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, assert_never

from cdp.identity.columns import Chains, Column
from cdp.identity.partition import Pair, pair

ORDER = "order"
"""The type of identifiers that attach events to a person and never merge two."""


FactKind = Literal["seen", "link", "claim", "together", "apart", "erased"]


class Fact(NamedTuple):
    """One thing the graph knows, as a flat row.

    seen: identifier `a` of `type` acted · link: `a` and `b` stood in one event · claim: order `a` was named beside `b` ·
    together, apart: somebody stated at the moment `at` that `a` and `b` are, or are not, one person · erased: `a`.
    """

    kind: FactKind
    a: int
    b: int = 0
    at: int = 0
    type: str = ""


Row = tuple[FactKind, int, int, int, str]
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
        self._verdicts: dict[Pair, tuple[int, bool]] = {}
        self._apart: dict[int, set[int]] = {}
        self._erased: set[int] = set()

    def see(self, surrogate: int, kind: str) -> bool:
        """Note that an identifier acted; False if that was known."""
        if self._kind[surrogate]:
            return False
        code = self._codes.get(kind)
        if code is None:
            code = self._codes[kind] = len(self._types)
            self._types.append(kind)
        self._kind[surrogate] = code
        self._seen.append(surrogate)
        return True

    def link(self, a: int, b: int) -> bool:
        """Note that two identifiers stood in one event as one actor; False if that was known."""
        if self._links.joined(a, b):
            return False
        self._links.add(a, b)
        self._links.add(b, a)
        return True

    def linked(self, a: int, b: int) -> bool:
        """Whether the two ever stood in one event, or were stated to be one."""
        return self._links.joined(a, b)

    def claim(self, order: int, surrogate: int) -> bool:
        """Note that an order was named beside an identifier; False if that was known."""
        if surrogate in self._claims.of(order):
            return False
        self._claims.add(order, surrogate)
        return True

    def state(self, a: int, b: int, at: int, *, apart: bool) -> bool:
        """Note a statement; False if it changes no verdict. The latest moment wins, and at the same moment `apart`."""
        ends = pair(a, b)
        verdict = (at, apart)
        known = self._verdicts.get(ends)
        if known is not None and verdict <= known:
            return False
        self._verdicts[ends] = verdict
        self._spoken.append(Fact("apart" if apart else "together", *ends, at))
        change = set.add if apart else set.discard
        change(self._apart.setdefault(a, set()), b)
        change(self._apart.setdefault(b, set()), a)
        return known is None or known[1] != apart

    def erase(self, surrogate: int) -> None:
        """Note that nobody can know any more what is behind a surrogate."""
        if surrogate not in self._erased:
            self._erased.add(surrogate)
            self._spoken.append(Fact("erased", surrogate))

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
        verdict = self._verdicts.get(ends)
        return verdict is not None and not verdict[1]

    def mark(self) -> Mark:
        """Up to where the graph has grown."""
        return len(self._seen), len(self._links), len(self._claims), len(self._spoken)

    def facts(self, after: Mark = BEGIN) -> Iterator[Fact]:
        """What came since a mark."""
        for surrogate in self._seen[after[0] :]:
            yield Fact("seen", surrogate, type=self.kind(surrogate))
        yield from (Fact("link", a, b) for a, b in self._links.entries(after[1]) if a < b)
        yield from (Fact("claim", order, b) for order, b in self._claims.entries(after[2]))
        yield from self._spoken[after[3] :]

    def learn(self, facts: Iterable[Row]) -> None:
        """Take in facts, in any order."""
        for kind, a, b, at, name in facts:
            match kind:
                case "seen":
                    self.see(a, name)
                case "link":
                    self.link(a, b)
                case "claim":
                    self.claim(a, b)
                case "together" | "apart":
                    self.state(a, b, at, apart=kind == "apart")
                case "erased":
                    self.erase(a)
                case _:
                    assert_never(kind)
