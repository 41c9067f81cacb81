"""Who is who, for a follower that reads the log in order: persons by surrogate, kept up to date event by event.

The persons are always what `partition` makes of the set of everything observed; an event costs only the identifiers it
touches. Orders belong to the strongest identifier they were ever named beside, and never merge two persons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

import msgspec

from cdp.events.event import DECISIONS, DELIVERY, Event, Who
from cdp.identity.graph import BEGIN, ORDER, Fact, Graph, Mark, Row, Verdict
from cdp.identity.partition import Ambiguity, Pair, pair
from cdp.identity.persons import NONE, Persons
from cdp.identity.rules import IdentityRules

STATEMENTS = frozenset({"person.linked", "person.unlinked"})
"""Types of events in which somebody says who is one person; nobody acts in them."""
SPECIAL = STATEMENTS | {"workspace.configured", "person.erased"}
"""Types of which more than who acted matters to identity."""
NOBODY: frozenset[int] = frozenset()
_OWN_SOURCES = frozenset({DECISIONS, DELIVERY})
"""Decisions repeat identifiers as they were known when deciding; they are no evidence that these belong together."""


class IdentityIndex:
    """The persons as of the last event observed. Not thread-safe; observing an event twice changes nothing."""

    def __init__(self, rules: IdentityRules = IdentityRules()) -> None:  # noqa: B008 - frozen, and without state
        self._rules = rules
        self._graph = Graph()
        self._persons = Persons(self._graph, rules)
        self.regrouped: frozenset[int] = NOBODY
        """Of the persons the last `observe` answered, those that gained or lost *earlier* events by it."""

    @classmethod
    def restore(cls, rules: IdentityRules, facts: Iterable[Row]) -> IdentityIndex:
        """The index that gave these `facts` under these rules."""
        index = cls(rules)
        index._graph.learn(facts)
        index._persons.found()
        return index

    @classmethod
    def resume(cls, rules: IdentityRules, learn: Callable[[Graph], None]) -> IdentityIndex:
        """Like `restore`, from whatever `learn` puts into the graph: for facts that come in whole columns."""
        index = cls(rules)
        learn(index._graph)
        index._persons.found()
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
        if kind not in SPECIAL and (event.source in _OWN_SOURCES or not self._news(who)):
            self.regrouped = NOBODY
            return NOBODY
        self._graph.position = event.position
        if kind == "workspace.configured":
            self._configure(event)
        elif kind == "person.erased":
            for surrogate in event.data["surrogates"]:
                self._graph.erase(surrogate)
        elif kind in STATEMENTS:
            self._take_statement(event)
        else:
            self._take_actors(who)
        changes = self._persons.changes()
        self.regrouped = changes.regrouped
        return changes.persons

    def meet(self, facts: Iterable[tuple[int, Sequence[Who]]]) -> frozenset[int]:
        """Take in many events at once, none of them one of `SPECIAL` or a decision of ours: position, and who stood together.

        Answers what `observe` would have answered in all.
        """
        for self._graph.position, who in facts:
            if self._news(who):
                self._take_actors(who)
        changes = self._persons.changes()
        self.regrouped = changes.regrouped
        return changes.persons

    def knows(self, surrogate: int) -> bool:
        """Whether an identifier or order has ever acted."""
        return bool(self._graph.kind(surrogate))

    def person_of(self, surrogate: int) -> int | None:
        """The person an identifier belongs to; for an order its owner. None if unknown, or an order nobody owns yet."""
        person = self._persons.of(surrogate)
        return None if person == NONE else person

    def persons_of(self, surrogates: Iterable[int]) -> list[int | None]:
        """The person of each of these, as `person_of` answers."""
        return [None if person == NONE else person for person in self._persons.of_all(surrogates)]

    def person_of_event(self, event: Event) -> int | None:
        """The person of the event's subject: its strongest actor, else the owner of the order it names."""
        who = event.who
        subject = who if len(who) == 1 else self._subject(who)
        return self.person_of(subject[0].surrogate) if subject and subject[0].role == "actor" else None

    def members(self, person: int) -> tuple[int, ...]:
        """All identifiers of the person, orders included, sorted; empty for an id that is nobody's today."""
        return tuple(sorted(self._persons.circle(person))) if self._persons.of(person) == person else ()

    def resolve(self, person: int) -> int | None:
        """Today's id of the person that once had this id; None if it never was a person's id."""
        return None if self._graph.kind(person) == ORDER else self.person_of(person)

    def kinds(self) -> dict[int, str]:
        """All identifiers and orders that ever acted, with their types."""
        return {surrogate: self._graph.kind(surrogate) for surrogate in self._graph.seen()}

    def joins(self, person: int) -> list[Pair]:
        """The links that made this person, in canonical order: one less than it has identifiers."""
        return self._persons.joins(person) if self._persons.of(person) == person else []

    def verdict(self, a: int, b: int) -> Verdict | None:
        """What was stated last of two identifiers."""
        return self._graph.verdict(pair(a, b))

    def ambiguous(self) -> list[Ambiguity]:
        """What was held back, one a pair of persons, in the order of the links' surrogates."""
        return sorted(self._persons.held(), key=lambda a: (a.link, a.persons))

    def erased(self, surrogate: int) -> bool:
        """Whether what is behind a surrogate was erased for good."""
        return self._graph.erased(surrogate)

    def _news(self, who: Sequence[Who]) -> bool:
        """Whether an event that mentions these could tell anything: an unknown actor, or several at once."""
        if len(who) == 1:
            one = who[0]
            return one.role == "actor" and not self._graph.kind(one.surrogate)
        return not self._graph.told([w.surrogate for w in who if w.role == "actor"])

    def _take_actors(self, who: Sequence[Who]) -> None:
        people = self._see(who)
        if len(people) > 1:
            self._take_links(people)
        for order in dict.fromkeys(w.surrogate for w in who if w.type == ORDER and w.role == "actor"):
            if self._graph.see(order, ORDER):
                self._persons.begin(order)
            fresh = [surrogate for surrogate in people if self._graph.claim(order, surrogate)]
            if fresh:
                self._persons.attach(order)

    def _take_links(self, people: Sequence[int]) -> None:
        if not any(map(self._graph.beside_any, people)):
            for a, b in combinations(people, 2):
                self._graph.link(a, b)
            self._persons.unite(people)
            return
        for a, b in combinations(people, 2):
            if self._graph.link(a, b):
                self._persons.connect(a, b)

    def _take_statement(self, event: Event) -> None:
        apart = event.type == "person.unlinked"
        verdict: Verdict = "apart" if apart else "beyond" if event.data.get("beyond_limit") else "together"
        for a, b in combinations(self._see(event.who), 2):
            if not apart:
                self._graph.link(a, b)
            if self._graph.state(a, b, event.occurred_at, verdict):
                self._persons.settle(a, b)

    def _see(self, who: Sequence[Who]) -> list[int]:
        """The distinct actors, strongest first; those never seen begin as persons of their own."""
        rank = self._rules.rank
        actors = {w.surrogate: w.type for w in who if w.role == "actor" and w.type != ORDER}
        for surrogate, kind in actors.items():
            if self._graph.see(surrogate, kind):
                self._persons.begin(surrogate)
        return sorted(actors, key=lambda s: (rank(actors[s]), s))

    def _configure(self, event: Event) -> None:
        rules = msgspec.convert(event.data["settings"].get("identity", {}), IdentityRules)
        if rules != self._rules:
            self._rules = rules
            self._persons.rebuild(rules)

    def _subject(self, who: Sequence[Who]) -> Sequence[Who]:
        """The strongest actor as a sequence of one, the order where no actor is known, else nothing."""
        actors = [w for w in who if w.role == "actor"]
        people = [w for w in actors if w.type != ORDER] or actors
        return [min(people, key=lambda w: self._rules.rank(w.type))] if people else ()
