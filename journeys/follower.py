"""Takes facts in order and timers when they are due, and decides. Knows no log, only how to look up streams.

The engine drives it forwards over the log, `verify` over a copy of the past: the same code decides in both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce

from cdp.events.event import DECISIONS, Event, run_stream, subject_stream
from cdp.identity.index import IdentityIndex
from cdp.identity.rules import subject as subject_of
from journeys.decide import Due, Forgotten, Happened, Regrouped, Trigger, decide
from journeys.definition import Journey
from journeys.enter import concerns
from journeys.evolve import evolve, fold
from journeys.index import RunIndex
from journeys.memory import Memory
from journeys.shop import FOLDED, Shop, evolve_shop
from journeys.state import Person
from journeys.turn import Moment

History = Callable[[Sequence[str]], list[Event]]
"""All events of these streams as far as they are written, in order of position."""
Ruling = Callable[[list[Event]], list[Event]]
"""Given the decisions of one turn, answers those that hold."""


def as_decided(decisions: list[Event]) -> list[Event]:
    """The ruling of the engine: what was decided holds."""
    return decisions


class Follower:
    """The state of deciding as of the last fact taken. Drop it after a failed append and make a new one."""

    def __init__(self, history: History, ruling: Ruling = as_decided, identity: IdentityIndex | None = None) -> None:
        """`identity` is what is known of who is who before the first fact; nothing, unless it is given."""
        self._history = history
        self._ruling = ruling
        self._identity = identity or IdentityIndex()
        self._index = RunIndex()
        self._shop = Shop()
        self._seen = 0
        self._memory = Memory()
        self._unwritten: dict[str, list[Event]] = {}

    def recall(self, event: Event) -> None:
        """Take in an event of the past without deciding: a fact that was seen, or a decision."""
        self._memory.clear()
        if event.source == DECISIONS:
            self._index.apply(event)
            return
        self._identity.observe(event)
        if event.type in FOLDED:
            self._shop = evolve_shop(self._shop, event)
        self._seen = event.position

    def take(self, fact: Event, at: int) -> list[Event]:
        """The decisions that a fact brings; `at` is what time it is."""
        erased = fact.data["surrogates"] if fact.type == "person.erased" else ()
        self._notice(fact)
        moment = Moment(fact.position, fact.recorded_at, at)
        decided = self._forget(erased, moment)
        for person in sorted(self._identity.regrouped):
            decided += self._regroup(person, moment)
        person_id = self._identity.person_of_event(fact)
        return decided + self._happen(person_id, fact, moment) if person_id is not None else decided

    def fire(self, until: int, at: int) -> list[Event]:
        """The decisions of all timers due by `until`, in the order in which they are due."""
        decided: list[Event] = []
        while (timer := self._index.pop_due(until)) is not None:
            decided += self.wake(timer[1], timer[0], max(at, timer[0]))
        return decided

    def wake(self, run: str, due: int, at: int) -> list[Event]:
        """The decisions of one timer."""
        subject = self._index[run].subject
        person_id = self._identity.person_of(subject)
        person = self._person(subject if person_id is None else person_id)
        held = person.runs.get(run)
        if held is None or (held.journey, held.version) not in self._shop.versions:
            return []
        return self._decide(person, Due(run), Moment(self._seen, due, at))

    def knows(self, run: str) -> bool:
        """Whether there is such a run."""
        return run in self._index

    def next_due(self) -> int | None:
        """When the earliest timer is due."""
        return self._index.next_due()

    def expected(self, decisions: Iterable[Event]) -> dict[str, int]:
        """How many events each stream of these decisions must hold before they are appended."""
        counts: dict[str, int] = {}
        for decision in decisions:
            counts[decision.stream] = counts.get(decision.stream, 0) + 1
        return {s: self._index.length(s.removeprefix(run_stream(""))) - count for s, count in counts.items()}

    def written(self) -> None:
        """All decisions so far are in the log now."""
        self._unwritten.clear()

    def _notice(self, fact: Event) -> None:
        """Who is who, and what is configured, as of this fact."""
        self._seen = fact.position
        changed = self._identity.observe(fact)
        if fact.type in FOLDED:
            self._shop = evolve_shop(self._shop, fact)
            self._memory.clear()
        for person_id in changed:
            if person_id in self._identity.regrouped:
                self._memory.forget(person_id)
            else:
                self._memory.join(person_id, self._identity.members(person_id))

    def _happen(self, person_id: int, fact: Event, moment: Moment) -> list[Event]:
        candidates = self._candidates(fact)
        inside = fact.type in self._shop.watched and self._index.inside(self._identity.members(person_id))
        if candidates or inside:
            person = evolve(self._person(person_id), fact)
            return self._decide(person, Happened(fact, candidates, self._filed_under(fact, person_id)), moment)
        self._memory.note(person_id, fact)
        return []

    def _candidates(self, fact: Event) -> list[tuple[Journey, int]]:
        live = self._shop.entries.get(fact.type, ())
        return [(journey, version) for journey, version in live if concerns(journey, fact, self._shop.tz) is None]

    def _filed_under(self, fact: Event, person_id: int) -> int:
        who = subject_of(fact.who, self._identity.rules)
        return person_id if who is None or who.type == "order" else who.surrogate

    def _regroup(self, person_id: int, moment: Moment) -> list[Event]:
        members = self._identity.members(person_id)
        if not self._index.inside(members):
            return []
        return self._decide(self._person(person_id), Regrouped(), moment)

    def _forget(self, surrogates: Sequence[int], moment: Moment) -> list[Event]:
        runs = [run for run in self._index.runs(surrogates) if self._index[run].open]
        if not runs:
            return []
        self._memory.clear()
        return self._decide(self._loaded(tuple(surrogates)), Forgotten(runs), moment)

    def _decide(self, person: Person, trigger: Trigger, moment: Moment) -> list[Event]:
        turn = decide(person, self._shop, trigger, moment)
        decisions = self._ruling(turn.events)
        for decision in decisions:
            self._index.apply(decision)
            self._unwritten.setdefault(decision.stream, []).append(decision)
        self._remember(turn.person if decisions is turn.events else reduce(evolve, decisions, person))
        return decisions

    def _person(self, person_id: int) -> Person:
        kept = self._memory.get(person_id)
        return kept if kept is not None else self._loaded(self._identity.members(person_id) or (person_id,))

    def _remember(self, person: Person) -> None:
        person_id = self._identity.person_of(person.members[0]) if person.members else None
        if person_id is not None and person.members == self._identity.members(person_id):
            self._memory.put(person_id, person)

    def _loaded(self, members: tuple[int, ...]) -> Person:
        """The person of these identifiers, from all their facts seen so far and all decisions about them."""
        runs = [run_stream(run) for run in self._index.runs(members)]
        written = self._history([*map(subject_stream, members), *runs])
        fresh = [decision for stream in runs for decision in self._unwritten.get(stream, ())]
        known = [e for e in written if e.source == DECISIONS or e.position <= self._seen]
        person = Person(members=members, wanted=self._shop.wanted, policies=self._shop.policies)
        return fold(person, known + fresh)
