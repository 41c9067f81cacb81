"""Tables made of a handful of events, for tests that compute the figures by hand."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from cdp.events.event import Event, Who
from cdp.log import Log
from cdp.testing import event, moment, person
from projections import builder
from projections.catalog import Table, views
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
def projector_of(log: Log) -> Iterator[Projector]:
    """A projector that has yet to follow this log."""
    with tempfile.TemporaryDirectory(prefix="tables-") as directory:
        projector = Projector(Path(directory) / "tables.duckdb", log)
        yield projector
        projector.close()


@contextmanager
def tables_of(events: Sequence[Event], *names: str) -> Iterator[Reader]:
    """Tables over these events, taken by the log in the order given: all, or those named and what they are made of."""
    log = log_of(events)
    with projector_of(log) as projector:
        with patch.object(builder, "views", lambda: _made_of(names)):
            projector.build(log.head())
        yield projector.reader()
    log.close()


def _made_of(names: Sequence[str]) -> tuple[Table, ...]:
    needed = set(names)
    for view in reversed(views()):
        if view.name in needed:
            needed |= view.depends_on()
    return tuple(view for view in views() if not names or view.name in needed)


def paid(number: int, who: int, day: str, fen: int, *products: str, clock: str = "12:00") -> Event:
    """Somebody paid order `E{number}`; what it holds costs a tenth of a yuan a piece, and has names."""
    items = [{"product": product, "title": f"{product}礼盒", "amount_fen": 10} for product in products]
    return did("order.paid", clock, who, order=f"E{number}", day=day, data={"amount_fen": fen, "items": items})


def closed(day: str) -> Event:
    """The day is over."""
    return did("day.closed", "23:59", day=day, data={"day": day})


def configured(**settings: Any) -> Event:
    """The workspace recorded these settings."""
    return did("workspace.configured", "00:01", data={"settings": settings, "files": {}, "digest": str(settings)})


def local(value: Any) -> str:
    """A time as the shop's clock shows it."""
    return "" if value is None else value.strftime("%m-%d %H:%M:%S")
