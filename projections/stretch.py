"""Reads the log piece by piece, one piece ahead: while the tables take one in, a thread reads the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import pyarrow as pa

from cdp.codec import decode
from cdp.events.event import Event
from cdp.identity.index import SPECIAL
from cdp.ports import EventReader, StoredRow
from projections.extract import lent

CLOSING = "day.closed"
_SIZE = 245_760
"""Two of DuckDB's row groups: no group is left half full and written again, and two threads have one each."""


@dataclass(frozen=True)
class Stretch:
    """Events of the log that follow each other."""

    rows: Sequence[StoredRow]

    @property
    def first(self) -> int:
        """The position of the first event."""
        return self.rows[0][0]

    @property
    def last(self) -> int:
        """The position of the last event."""
        return self.rows[-1][0]

    @cached_property
    def stored(self) -> pa.Table:
        """All of them, as `projections.extract` reads them."""
        return lent(self.rows)

    def special(self) -> list[Event]:
        """Those of which identity wants to know more than who acted."""
        return [_event(row) for row in self.rows if row[2] in SPECIAL]

    def closes(self) -> bool:
        """Whether it tells that a day is over."""
        return any(row[2] == CLOSING for row in self.rows)

    def closed(self, until: int | None = None) -> date | None:
        """The latest day that ends here, and ended until that moment. Raises ValueError for a day that no calendar has."""
        closings = [_event(row) for row in self.rows if row[2] == CLOSING]
        days = [date.fromisoformat(e.data["day"]) for e in closings if until is None or e.occurred_at <= until]
        return max(days, default=None)

    def up_to_closing(self) -> Stretch:
        """As far as the last day that ends here; all of it where none does."""
        ends = [number for number, row in enumerate(self.rows, 1) if row[2] == CLOSING]
        return Stretch(self.rows[: ends[-1]]) if ends else self


def stretches(log: EventReader, after: int, up_to: int, size: int | None = None) -> Iterator[Stretch]:
    """The events beyond `after`, up to and including position `up_to`."""
    size = size or _SIZE
    with ThreadPoolExecutor(1, thread_name_prefix="cdp-read") as reading:
        coming = reading.submit(_read, log, after, up_to, size)
        while (stretch := coming.result()).rows:
            coming = reading.submit(_read, log, stretch.last, up_to, size)
            yield stretch


def last_closing(log: EventReader, up_to: int) -> int:
    """Where the last day ended that is over by a position; 0 if none is. Looks at every event's type."""
    last = 0
    while closings := [event.position for event in log.read(last, 10_000, [CLOSING]) if event.position <= up_to]:
        last = closings[-1]
    return last


def _read(log: EventReader, after: int, up_to: int, size: int) -> Stretch:
    # Positions have no gap.
    stretch = Stretch(log.stored(after, min(size, up_to - after)) if up_to > after else [])
    # Made here, the table costs those who wait for it no time.
    _ = stretch.stored
    return stretch


def _event(row: StoredRow) -> Event:
    position, stream, kind, state = row
    return decode(state, position=position, stream=stream, type=kind)
