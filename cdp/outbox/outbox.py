"""Delivers actions. The only module here that writes.

`action.attempted` is durable before the call. What was attempted on a channel that is not idempotent and never settled
(a crash, a time-out) becomes `action.unknown`, and is not sent again by itself. A passed deadline is recorded, not called.
While it is held nothing is called at all.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import assert_never

from cdp.clock import Clock
from cdp.events.event import Event
from cdp.ingest import Door
from cdp.outbox import orders
from cdp.outbox.addressing import Addressing, Render, Unrenderable
from cdp.outbox.book import Book
from cdp.outbox.breaker import Breaker
from cdp.outbox.notes import deferred, note
from cdp.outbox.state import Held, Open
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

_ROUND = 50
"""Calls of one round; a welcome that came meanwhile goes first in the next."""
_Batch = tuple[Sink, list[tuple[Open, Delivery]]]


class Outbox:
    """Follows the log and settles what journeys asked for. Safe for many threads; one at a time delivers."""

    def __init__(
        self, log: EventLog, vault: Vault, door: Door, sinks: Mapping[str, Sink], clock: Clock, render: Render
    ):
        self._log, self._door, self._sinks, self._clock = log, door, sinks, clock
        self._addressing = Addressing(log, vault, render)
        self._breaker = Breaker()
        self._book = Book(log)
        self._driving = threading.Lock()
        """Held while calls are made."""
        self._recovered = False

    def advance(self) -> int:
        """Take in what was requested, then make one round of calls; answers how many actions moved.

        Whatever it raises, what was attempted and not settled is looked after at the next call, as after a restart.
        """
        with self._driving:
            try:
                if not self._recovered:
                    self._recover()
                    self._recovered = True
                return self._round()
            except BaseException:
                self._recovered = False
                raise

    def ask(self) -> int:
        """Ask the platforms what became of accepted actions; answers how many were settled."""
        with self._driving:
            accepted = sorted(self._book.in_state("accepted"), key=lambda o: (o.channel, o.ref))
            groups = groupby(accepted, key=lambda o: (o.channel, o.ref))
            return sum(self._ask(channel, ref, list(group)) for (channel, ref), group in groups)

    def next_due(self) -> int | None:
        """When the next call is due, the pause of a closed channel included; None if nothing waits or all is held."""
        due = (max(o.next_at, self._breaker.closed_until(o.channel)) for o in self._book.waiting())
        return min(due, default=None)

    @property
    def position(self) -> int:
        """How far of the log it has taken in."""
        return self._book.position

    def open(self) -> list[Open]:
        """Everything requested and not settled, oldest first."""
        return self._book.open()

    def stuck(self) -> list[Open]:
        """What goes no further by itself, oldest first: it ended nobody knows how, or was given up."""
        return self._book.stuck()

    def held(self) -> Held | None:
        """Since when, by whom and why nothing is delivered; None if it is."""
        return self._book.held()

    def hold(self, by: str = "", reason: str = "") -> None:
        """Deliver nothing from now on; a call that is under way ends. Holding what is held changes nothing."""
        with self._book.state() as state:
            self._write(*orders.hold(state, self._clock.now(), by, reason))

    def release(self, by: str = "") -> None:
        """Deliver again, what waits included."""
        with self._book.state() as state:
            self._write(*orders.release(state, self._clock.now(), by))

    def redrive(self, actions: Sequence[str], by: str = "") -> None:
        """Try stuck actions once more, all of them or none. Raises NotFound for an action that is not stuck."""
        with self._book.state() as state:
            self._write(*orders.redriven(state, actions, self._clock.now(), by))

    def confirm(self, actions: Sequence[str], by: str = "", *, delivered: bool = True) -> None:
        """Settle actions as somebody says who knows, all of them or none. Raises NotFound and UsageError."""
        with self._book.state() as state:
            self._write(*orders.confirmed(state, actions, self._clock.now(), by, delivered=delivered))

    def _recover(self) -> None:
        """After a restart: what was attempted and never settled went out or did not. Only an idempotent channel repeats it."""
        now = self._clock.now()
        for item in self._book.in_state("attempted"):
            sink = self._sinks.get(item.channel)
            if sink is not None and sink.idempotent:
                detail = "interrupted; this channel can repeat it without harm"
                self._write(note(item, "deferred", now, attempt=item.attempts, next_at=now, detail=detail))
            else:
                detail = "interrupted between the call and its answer"
                self._write(note(item, "unknown", now, attempt=item.attempts, detail=detail))

    def _round(self) -> int:
        now = self._clock.now()
        due = [o for o in self._book.due(now) if self._breaker.closed_until(o.channel) <= now][:_ROUND]
        for sink, batch in self._batches(self._in_time(due)):
            if self.held() is not None:
                break  # a person has said stop
            if self._breaker.closed_until(sink.channel) > self._clock.now():
                continue  # it closed during this round; the rest of the channel waits
            still = self._in_time(self._book.still_open(item for item, _ in batch))
            self._call(sink, [each for each in batch if each[0] in still])
            if batch[0][0].deadline is None and any(o.deadline is not None for o in self._book.due(self._clock.now())):
                break  # something presses that came meanwhile
        return len(due)

    def _in_time(self, items: Sequence[Open]) -> list[Open]:
        """Those whose deadline has not passed at this moment; of the others it is put on record that it has."""
        now = self._clock.now()
        late = [o for o in items if o.deadline is not None and now > o.deadline]
        self._write(*(note(o, "expired", now, attempt=o.attempts) for o in late))
        return [o for o in items if o not in late]

    def _batches(self, due: Sequence[Open]) -> list[_Batch]:
        """Deliveries ready to go, grouped as the channel allows: same staff, text and attachments."""
        batches: list[_Batch] = []
        places: dict[tuple[object, ...], int] = {}
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
        attempt = item.attempts + 1
        sink = self._sinks.get(item.channel)
        if sink is None:
            message = f"no connector provides {item.channel}; add one to cdp.toml"
            self._settle(item, Refused(0, message, "configuration"), attempt)
            return None
        try:
            delivery = self._addressing.delivery(item, sink)
        except Unrenderable as error:
            self._write(note(item, "failed", self._clock.now(), attempt=attempt, kind="render", detail=str(error)))
            return None
        if isinstance(delivery, Refused):
            self._settle(item, delivery, attempt)
            return None
        return sink, delivery

    def _call(self, sink: Sink, batch: Sequence[tuple[Open, Delivery]]) -> None:
        if not batch:
            return
        now = self._clock.now()
        self._write(*(note(o, "attempted", now, attempt=o.attempts + 1) for o, _ in batch))
        outcomes = _delivered(sink, [d for _, d in batch])
        for (item, _), outcome in zip(batch, outcomes, strict=True):
            self._settle(item, outcome, item.attempts + 1)

    def _settle(self, item: Open, outcome: Outcome, attempt: int) -> None:
        now = self._clock.now()
        self._breaker.heard(item.channel, outcome, now)
        match outcome:
            case Delivered(ref, facts):
                # Facts first: a crash between the two leaves an attempt that an idempotent channel repeats.
                self._door.take(facts)
                self._write(note(item, "delivered", now, attempt=attempt, ref=ref))
            case Accepted(ref):
                self._write(note(item, "accepted", now, attempt=attempt, ref=ref))
            case Deferred(code, message, after):
                self._write(deferred(item, now, attempt=attempt, code=code, detail=message, after=after))
            case Refused(code, message, "configuration"):
                after = self._breaker.closed_until(item.channel) - now
                self._write(deferred(item, now, attempt=attempt, code=code, detail=message, after=after))
            case Refused(code, message, kind):
                self._write(note(item, "failed", now, attempt=attempt, kind=kind, code=code, detail=message))
            case Unanswered(message) if self._sinks[item.channel].idempotent:
                self._write(deferred(item, now, attempt=attempt, code=0, detail=message))
            case Unanswered(message):
                self._write(note(item, "unknown", now, attempt=attempt, detail=message))
            case _:
                assert_never(outcome)

    def _ask(self, channel: str, ref: str, group: Sequence[Open]) -> int:
        sink = self._sinks.get(channel)
        if sink is None:
            return 0
        answers = sink.ask(ref, [self._addressing.address(item, sink) for item in group])
        notes = [self._answered(item, answer) for item, answer in zip(group, answers, strict=True)]
        self._write(*(event for events in notes for event in events))
        return sum(bool(events) for events in notes)

    def _answered(self, item: Open, answer: Confirmed | Refused | None) -> list[Event]:
        now, attempt, ref = self._clock.now(), item.attempts, item.ref
        match answer:
            case Confirmed(by):
                confirmed = note(item, "confirmed", now, attempt=attempt, ref=ref, by=by)
                return [confirmed, note(item, "delivered", now, attempt=attempt, ref=ref)]
            case Refused(code, message, kind):
                return [note(item, "failed", now, attempt=attempt, ref=ref, kind=kind, code=code, detail=message)]
            case None:
                return []
            case _:
                assert_never(answer)

    def _write(self, *notes: Event) -> None:
        if notes:
            self._log.append(notes)


def _delivered(sink: Sink, deliveries: Sequence[Delivery]) -> list[Outcome]:
    """What the sink answers; a sink that breaks leaves open whether anything went out."""
    try:
        return sink.deliver(deliveries)
    except Exception as error:
        return [Unanswered(f"{sink.channel} broke: {type(error).__name__}")] * len(deliveries)
