"""Who is who, for a follower that reads the log in order: persons by surrogate, kept up to date event by event.

The persons are always what `partition` makes of the set of everything observed; an event costs only the identifiers it
touches. Orders belong to the strongest identifier they were ever named beside, and never merge two persons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import msgspec

from cdp.events.event import DECISIONS, DELIVERY, Event, Who
from cdp.identity.columns import Column
from cdp.identity.graph import BEGIN, ORDER, Fact, Graph, Mark
from cdp.identity.partition import Ambiguity, Partition, pair, partition
from cdp.identity.rules import IdentityRules

_SPECIAL = frozenset({"workspace.configured", "person.erased", "person.linked", "person.unlinked"})
NOBODY: frozenset[int] = frozenset()
_NONE = -1
_NEW = -2
"""What an identifier that this very event brought belonged to before it."""
_OWN_SOURCES = frozenset({DECISIONS, DELIVERY})
"""Decisions repeat identifiers as they were known when deciding; they are no evidence that these belong together."""


class IdentityIndex:
    """The persons as of the last event observed. Not thread-safe; observing an event twice changes nothing."""

    def __init__(self, rules: IdentityRules = IdentityRules()) -> None:  # noqa: B008 - frozen, and without state
        self._rules = rules
        self._graph = Graph()
        self._person = Column()
        self._ring = Column()
        self._split: set[int] = set()
        self._before: dict[int, int] = {}
        self.regrouped: frozenset[int] = NOBODY
        """Of the persons the last `observe` answered, those that gained or lost *earlier* events by it."""

    @classmethod
    def restore(cls, rules: IdentityRules, facts: Iterable[tuple[object, ...]]) -> IdentityIndex:
        """The index that gave these `facts` under these rules."""
        index = cls(rules)
        index._graph.learn(facts)
        index._rebuild()
        index._before = {}
        return index

    @property
    def rules(self) -> IdentityRules:
        """The rules of the last `workspace.configured`."""
        return self._rules

    def mark(self) -> Mark:
        """Up to where `facts` would answer now."""
        return self._graph.mark()

    def facts(self, after: Mark = BEGIN) -> list[Fact]:
        """What this index learned since a mark, as flat rows to be stored; `restore` takes all of them, in any order."""
        return list(self._graph.facts(after))

    def observe(self, event: Event) -> frozenset[int]:
        """Take in one event; answers the ids, old and new, of all persons whose members changed by it: usually none.

        A person that begins with this event is among them. Events of a different order give the same persons.
        """
        who = event.who
        kind = event.type
        if kind not in _SPECIAL and (event.source in _OWN_SOURCES or not self._news(who)):
            self.regrouped = NOBODY
            return NOBODY
        self._before = {}
        if kind == "workspace.configured":
            self._configure(event)
        elif kind == "person.erased":
            for surrogate in event.data["surrogates"]:
                self._graph.erase(surrogate)
        elif kind in ("person.linked", "person.unlinked"):
            self._take_statement(event)
        else:
            self._take_actors(who)
        return self._changes()

    def person_of(self, surrogate: int) -> int | None:
        """The person an identifier belongs to; for an order its owner. None if unknown, or an order nobody owns yet."""
        person = self._person[surrogate]
        return None if person == _NONE else person

    def person_of_event(self, event: Event) -> int | None:
        """The person of the event's subject: its strongest actor, else the owner of the order it names."""
        who = event.who
        subject = who if len(who) == 1 else self._subject(who)
        return self.person_of(subject[0].surrogate) if subject and subject[0].role == "actor" else None

    def members(self, person: int) -> tuple[int, ...]:
        """All identifiers of the person, orders included, sorted; empty for an id that is nobody's today."""
        return tuple(sorted(self._circle(person))) if self._person[person] == person else ()

    def resolve(self, person: int) -> int | None:
        """Today's id of the person that once had this id; None if it never was a person's id."""
        return None if self._graph.kind(person) == ORDER else self.person_of(person)

    def ambiguous(self) -> list[Ambiguity]:
        """The links held back, in the order of their surrogates."""
        held: list[Ambiguity] = []
        left = set(self._split)
        while left:
            component = self._component((left.pop(),))
            left.difference_update(component)
            held += self._partition(component).held
        return sorted(held, key=lambda a: (a.link, a.reason, a.type))

    def erased(self, surrogate: int) -> bool:
        """Whether what is behind a surrogate was erased for good."""
        return self._graph.erased(surrogate)

    # --- taking in ---------------------------------------------------------------------------------------------

    def _news(self, who: Sequence[Who]) -> bool:
        """Whether an event that mentions these could tell anything: an unknown actor, or several at once."""
        if len(who) == 1:
            one = who[0]
            return one.role == "actor" and not self._graph.kind(one.surrogate)
        return len(who) > 1

    def _take_actors(self, who: Sequence[Who]) -> None:
        people = self._people(who)
        for surrogate in people:
            if self._graph.see(surrogate, next(w.type for w in who if w.surrogate == surrogate)):
                self._before[surrogate] = _NEW
                self._person[surrogate] = self._ring[surrogate] = surrogate
        fresh = [ends for ends in combinations(people, 2) if self._graph.link(*ends)]
        for a, b in fresh:
            if self._connect(a, b):
                break
        for order in dict.fromkeys(w.surrogate for w in who if w.type == ORDER and w.role == "actor"):
            self._attach(order, people)

    def _take_statement(self, event: Event) -> None:
        apart = event.type == "person.unlinked"
        people = self._people(event.who)
        for surrogate in people:
            self._take_actors([w for w in event.who if w.surrogate == surrogate])
        for a, b in combinations(people, 2):
            if not apart:
                self._graph.link(a, b)
            if self._graph.state(a, b, event.occurred_at, apart=apart):
                self._settle(self._component((a, b)))

    def _configure(self, event: Event) -> None:
        rules = msgspec.convert(event.data["settings"].get("identity", {}), IdentityRules)
        if rules != self._rules:
            self._rules = rules
            before = {surrogate: self._person[surrogate] for surrogate in self._graph.seen()}
            self._rebuild()
            self._before = before

    def _people(self, who: Sequence[Who]) -> list[int]:
        """The distinct actors, strongest first."""
        rank = self._rules.rank
        actors = {(rank(w.type), w.surrogate) for w in who if w.role == "actor" and w.type != ORDER}
        return [surrogate for _, surrogate in sorted(actors)]

    def _subject(self, who: Sequence[Who]) -> Sequence[Who]:
        """The strongest actor as a sequence of one, the order where no actor is known, else nothing."""
        actors = [w for w in who if w.role == "actor"]
        people = [w for w in actors if w.type != ORDER] or actors
        return [min(people, key=lambda w: self._rules.rank(w.type))] if people else ()

    # --- persons -----------------------------------------------------------------------------------------------

    def _connect(self, a: int, b: int) -> bool:
        """Let a link between two identifiers take effect; True if it settled the whole component.

        Where nothing was ever held back, every order of taking links gives the same persons, so two of them that may
        be one simply become one. Everywhere else the whole component is taken again in canonical order.
        """
        split = a in self._split or b in self._split
        low, high = pair(self._person[a], self._person[b])
        if not split and low == high:
            return False
        if split or not self._compatible(s for p in (low, high) for s in self._circle(p)):
            self._settle(self._component((a, b)))
            return True
        moving = list(self._circle(high))
        self._ring[low], self._ring[high] = self._ring[high], self._ring[low]
        for surrogate in moving:
            self._move(surrogate, low)
        return False

    def _settle(self, component: dict[int, str]) -> None:
        """Compute the persons of a whole component (closed under `beside`) again."""
        person = self._partition(component).person
        change = self._split.update if len(set(person.values())) > 1 else self._split.difference_update
        change(component)
        orders = [s for p in {self._person[s] for s in component} for s in self._circle(p) if s not in component]
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
        beside = self._graph.beside
        links = [(a, b) for a in component for b in beside(a) if a < b]
        apart = [(a, b) for a in component for b in self._graph.apart_from(a) if a < b and b in component]
        if not apart and self._compatible(component):
            return Partition(dict.fromkeys(component, min(component)))
        return partition(component, links, self._rules, stated=set(filter(self._graph.stated, links)), apart=apart)

    def _rebuild(self) -> None:
        """Compute all persons from everything that was seen."""
        self._split.clear()
        orders = [s for s in self._graph.seen() if self._graph.kind(s) == ORDER]
        people = [s for s in self._graph.seen() if self._graph.kind(s) != ORDER]
        for surrogate in people:
            self._person[surrogate] = self._ring[surrogate] = surrogate
        settled: set[int] = set()
        for surrogate in people:
            if surrogate not in settled:
                component = self._component((surrogate,))
                settled.update(component)
                if len(component) > 1:
                    self._settle(component)
        for order in orders:
            self._adopt(order)

    def _compatible(self, surrogates: Iterable[int]) -> bool:
        """Whether these, orders among them left aside, may all be one person."""
        people = list(surrogates)
        limits = self._rules.limits
        kinds = Counter(map(self._graph.kind, people))
        if any(count > limits.get(kind, count) for kind, count in kinds.items() if kind != ORDER):
            return False
        return not self._graph.any_apart(people)

    def _component(self, start: Iterable[int]) -> dict[int, str]:
        """Everything that stands beside these, directly or not, with its type; limits and statements ignored."""
        found = {surrogate: self._graph.kind(surrogate) for surrogate in start}
        waiting = list(found)
        while waiting:
            for other in self._graph.beside(waiting.pop()):
                if other not in found:
                    found[other] = self._graph.kind(other)
                    waiting.append(other)
        return found

    def _move(self, surrogate: int, person: int) -> None:
        old = self._person[surrogate]
        if old != person:
            self._before.setdefault(surrogate, old)
            self._person[surrogate] = person

    def _changes(self) -> frozenset[int]:
        moved = [(old, new) for s, old in self._before.items() if (new := self._person[s]) != old]
        self.regrouped = frozenset(p for old, new in moved if old != _NEW for p in (old, new) if p >= 0)
        return frozenset(p for ends in moved for p in ends if p >= 0)

    # --- circles: a person's identifiers and orders, each naming the next ------------------------------------------

    def _circle(self, person: int) -> Iterator[int]:
        at = self._ring[person]
        yield person
        while at != person:
            yield at
            at = self._ring[at]

    def _attach(self, order: int, people: Sequence[int]) -> None:
        """Note who an order was named beside, and give it to the strongest of all it ever was."""
        if self._graph.see(order, ORDER):
            self._before[order] = _NEW
        fresh = [surrogate for surrogate in people if self._graph.claim(order, surrogate)]
        old = self._person[order]
        if not fresh or old == self._person[self._owner(order)]:
            return
        if old != _NONE:
            before = next(s for s in self._circle(old) if self._ring[s] == order)
            self._ring[before] = self._ring[order]
        self._adopt(order)

    def _adopt(self, order: int) -> None:
        """Put an order that stands in no circle into its owner's; nobody's, if it was never named beside anybody."""
        owner = self._owner(order)
        person = _NONE if owner == _NONE else self._person[owner]
        self._move(order, person)
        if person != _NONE:
            self._ring[order], self._ring[person] = self._ring[person], order

    def _owner(self, order: int) -> int:
        """The strongest identifier the order was ever named beside, whatever the order of events."""
        kind, rank = self._graph.kind, self._rules.rank
        return min(self._graph.claims(order), key=lambda s: (rank(kind(s)), s), default=_NONE)
