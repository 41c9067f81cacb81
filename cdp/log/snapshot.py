"""Everything that a log holds at one moment, and how it gets from one database into another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from cdp.errors import LogError
from cdp.log.plan import EventRow, KeyRow

CHUNK = 5000
Rows = tuple[list[EventRow], list[KeyRow]]
"""Some events and their keys, both in the order of positions."""


@dataclass(frozen=True)
class Snapshot:
    """What a log holds. `rows` can be gone through once, while the snapshot is open."""

    head: int
    rows: Iterator[Rows]
    followers: Mapping[str, int]
    """Follower -> how far it has come."""


def side_by_side(events: Iterable[EventRow], keys: Iterable[KeyRow]) -> Iterator[Rows]:
    """Events with their keys, some at a time. Raises LogError where one has none, or where a position is missing."""
    left, right, last = iter(events), iter(keys), 0
    while True:
        rows = list(islice(left, CHUNK)), list(islice(right, CHUNK))
        positions = [row[0] for row in rows[0]], [row[1] for row in rows[1]]
        if positions[0] != positions[1] or positions[0] != list(range(last + 1, last + 1 + len(positions[0]))):
            raise LogError(f"the log is damaged after position {last}: run `cdp doctor`")
        if not positions[0]:
            return
        yield rows
        last = positions[0][-1]


def require_empty(head: int) -> None:
    """Raises LogError for a log that holds something already."""
    if head:
        raise LogError(f"the log holds {head} events already: give an empty database")
