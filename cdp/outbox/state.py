"""The state of every open action, folded from the log. Pure: events in, state out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from cdp.events.event import Event

State = Literal["requested", "attempted", "deferred", "accepted", "unknown", "dead"]
SETTLED = frozenset({"action.delivered", "action.failed", "action.expired", "action.unknown"})
HELD, RELEASED = "outbox.held", "outbox.released"
FOLLOWED = frozenset(
    {
        "action.requested", "action.attempted", "action.deferred", "action.accepted", "action.confirmed", *SETTLED,
        HELD, RELEASED,
    }
)  # fmt: skip
_GIVEN_UP = ("dead", "render")
"""Kinds of failure that were no answer of the platform, and may end otherwise at another try."""


@dataclass(frozen=True)
class Open:
    """One action that was requested and is not settled, or went no further."""

    request: Event
    state: State = "requested"
    attempts: int = 0
    pardoned: int = 0
    """How many of the attempts were made before a person asked for another try."""
    next_at: int = 0
    """Not before this moment."""
    ref: str = ""
    """The platform's number, once accepted."""
    detail: str = ""
    """What was said of it last."""

    @property
    def action(self) -> str:
        return str(self.request.data["action"])

    @property
    def channel(self) -> str:
        return str(self.request.data["channel"])

    @property
    def deadline(self) -> int | None:
        deadline: int | None = self.request.data.get("deadline")
        return deadline


@dataclass(frozen=True)
class Held:
    """Nothing is delivered: since when, who said so, and why."""

    since: int
    by: str
    reason: str


@dataclass
class OutboxState:
    """Open actions by id, and those that go no further by themselves."""

    open: dict[str, Open] = field(default_factory=dict)
    stuck: dict[str, Open] = field(default_factory=dict)
    """Nobody knows how it ended (`unknown`), or trying was given up (`dead`): a person may settle it or ask for another try."""
    held: Held | None = None
    position: int = 0

    def apply(self, event: Event) -> None:
        """Take one event of `FOLLOWED` types into account."""
        self.position = max(self.position, event.position)
        match event.type:
            case "outbox.held":
                self.held = Held(event.occurred_at, event.data.get("by", ""), event.data.get("reason", ""))
            case "outbox.released":
                self.held = None
            case "action.requested":
                request = Open(event, next_at=int(event.data.get("not_before") or 0))
                self.open[request.action] = request
            case _:
                self._move(str(event.data["action"]), event)

    def due(self, now: int) -> list[Open]:
        """What may be called now: those with a deadline first, then the oldest."""
        ready = [o for o in self.open.values() if o.state in ("requested", "deferred") and o.next_at <= now]
        return sorted(ready, key=lambda o: (o.deadline is None, o.deadline or 0, o.request.position))

    def next_due(self) -> int | None:
        """When the next call becomes due; None if nothing waits."""
        return min((o.next_at for o in self.open.values() if o.state in ("requested", "deferred")), default=None)

    def in_state(self, state: State) -> list[Open]:
        """Open actions in that state, oldest first."""
        return [o for o in self.open.values() if o.state == state]

    def _move(self, action: str, event: Event) -> None:
        current = self.open.pop(action, None) or self.stuck.pop(action, None)
        if current is None:
            return
        moved = _moved(current, event)
        if moved is not None:
            (self.stuck if moved.state in ("unknown", "dead") else self.open)[action] = moved


def _moved(current: Open, event: Event) -> Open | None:
    """Where an event takes an action; None if that is its end."""
    attempt, detail = int(event.data.get("attempt", 1)), str(event.data.get("detail", ""))
    match event.type:
        case "action.attempted":
            return replace(current, state="attempted", attempts=attempt)
        case "action.deferred":
            pardoned = current.attempts if current.state in ("unknown", "dead") else current.pardoned
            return replace(
                current, state="deferred", attempts=attempt, pardoned=pardoned, next_at=int(event.data["next_at"]), detail=detail
            )  # fmt: skip
        case "action.accepted":
            return replace(current, state="accepted", ref=str(event.data.get("ref", "")))
        case "action.unknown":
            return replace(current, state="unknown", attempts=attempt, detail=detail)
        case "action.failed" if event.data.get("kind") in _GIVEN_UP:
            return replace(current, state="dead", attempts=attempt, detail=detail)
        case "action.confirmed":
            return current
        case _:
            return None
