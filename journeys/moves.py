"""What a step is, and what it may answer when a run comes to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from cdp.conditions.condition import Condition
from cdp.conditions.evaluate import Scope
from cdp.events.event import Event
from journeys.template import Template


@dataclass(frozen=True)
class Here:
    """What a step sees: the person and the run's trigger as a scope, the time, and whether it is woken up."""

    scope: Scope
    now: int
    tz: str
    draw: int
    """0-9999, the same for this person and step whenever it is drawn."""
    woken: bool = False
    """Whether the run has rested in this step before, and its timer is due."""
    resting: bool = False
    """Whether the run rests in this step, and is asked because something happened."""
    happened: Event | None = None
    """What happened to the person just now, if that is why the step is asked."""
    past: Sequence[Event] = ()
    """What happened since the run's trigger, as far as steps look at it, in order of (occurred_at, position)."""
    about: Callable[[Event], Scope] = field(default=lambda event: Scope())
    """The scope in which `data.` and `context.` speak of an event."""


@dataclass(frozen=True)
class Request:
    """Something to be done through a channel, if the gates let it pass."""

    channel: str
    purpose: str
    template: Template | None = None
    attach: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Onward:
    """Go on with the step behind this one."""


@dataclass(frozen=True)
class Into:
    """Go into a branch. `saw` says what it looked at."""

    label: str
    saw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Rest:
    """Stay here until a moment."""

    until: int


@dataclass(frozen=True)
class Perform:
    """Ask for an action, then go on whatever the gates say."""

    request: Request


@dataclass(frozen=True)
class Leave:
    """Leave the journey here."""

    detail: str = ""


@dataclass(frozen=True)
class Stay:
    """Go on resting; nothing is decided."""


Move = Onward | Into | Rest | Perform | Leave | Stay


@dataclass(frozen=True)
class Awaited:
    """What may end a rest before its time."""

    events: frozenset[str] = frozenset()
    conditions: tuple[Condition, ...] = ()


class Step(Protocol):
    """One step of a journey."""

    @property
    def kind(self) -> str:
        """The verb it is written with."""
        ...

    def branches(self) -> Sequence[tuple[str, Block]]:
        """The blocks inside it, each with the label it has in a path."""
        ...

    def awaits(self) -> Awaited:
        """What a run that rests here listens for."""
        ...

    def advance(self, here: Here) -> Move:
        """What to do when a run comes here, or is woken up here. Pure."""
        ...


class Plain:
    """The base of steps that have no blocks inside and listen for nothing."""

    def branches(self) -> Sequence[tuple[str, Block]]:
        """No blocks."""
        return ()

    def awaits(self) -> Awaited:
        """Nothing."""
        return Awaited()


@dataclass(frozen=True)
class Placed:
    """A step, and where in its file it stands."""

    step: Step
    line: int
    where: str


Block = tuple[Placed, ...]
