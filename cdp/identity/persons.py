"""The persons a graph makes, kept current: an identifier costs only what it touches.

At every moment they are what `partition` makes of the whole graph under the rules; only the way there is shorter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from cdp.identity.columns import Column, Forest, Rings
from cdp.identity.graph import ORDER, Graph
from cdp.identity.partition import Ambiguity, Pair, Partition, pair, partition, turn
from cdp.identity.rules import IdentityRules

NONE = -1
_NEW = -2
"""What an identifier that came just now belonged to before."""
_Turn = tuple[bool, int, int, int, int]


class Changes:
    """Who belonged to whom before, for the identifiers that moved."""

    def __init__(self, before: dict[int, int], now: Column):
        moved = [(old, new) for s, old in before.items() if (new := now[s]) != old]
        self.persons = frozenset(p for ends in moved for p in ends if p >= 0)
        self.regrouped = frozenset(p for old, new in moved if old != _NEW for p in (old, new) if p >= 0)


class Persons:
    """Which person every identifier of a graph belongs to.

    `_ring` holds each person's identifiers and orders as a circle, each naming the next. `_split` are the identifiers
    of components that are more than one person, because something was held back there.
    """

    def __init__(self, graph: Graph, rules: IdentityRules):
        self._graph = graph
        self._follow(rules)
        self._person = Forest()
        self._ring = Rings()
        self._split: set[int] = set()
        self._before: dict[int, int] = {}

    def _follow(self, rules: IdentityRules) -> None:
        self._rules = rules
        self._caps = rules.caps()
        self._blocked = frozenset(rules.blocked_surrogates)

    def of(self, surrogate: int) -> int:
        """The person of an identifier or order; NONE if there is none."""
        return self._person[surrogate]

    def of_all(self, surrogates: Iterable[int]) -> list[int]:
        """The person of each of these, as `of` answers."""
        return self._person.all(surrogates)

    def circle(self, person: int) -> Iterator[int]:
        """All identifiers and orders of a person, beginning with its id."""
        at = self._ring[person]
        yield person
        while at != person:
            yield at
            at = self._ring[at]

    def held(self) -> list[Ambiguity]:
        """The links held back."""
        held: list[Ambiguity] = []
        left = set(self._split)
        while left:
            component = self._component((left.pop(),))
            left.difference_update(component)
            held += self._partition(component).held
        return held

    def joins(self, person: int) -> list[Pair]:
        """The links that made this person, in canonical order."""
        taken = self._in_order(self._component(self._people_of(person))).taken
        return [link for link in taken if self._person[link[0]] == person]

    def changes(self) -> Changes:
        """What moved since the last time this was asked."""
        before, self._before = self._before, {}
        return Changes(before, self._person)

    def begin(self, surrogate: int) -> None:
        """An identifier that was never seen: a person of its own, or an order of nobody."""
        self._before[surrogate] = _NEW
        if self._graph.kind(surrogate) != ORDER:
            self._person[surrogate] = self._ring[surrogate] = surrogate

    def connect(self, a: int, b: int) -> None:
        """Let a new link between two identifiers take effect.

        Where nothing was ever held back, every order of taking links gives the same persons, so two of them that may
        be one simply become one. A link that is held back at its own turn changes nothing that comes after it. In all
        other cases the whole component is taken again in canonical order. What is blocked is linked with nothing.
        """
        if a in self._blocked or b in self._blocked:
            return
        p, q = self._person[a], self._person[b]
        split = a in self._split or b in self._split
        if not split and p == q:
            return
        if not split and self._compatible([*self._people_of(p), *self._people_of(q)]):
            self._merge(*pair(p, q))
        elif split and p != q and self._held_back(a, b):
            self._split.update(self._people_of(p), self._people_of(q))
        else:
            self._settle(self._component((a, b)))

    def unite(self, people: Sequence[int]) -> None:
        """Let the links among identifiers take effect that never stood beside any other."""
        people = [surrogate for surrogate in people if surrogate not in self._blocked]
        if not self._compatible(people):
            self._settle(self._component(people))
            return
        for other in people[1:]:
            self._merge(*pair(self._person[people[0]], other))

    def settle(self, a: int, b: int) -> None:
        """Compute everything that stands beside these two again."""
        if a not in self._blocked and b not in self._blocked:
            self._settle(self._component((a, b)))

    def attach(self, order: int) -> None:
        """An order was named beside somebody new: give it to the strongest it was ever named beside."""
        old = self._person[order]
        if old == self._person[self._owner(order)]:
            return
        if old != NONE:
            before = next(s for s in self.circle(old) if self._ring[s] == order)
            self._ring[before] = self._ring[order]
        self._adopt(order)

    def rebuild(self, rules: IdentityRules) -> None:
        """Compute all persons again, under these rules."""
        before = {surrogate: self._person[surrogate] for surrogate in self._graph.seen()}
        self._follow(rules)
        self._split.clear()
        self.found()
        self._before = before

    def found(self) -> None:
        """Compute the persons of a graph that was learned as a whole: all that is linked at once, and only where that is
        too much for one person, link by link."""
        graph = self._graph
        people = graph.people()
        self._person.begin(people)
        self._person.unite(self._unblocked())
        self._person.settle(people)
        persons = self._person.all(people)
        self._ring.close(people, persons)
        doubtful = graph.crowded(people, persons, self._caps).union(map(self.of, graph.ever_apart()))
        for component in [list(self.circle(person)) for person in sorted(doubtful - {NONE})]:
            if not self._compatible(component):
                self._settle({surrogate: graph.kind(surrogate) for surrogate in component})
        for order in graph.orders():
            self._person[order] = NONE
            self._adopt(order)
        self._before.clear()

    def _unblocked(self) -> Iterable[Pair]:
        blocked = self._blocked
        links = self._graph.links()
        return links if not blocked else (link for link in links if blocked.isdisjoint(link))

    def _merge(self, low: int, high: int) -> None:
        moving = list(self.circle(high))
        self._ring[low], self._ring[high] = self._ring[high], self._ring[low]
        for surrogate in moving:
            self._move(surrogate, low)

    def _held_back(self, a: int, b: int) -> bool:
        """Whether a link between two persons is held back when its turn comes.

        Links inside a person were taken at theirs, links between persons were not: so what stood together just before
        this one's turn can be told from the two persons alone.
        """
        limit = self._turn(pair(a, b))
        return not self._may_join(self._earlier(a, limit), self._earlier(b, limit))

    def _earlier(self, start: int, limit: _Turn) -> set[int]:
        """What is connected with `start` inside its person by links whose turn is before `limit`."""
        others = set(self._people_of(self._person[start])) - {start}
        found, waiting = {start}, [start]
        while waiting:
            near = waiting.pop()
            reached = {o for o in others if self._graph.linked(near, o) and self._turn(pair(near, o)) < limit}
            others -= reached
            found |= reached
            waiting += reached
        return found

    def _turn(self, link: Pair) -> _Turn:
        rank, kind = self._rules.rank, self._graph.kind
        return turn(link, rank(kind(link[0])), rank(kind(link[1])), stated=self._graph.stated(link))

    def _settle(self, component: dict[int, str]) -> None:
        """Compute the persons of a whole component (closed under `beside`) again."""
        person = self._partition(component).person
        change = self._split.update if len(set(person.values())) > 1 else self._split.difference_update
        change(component)
        orders = [s for p in {self._person[s] for s in component} for s in self.circle(p) if s not in component]
        for surrogate, new in person.items():
            self._move(surrogate, new)
            self._ring[surrogate] = surrogate
        for surrogate, new in person.items():
            if surrogate != new:
                self._ring[surrogate], self._ring[new] = self._ring[new], surrogate
        for order in orders:
            self._adopt(order)

    def _partition(self, component: dict[int, str]) -> Partition:
        """The persons of a component, without the work of ordering links where all of it may be one person."""
        if self._compatible(component):
            return Partition(dict.fromkeys(component, min(component)))
        return self._in_order(component)

    def _in_order(self, component: dict[int, str]) -> Partition:
        """The persons of a component, every link taken at its turn."""
        graph = self._graph
        links = [(a, b) for a in component for b in self._beside(a) if a < b]
        apart = [(a, b) for a in component for b in graph.apart_from(a) if a < b and b in component]
        stated, beyond = set(filter(graph.stated, links)), set(filter(graph.beyond, links))
        return partition(component, links, self._rules, stated=stated, beyond=beyond, apart=apart)

    def _people_of(self, person: int) -> list[int]:
        """The person's members without the orders."""
        kind = self._graph.kind
        return [surrogate for surrogate in self.circle(person) if kind(surrogate) != ORDER]

    def _compatible(self, people: Iterable[int]) -> bool:
        """Whether these may all be one person, without a statement that goes beyond the limits."""
        caps = self._caps
        if any(count > caps.get(kind, count) for kind, count in self._kinds(people).items()):
            return False
        return not self._graph.any_apart(people)

    def _may_join(self, here: Collection[int], there: Collection[int]) -> bool:
        """Whether two persons may be one, whatever statements went beyond the limits inside either."""
        counts, others = self._kinds(here), self._kinds(there)
        both = counts.keys() & others.keys() & self._caps.keys()
        if any(counts[kind] + others[kind] > self._caps[kind] for kind in both):
            return False
        return not self._graph.any_apart([*here, *there])

    def _kinds(self, people: Iterable[int]) -> dict[str, int]:
        kinds: dict[str, int] = {}
        for surrogate in people:
            kind = self._graph.kind(surrogate)
            kinds[kind] = kinds.get(kind, 0) + 1
        return kinds

    def _beside(self, surrogate: int) -> Iterable[int]:
        """All that ever stood beside this one, blocked ones left out on either side."""
        blocked = self._blocked
        if not blocked:
            return self._graph.beside(surrogate)
        return () if surrogate in blocked else (o for o in self._graph.beside(surrogate) if o not in blocked)

    def _component(self, start: Iterable[int]) -> dict[int, str]:
        """Everything that stands beside these, directly or not, with its type; limits and statements ignored."""
        found = {surrogate: self._graph.kind(surrogate) for surrogate in start}
        waiting = list(found)
        while waiting:
            for other in self._beside(waiting.pop()):
                if other not in found:
                    found[other] = self._graph.kind(other)
                    waiting.append(other)
        return found

    def _move(self, surrogate: int, person: int) -> None:
        old = self._person[surrogate]
        if old != person:
            self._before.setdefault(surrogate, old)
            self._person[surrogate] = person

    def _adopt(self, order: int) -> None:
        """Put an order that stands in no circle into its owner's; nobody's, if it was never named beside anybody."""
        owner = self._owner(order)
        person = NONE if owner == NONE else self._person[owner]
        self._move(order, person)
        if person != NONE:
            self._ring[order], self._ring[person] = self._ring[person], order

    def _owner(self, order: int) -> int:
        """The strongest identifier the order was ever named beside, whatever the order of events."""
        claims = [s for s in self._graph.claims(order) if s not in self._blocked]
        if len(claims) < 2:
            return claims[0] if claims else NONE
        kind, rank = self._graph.kind, self._rules.rank
        return min(claims, key=lambda s: (rank(kind(s)), s))
