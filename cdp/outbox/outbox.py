"""Delivers actions. The only module here with I/O.

`action.attempted` is durable before the call. What was attempted on a channel that is not idempotent and never settled
(a crash, a time-out) becomes `action.unknown`, and is not sent again by itself. A passed deadline is recorded, not called.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any, assert_never

from cdp.clock import Clock
from cdp.errors import CdpError
from cdp.events.event import DELIVERY, Event
from cdp.ids import derive
from cdp.ingest import Door
from cdp.outbox.retry import BREAKER_OPENS_AFTER, BREAKER_PAUSE, MAX_ATTEMPTS, next_attempt
from cdp.outbox.state import FOLLOWED, Open, OutboxState
from cdp.ports import (
    Accepted,
    Confirmed,
    Deferred,
    Delivered,
    Delivery,
    EventLog,
    Outcome,
    Refused,
    Sink,
    Unanswered,
    Vault,
)

Render = Callable[[str, Mapping[str, Any], Mapping[str, str]], str]
"""(template, values in clear, opened values) -> text. Raises CdpError naming what is missing."""

_ROUND = 50
"""Calls of one round; a welcome that came meanwhile goes first in the next."""


class Outbox:
    """Follows the log and settles what journeys asked for. One thread at a time may drive it; reads are safe."""

    def __init__(
        self, log: EventLog, vault: Vault, door: Door, sinks: Mapping[str, Sink], clock: Clock, render: Render
    ):
        self._log, self._vault, self._door, self._sinks, self._clock, self._render = (
            log,
            vault,
            door,
            sinks,
            clock,
            render,
        )
        self._state = OutboxState()
        self._trouble: dict[str, int] = {}
        self._closed_until: dict[str, int] = {}
        self._lock = threading.RLock()
        self._recovered = False

    def advance(self) -> int:
        """Take in what was requested, then make one round of calls; answers how many actions moved."""
        with self._lock:
            self._catch_up()
            if not self._recovered:
                self._recover()
                self._recovered = True
            return self._deliver_round()

    def ask(self) -> int:
        """Ask the platforms what became of accepted actions; answers how many were settled."""
        with self._lock:
            self._catch_up()
            accepted = sorted(self._state.in_state("accepted"), key=lambda o: (o.channel, o.ref))
            return sum(
                self._ask_one(channel, ref, list(group))
                for (channel, ref), group in groupby(accepted, key=lambda o: (o.channel, o.ref))
            )

    def next_due(self) -> int | None:
        """When the next call is due, paused channels included; None if nothing waits."""
        with self._lock:
            moments = [
                max(o.next_at, self._closed_until.get(o.channel, 0))
                for o in self._state.open.values()
                if o.state in ("requested", "deferred")
            ]
            return min(moments, default=None)

    @property
    def position(self) -> int:
        """How far of the log it has taken in."""
        return self._state.position

    def open(self) -> list[Open]:
        """Everything requested and not settled, oldest first."""
        with self._lock:
            self._catch_up()
            return list(self._state.open.values())

    def _catch_up(self) -> None:
        head = self._log.head()
        while self._state.position < head:
            events = self._log.read(self._state.position, 1000, FOLLOWED)
            for event in events:
                self._state.apply(event)
            if len(events) < 1000:
                self._state.position = max(self._state.position, head)

    def _recover(self) -> None:
        """After a restart: what was attempted and never settled went out or did not; only an idempotent channel may repeat."""
        for attempted in self._state.in_state("attempted"):
            sink = self._sinks.get(attempted.channel)
            if sink is not None and sink.idempotent:
                now = self._clock.now()
                self._write(
                    [_note(attempted, "deferred", now, next_at=now, detail="interrupted; the channel is idempotent")]
                )
            else:
                detail = "interrupted between the call and its answer"
                self._write([_note(attempted, "unknown", self._clock.now(), detail=detail)])
        self._catch_up()

    def _deliver_round(self) -> int:
        now = self._clock.now()
        due = [o for o in self._state.due(now) if self._closed_until.get(o.channel, 0) <= now][:_ROUND]
        expired = [o for o in due if o.deadline is not None and now > o.deadline]
        self._write([_note(o, "expired", now, attempt=o.attempts) for o in expired])
        live = [o for o in due if o not in expired]
        for sink, batch in self._batches(live):
            self._call(sink, batch)
        self._catch_up()
        return len(due)

    def _batches(self, due: Sequence[Open]) -> list[tuple[Sink, list[tuple[Open, Delivery]]]]:
        """Deliveries ready to go, grouped as the channel allows: same staff, text and attachments."""
        batches: list[tuple[Sink, list[tuple[Open, Delivery]]]] = []
        places: dict[tuple[str, str, str, tuple[str, ...]], int] = {}
        for item in due:
            prepared = self._prepare(item)
            if prepared is None:
                continue
            sink, delivery = prepared
            key = (delivery.channel, delivery.staff, delivery.text, delivery.attach)
            place = places.get(key)
            if place is not None and len(batches[place][1]) < sink.batch:
                batches[place][1].append((item, delivery))
            else:
                places[key] = len(batches)
                batches.append((sink, [(item, delivery)]))
        return batches

    def _prepare(self, item: Open) -> tuple[Sink, Delivery] | None:
        """Addressed and rendered; None when it cannot be, which is then on record."""
        sink = self._sinks.get(item.channel)
        if sink is None:
            message = f"no connector provides {item.channel}; add one to cdp.toml"
            self._settle(item, Refused(0, message, "configuration"), item.attempts)
            return None
        data = item.request.data
        known = self._vault.identifiers([w.surrogate for w in item.request.actors()])
        to = {i.type: i.value for i in known.values() if i.type in sink.address}
        secrets = self._secrets(item, sink)
        try:
            text = self._text(data)
        except CdpError as error:
            self._write(
                [_note(item, "failed", self._clock.now(), attempt=item.attempts, kind="render", detail=str(error))]
            )
            return None
        if not to or len(secrets) < len(sink.secrets):
            missing = (
                "no identifier this channel can address"
                if not to
                else "what the channel needs was erased or never came"
            )
            self._settle(item, Refused(0, missing), item.attempts)
            return None
        delivery = Delivery(
            item.action, item.channel, to, str(data.get("staff", "")), text, tuple(data.get("attach", ())),
            data.get("params", {}), secrets,
        )  # fmt: skip
        return sink, delivery

    def _text(self, data: Mapping[str, Any]) -> str:
        template = str(data.get("template", ""))
        if not template:
            return ""
        params = data.get("params", {})
        sealed: dict[str, str] = params.get("sealed", {})
        opened = self._vault.open(list(sealed.values()))
        values = {name: opened[reference] for name, reference in sealed.items() if reference in opened}
        return self._render(template, params.get("values", {}), values)

    def _secrets(self, item: Open, sink: Sink) -> dict[str, str]:
        if not sink.secrets:
            return {}
        position = int(item.request.data.get("trigger_position", 0))
        trigger = next(iter(self._log.read(position - 1, 1)), None) if position else None
        references = {n: str(trigger.data[n]) for n in sink.secrets if n in trigger.data} if trigger is not None else {}
        opened = self._vault.open(list(references.values()))
        return {name: opened[reference] for name, reference in references.items() if reference in opened}

    def _call(self, sink: Sink, batch: Sequence[tuple[Open, Delivery]]) -> None:
        now = self._clock.now()
        self._write([_note(o, "attempted", now, attempt=o.attempts + 1) for o, _ in batch])
        outcomes = sink.deliver([d for _, d in batch])
        for (item, _), outcome in zip(batch, outcomes, strict=True):
            self._settle(item, outcome, item.attempts + 1)

    def _settle(self, item: Open, outcome: Outcome, attempt: int) -> None:
        now = self._clock.now()
        self._breaker(item.channel, outcome, now)
        match outcome:
            case Delivered(ref, facts):
                if facts:
                    self._door.take(facts)
                self._write([_note(item, "delivered", now, attempt=attempt, ref=ref)])
            case Accepted(ref):
                self._write([_note(item, "accepted", now, attempt=attempt, ref=ref)])
            case Deferred(code, message, after):
                self._defer(item, now, attempt, code, message, after)
            case Refused(code, message, "configuration"):
                self._defer(item, now, max(attempt, 1), code, message, BREAKER_PAUSE)
            case Refused(code, message, kind):
                self._write([_note(item, "failed", now, attempt=attempt, kind=kind, code=code, detail=message)])
            case Unanswered(message):
                self._unanswered(item, now, attempt, message)
            case _:
                assert_never(outcome)

    def _defer(self, item: Open, now: int, attempt: int, code: int, message: str, after: int) -> None:
        if attempt >= MAX_ATTEMPTS:
            self._write([_note(item, "failed", now, attempt=attempt, kind="dead", code=code, detail=message)])
            return
        next_at = next_attempt(item.action, attempt, now, deadline=item.deadline, at_least=after)
        self._write([_note(item, "deferred", now, attempt=attempt, code=code, detail=message, next_at=next_at)])

    def _unanswered(self, item: Open, now: int, attempt: int, message: str) -> None:
        if self._sinks[item.channel].idempotent:
            self._defer(item, now, attempt, 0, message, 0)
        else:
            self._write([_note(item, "unknown", now, attempt=attempt, detail=message)])

    def _breaker(self, channel: str, outcome: Outcome, now: int) -> None:
        """Close a channel for a while when its calls keep going wrong for reasons that are not the person's."""
        match outcome:
            case Refused(_, _, "configuration"):
                self._closed_until[channel] = now + BREAKER_PAUSE
            case Unanswered():
                self._trouble[channel] = self._trouble.get(channel, 0) + 1
                if self._trouble[channel] >= BREAKER_OPENS_AFTER:
                    self._closed_until[channel] = now + BREAKER_PAUSE
            case Delivered() | Accepted() | Deferred() | Refused():
                self._trouble.pop(channel, None)
            case _:
                assert_never(outcome)

    def _ask_one(self, channel: str, ref: str, group: Sequence[Open]) -> int:
        sink = self._sinks.get(channel)
        if sink is None:
            return 0
        answers = sink.ask(ref, [self._address(item, sink) for item in group])
        notes: list[Event] = []
        now = self._clock.now()
        for item, answer in zip(group, answers, strict=True):
            match answer:
                case Confirmed(by):
                    notes.append(_note(item, "confirmed", now, attempt=item.attempts, ref=ref, by=by))
                    notes.append(_note(item, "delivered", now, attempt=item.attempts, ref=ref))
                case Refused(code, message, kind):
                    notes.append(
                        _note(item, "failed", now, attempt=item.attempts, ref=ref, kind=kind, code=code, detail=message)
                    )
                case None:
                    pass
                case _:
                    assert_never(answer)
        self._write(notes)
        self._catch_up()
        return len(notes)

    def _address(self, item: Open, sink: Sink) -> dict[str, str]:
        known = self._vault.identifiers([w.surrogate for w in item.request.actors()])
        return {i.type: i.value for i in known.values() if i.type in sink.address}

    def _write(self, notes: Sequence[Event]) -> None:
        if notes:
            self._log.append(notes)


def _note(item: Open, what: str, now: int, *, attempt: int = 0, **fields: Any) -> Event:
    """The event that says what became of an action; one id a state and attempt, so that it cannot be written twice."""
    request = item.request
    data = {
        "action": item.action, "run": request.data.get("run", ""), "journey": request.data.get("journey", ""),
        "channel": item.channel, "attempt": attempt or max(item.attempts, 1), **fields,
    }  # fmt: skip
    return Event(
        id=derive(item.action, what, data["attempt"]), source=DELIVERY, type=f"action.{what}", occurred_at=now,
        stream=_subject(request), who=request.who, data=data, context=request.context, cause=request.position,
    )  # fmt: skip


def _subject(request: Event) -> str:
    return f"s/{request.who[0].surrogate}" if request.who else "shop"
