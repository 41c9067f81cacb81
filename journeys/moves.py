"""What a step is, and what it may answer when a run comes to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from cdp.conditions.evaluate import Scope
from journeys.template import Template


@dataclass(frozen=True)
class Here:
    """What a step sees: the person and the run's trigger as a scope, the time, and whether it is woken up."""

    scope: Scope
    now: int
    tz: str
    woken: bool
    """Whether the run has rested in this step before, and its timer is due."""
    draw: int
    """0-9999, the same for this person and step whenever it is drawn."""


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


Move = Onward | Into | Rest | Perform | Leave


class Step(Protocol):
    """One step of a journey."""

    @property
    def kind(self) -> str:
        """The verb it is written with."""
        ...

    def branches(self) -> Sequence[tuple[str, Block]]:
        """The blocks inside it, each with the label it has in a path."""
        ...

    def advance(self, here: Here) -> Move:
        """What to do when a run comes here, or is woken up here. Pure."""
        ...


@dataclass(frozen=True)
class Placed:
    """A step, and where in its file it stands."""

    step: Step
    line: int
    where: str


Block = tuple[Placed, ...]
