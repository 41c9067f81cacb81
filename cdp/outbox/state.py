"""The state of every open action, folded from the log. Pure: events in, state out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from cdp.events.event import Event

State = Literal["requested", "attempted", "deferred", "accepted"]
SETTLED = frozenset({"action.delivered", "action.failed", "action.expired", "action.unknown"})
FOLLOWED = frozenset(
    {"action.requested", "action.attempted", "action.deferred", "action.accepted", "action.confirmed", *SETTLED}
)


@dataclass(frozen=True)
class Open:
    """One action that was requested and is not settled."""

    request: Event
    state: State = "requested"
    attempts: int = 0
    next_at: int = 0
    """Not before this moment."""
    ref: str = ""
    """The platform's number, once accepted."""

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


@dataclass
class OutboxState:
    """Open actions by id, in the order in which they were requested."""

    open: dict[str, Open] = field(default_factory=dict)
    position: int = 0

    def apply(self, event: Event) -> None:
        """Take one event of `FOLLOWED` types into account."""
        self.position = max(self.position, event.position)
        action = str(event.data["action"])
        if event.type == "action.requested":
            self.open[action] = Open(event, next_at=int(event.data.get("not_before") or 0))
            return
        current = self.open.get(action)
        if current is None:
            return
        if event.type in SETTLED:
            del self.open[action]
        else:
            self.open[action] = _moved(current, event)

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


def _moved(current: Open, event: Event) -> Open:
    match event.type:
        case "action.attempted":
            return replace(current, state="attempted", attempts=int(event.data.get("attempt", 1)))
        case "action.deferred":
            return replace(
                current,
                state="deferred",
                attempts=int(event.data.get("attempt", 1)),
                next_at=int(event.data["next_at"]),
            )
        case "action.accepted":
            return replace(current, state="accepted", ref=str(event.data.get("ref", "")))
        case _:
            return current
