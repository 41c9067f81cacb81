"""The test shop behind the ports that the pages read: a log, tables made from it by the real projector, and a vault."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from cdp.codec import encode
from cdp.events.event import Event
from cdp.events.touchpoint import Identifier
from cdp.ports import StoredRow
from projections.projector import Projector
from projections.read import Reader
from tests.web.shop import TZ, Shop


def tables(folder: Path, events: Sequence[Event]) -> Reader:
    """The analysts' tables of these events. The file is closed when the process ends."""
    projector = Projector(folder / "tables.duckdb", Book(events), timezone=TZ)
    while projector.position < len(events):
        projector.advance()
    return projector.reader()


class Book:
    """A log that is only read."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = list(events)

    def read(self, after: int, limit: int = 1000, types: Collection[str] = ()) -> list[Event]:
        return [e for e in self._events[after:] if not types or e.type in types][:limit]

    def stored(self, after: int, limit: int) -> list[StoredRow]:
        return [(e.position, e.stream, e.type, encode(e)) for e in self._events[after : after + limit]]

    def history(self, streams: Iterable[str], up_to: int | None = None) -> list[Event]:
        wanted = set(streams)
        return [e for e in self._events if e.stream in wanted and (up_to is None or e.position <= up_to)]

    def head(self) -> int:
        return len(self._events)

    def tracking(self, follower: str) -> int:
        return len(self._events)

    def wait(self, after: int, timeout: float) -> bool:
        return after < len(self._events)


class Safe:
    """A vault that is only read."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def find(self, identifier: Identifier) -> int | None:
        wanted = (identifier.type, identifier.scope, identifier.value)
        return next((s for s, i in self._shop.identifiers.items() if (i.type, i.scope, i.value) == wanted), None)

    def open(self, references: Collection[str]) -> dict[str, str]:
        return {r: self._shop.sealed[r] for r in references if r in self._shop.sealed}

    def identifiers(self, surrogates: Collection[int]) -> dict[int, Identifier]:
        return {s: self._shop.identifiers[s] for s in surrogates if s in self._shop.identifiers}
