"""One turn of deciding: collects decisions, and folds each into the person before the next is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cdp.events.decisions import ActionRequested, ActionSuppressed, JourneyEntered, JourneyLeft, JourneyStepped
from cdp.events.event import DECISIONS, Event, run_stream
from cdp.ids import derive
from journeys.evolve import evolve
from journeys.shop import Shop
from journeys.state import Person, Run

ENGINE = 1
"""Version of these rules. It goes up when the same history would be decided otherwise."""
_CONTEXT = ("live", "group", "campaign", "channel")
_Decided = JourneyEntered | JourneyStepped | JourneyLeft | ActionRequested | ActionSuppressed


@dataclass(frozen=True)
class Moment:
    """When a decision is taken. `now` is the arrival of the fact or the due time of the timer, `at` the actual time."""

    seen: int
    now: int
    at: int


@dataclass
class Turn:
    """The decisions of one trigger about one person."""

    person: Person
    shop: Shop
    moment: Moment
    events: list[Event] = field(default_factory=list)

    def enter(self, fields: Mapping[str, Any], trigger: Event) -> Run:
        """Take the person in; everything fixed here is never computed again."""
        self._write(trigger, "journey.entered", derive(fields["run"], "", 0, "journey.entered"), JourneyEntered, fields)
        return self.person.runs[fields["run"]]

    def step(self, run: Run, kind: str, next: str, wake_at: int | None = None, saw: Mapping[str, Any] = {}) -> None:
        """Note that the run went through its step, or came to rest in it."""
        fields = {"run": run.id, "step": run.step, "kind": kind, "visit": run.visit, "next": next, "saw": dict(saw)}
        self._decide(run, "journey.stepped", JourneyStepped, {**fields, "wake_at": wake_at})

    def request(self, run: Run, fields: Mapping[str, Any]) -> None:
        """Ask the outbox for an action."""
        self._decide(run, "action.requested", ActionRequested, {**self._action(run), **fields})

    def suppress(self, run: Run, channel: str, reason: str, detail: str) -> None:
        """Note that a gate said no."""
        fields = {**self._action(run), "channel": channel, "reason": reason, "detail": detail}
        self._decide(run, "action.suppressed", ActionSuppressed, fields)

    def leave(self, run: Run, reason: str, detail: str = "") -> None:
        """End the run."""
        self._decide(run, "journey.left", JourneyLeft, {"run": run.id, "reason": reason, "detail": detail})

    def _action(self, run: Run) -> dict[str, Any]:
        return {"run": run.id, "action": derive(run.id, run.step, run.visit, "action"), "step": run.step}

    def _decide(self, run: Run, type: str, struct: type[_Decided], fields: Mapping[str, Any]) -> None:
        place = ("", 0) if type == "journey.left" else (run.step, run.visit)
        fields = {**fields, "journey": run.journey}
        self._write(run.trigger, type, derive(run.id, *place, type), struct, fields, run)

    def _write(
        self, trigger: Event | None, type: str, id: str, struct: type[_Decided], fields: Mapping[str, Any],
        run: Run | None = None,
    ) -> None:  # fmt: skip
        data = struct(
            seen_position=self.moment.seen, now=self.moment.now, engine=ENGINE,
            config_position=self.shop.config_position, **fields,
        )  # fmt: skip
        subject = run.subject if run else fields["subject"]
        who = self.person.identifiers(subject)
        event = Event(
            id=id, source=DECISIONS, type=type, occurred_at=self.moment.at, stream=run_stream(fields["run"]),
            who=who if type == "action.requested" else who[:1], data=_plain(data),
            context={k: v for k, v in trigger.context.items() if k in _CONTEXT} if trigger else {},
            cause=run.trigger_position if run else fields["trigger_position"],
        )  # fmt: skip
        self.person = evolve(self.person, event)
        self.events.append(event)


def _plain(data: _Decided) -> dict[str, Any]:
    """The data as it will be read back from the log."""
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(data))
    return plain
