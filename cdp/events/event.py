"""An event as it stands in the log: surrogates instead of identifiers, references instead of identifying text."""

from __future__ import annotations

from typing import Any

import msgspec

from cdp.events.touchpoint import Role


class Who(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Somebody the event mentions. The value behind a surrogate is known to the vault alone."""

    type: str
    scope: str
    surrogate: int
    role: Role = "actor"


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event of the log. Times are microseconds since the epoch, UTC.

    `position` is the place in the log's total order (0 before it is appended), `recorded_at` is when the log took it
    and never goes back, `stream` is the subject it is filed under, `cause` the position of the event it answers.
    """

    id: str
    source: str
    type: str
    version: int = 1
    occurred_at: int
    recorded_at: int = 0
    position: int = 0
    stream: str = ""
    who: tuple[Who, ...] = ()
    data: dict[str, Any] = {}
    context: dict[str, str] = {}
    cause: int = 0
    historical: bool = False

    def actors(self) -> tuple[Who, ...]:
        """The identifiers of the person it happened to, `order` left out."""
        return tuple(w for w in self.who if w.role == "actor" and w.type != "order")

    def order(self) -> Who | None:
        """The order it names, if it names one."""
        return next((w for w in self.who if w.type == "order"), None)


PERSON_STREAM = "s/"
"""Streams of subjects known by a surrogate: `s/17`."""
RUN_STREAM = "run/"
WORKSPACE_STREAM = "workspace"
OUTBOX_STREAM = "outbox"
DECISIONS = "journeys"
"""The `source` of every event that the journey engine writes."""
DELIVERY = "outbox"
"""The `source` of every event that the outbox writes."""


def subject_stream(surrogate: int) -> str:
    """The stream of a person's or an order's surrogate."""
    return f"{PERSON_STREAM}{surrogate}"


def run_stream(run_id: str) -> str:
    """The stream that holds the decisions of one journey run, written by the engine alone."""
    return f"{RUN_STREAM}{run_id}"
