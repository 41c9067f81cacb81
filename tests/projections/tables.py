"""Tables made of a handful of events, for tests that compute the figures by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from cdp.events.event import Event, Who
from cdp.testing import event, moment, person
from projections.projector import Projector
from projections.read import Reader
from tests.projections.histories import log_of


def at(clock: str, day: str = "2026-06-19") -> int:
    """A moment on the Dragon Boat evening, by the shop's clock: `at("19:30")`."""
    return moment(f"{day}T{clock}{':00' if clock.count(':') == 1 else ''}+08:00")


def order(number: int) -> Who:
    """The identifier of order `E{number}`."""
    return Who("order", "", 1000 + number)


def did(kind: str, clock: str, who: int | None = None, *, day: str = "2026-06-19", **context: Any) -> Event:
    """Somebody (or the shop) did something; `data` apart, all keywords are the event's context."""
    data = context.pop("data", {})
    people: tuple[Who, ...] = () if who is None else (person(who),)
    if "order" in context:
        people = (*people, order(int(context["order"].removeprefix("E"))))
    return event(kind, who=people, occurred_at=at(clock, day), data=data, context=context)


@contextmanager
def tables_of(events: Sequence[Event]) -> Iterator[Reader]:
    """All tables over these events, taken by the log in the order given."""
    log = log_of(events)
    projector = Projector(":memory:", log)
    projector.build(log.head())
    yield projector.reader()
    projector.close()
    log.close()


def local(value: Any) -> str:
    """A time as the shop's clock shows it."""
    return "" if value is None else value.strftime("%m-%d %H:%M:%S")
