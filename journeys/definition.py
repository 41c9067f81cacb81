"""What a journey file says, as frozen values. Nothing here decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cdp.clock import HOUR
from cdp.conditions.condition import Condition
from cdp.conditions.durations import Duration
from journeys.gate_rules import Gates
from journeys.moves import Step

LATE = Duration(0, HOUR)
"""How old a trigger may be when it arrives, where the entry does not say."""


@dataclass(frozen=True)
class Never:
    """Once in a lifetime."""


@dataclass(frozen=True)
class Always:
    """As soon as no run is open."""


@dataclass(frozen=True)
class After:
    """When the last run began at least this long ago."""

    pause: Duration


@dataclass(frozen=True)
class PerKey:
    """At most so many runs."""

    runs: int


Again = Never | Always | After | PerKey
"""Whether somebody may enter again; with a key it counts per person and key, without one per person."""


@dataclass(frozen=True)
class Entry:
    """What lets a person in."""

    event: str
    where: Condition | None = None
    key: str = ""
    """`context.x` or `data.x` of the trigger."""
    again: Again = field(default_factory=Never)
    late: Duration = LATE


@dataclass(frozen=True)
class Watch:
    """An event to look out for while somebody is inside: an exit, or with `within` a goal."""

    event: str
    where: Condition | None = None
    within: Duration | None = None


@dataclass(frozen=True)
class Node:
    """One step at its place; `next` is the path of the step after it, empty at the end."""

    path: str
    step: Step
    next: str
    line: int
    where: str
    """Its place in the file, for whoever has to change it."""


@dataclass(frozen=True)
class Journey:
    """One version of one journey."""

    id: str
    name: str
    entry: Entry
    nodes: Mapping[str, Node]
    audience: Condition | None = None
    holdout: int = 0
    """Of 10,000."""
    goal: Watch | None = None
    exits: tuple[Watch, ...] = ()
    gates: Gates = field(default_factory=Gates)

    @property
    def first(self) -> str:
        """The path of the first step; empty if there is none."""
        return "0" if self.nodes else ""

    @property
    def watches(self) -> tuple[Watch, ...]:
        """Exits and goal."""
        return self.exits + ((self.goal,) if self.goal else ())


def branch_start(node: Node, label: str, block: Sequence[object]) -> str:
    """The path at which a branch begins; an empty branch goes on behind the step."""
    return f"{node.path}.{label}.0" if block else node.next
