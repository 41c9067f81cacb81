"""Remembers the persons decided about last, so that the next decision need not read their whole history again."""

from __future__ import annotations

from collections import OrderedDict
from functools import reduce

from msgspec.structs import replace

from cdp.events.event import Event
from journeys.evolve import evolve
from journeys.state import Person

REMEMBERED = 4096
"""How many persons are kept."""
_BEHIND = 256
"""How many facts of a person may wait to be folded before forgetting is cheaper."""


class Memory:
    """Persons by id, each as of now. Everything in it can be read from the log again."""

    def __init__(self) -> None:
        self._persons: OrderedDict[int, Person] = OrderedDict()
        self._behind: dict[int, list[Event]] = {}

    def get(self, person_id: int) -> Person | None:
        """The person with every fact noted so far, if remembered."""
        person = self._persons.get(person_id)
        behind = self._behind.pop(person_id, None)
        if person is None or behind is None:
            return person
        person = self._persons[person_id] = reduce(evolve, behind, person)
        return person

    def put(self, person_id: int, person: Person) -> None:
        """Remember a person; the one not asked about for longest is forgotten."""
        self._behind.pop(person_id, None)
        self._persons[person_id] = person
        self._persons.move_to_end(person_id)
        if len(self._persons) > REMEMBERED:
            self.forget(next(iter(self._persons)))

    def note(self, person_id: int, fact: Event) -> None:
        """A fact of this person came that nothing was decided about; it is folded when it matters."""
        if person_id in self._persons:
            behind = self._behind.setdefault(person_id, [])
            behind.append(fact)
            if len(behind) > _BEHIND:
                self.forget(person_id)

    def join(self, person_id: int, members: tuple[int, ...]) -> None:
        """An identifier without a past became one of this person's."""
        if person_id in self._persons:
            self._persons[person_id] = replace(self._persons[person_id], members=members)

    def forget(self, person_id: int) -> None:
        """Read this person again next time."""
        self._persons.pop(person_id, None)
        self._behind.pop(person_id, None)

    def clear(self) -> None:
        """Read everybody again."""
        self._persons.clear()
        self._behind.clear()
