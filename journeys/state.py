"""What deciding needs to know about one person: facts as known so far, and their runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from cdp.conditions.profile import Policies, Told, When
from cdp.events.event import Event, Who


@dataclass(frozen=True, slots=True)
class Known:
    """A value, and as of when it is known."""

    value: Any
    since: When


@dataclass(frozen=True, slots=True)
class Friendship:
    """How the person and one staff member stand."""

    since: When
    friends: bool
    historical: bool = False
    half: bool = False
    """The customer added the staff member, who has yet to confirm."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was asked for and may have reached the person."""

    action: str
    channel: str
    at: int


class Run(msgspec.Struct, frozen=True):
    """One run of one journey. What was fixed at entry never changes."""

    id: str
    journey: str
    version: int
    subject: int
    key: str
    trigger_position: int
    trigger: Event | None
    """None only where the triggering event belongs to somebody else by now."""
    entered_at: int
    bucket: int
    holdout: bool
    step: str = ""
    """Path of the step where it stands."""
    visit: int = 0
    """How many decisions were taken in that step."""
    wake_at: int | None = None
    left: str = ""
    """Why it ended; empty while it is open."""
    length: int = 1
    """How many events its stream holds."""

    @property
    def age(self) -> tuple[int, str]:
        """Sorts the older first."""
        return self.trigger_position, self.id


class Person(msgspec.Struct, frozen=True):
    """One person, as of `position` and the decisions taken so far."""

    members: tuple[int, ...] = ()
    """All identifiers of today, orders included."""
    wanted: frozenset[str] = frozenset()
    """Types of events that traits and exits look at; these are kept whole."""
    policies: Policies = {}
    """How what several sources tell of the person becomes what is known."""
    position: int = 0
    profile: Mapping[str, Told] = {}
    """In clear; the workspace's own attributes under `attributes.NAME`."""
    sealed: Mapping[str, Told] = {}
    """References to identifying fields."""
    tags: Mapping[str, Known] = {}
    friends: Mapping[str, Friendship] = {}
    consent: Mapping[tuple[str, str], Known] = {}
    """(purpose, channel) -> whether it was given; the channel is empty for all."""
    messages: tuple[Message, ...] = ()
    facts: tuple[Event, ...] = ()
    """In order of (occurred_at, position)."""
    who: Mapping[int, Who] = {}
    runs: Mapping[str, Run] = {}
    last: Event | None = None
    """The fact at `position`."""

    def open_runs(self) -> list[Run]:
        """Runs that have not ended, the oldest first."""
        return sorted((run for run in self.runs.values() if not run.left), key=lambda run: run.age)

    def runs_of(self, journey: str, key: str) -> list[Run]:
        """All runs of a journey under a key, ended ones too, the oldest first."""
        found = (run for run in self.runs.values() if run.journey == journey and run.key == key)
        return sorted(found, key=lambda run: run.age)

    def identifiers(self, first: int) -> tuple[Who, ...]:
        """All identifiers of today but orders, `first` before the others."""
        mine = (self.who[s] for s in self.members if s in self.who)
        return tuple(sorted(mine, key=lambda who: (who.surrogate != first, who.surrogate)))

    def staff(self) -> str:
        """The staff member who became a friend last; empty if nobody is."""
        friends = [(f.since, staff) for staff, f in self.friends.items() if f.friends and not f.half]
        return max(friends)[1] if friends else ""

    def current_tags(self) -> Iterator[str]:
        """The tags the person carries."""
        return (tag for tag, known in self.tags.items() if known.value)
