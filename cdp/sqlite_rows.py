"""Many rows a statement. SQLite's driver gives Python's lock away at every step and has to win it back from busy threads."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

_SIZES = (1000, 100, 10, 1)
_MOST_PARAMETERS = 10_000
"""SQLite takes 32,766."""


def insert_rows(cursor: sqlite3.Cursor, insert: str, rows: Sequence[Sequence[Any]]) -> int:
    """Insert rows of equal length, `insert` being all of the statement before `VALUES`; answers how many went in.

    Inside a transaction it is one step of it; outside it is not atomic.
    """
    inserted = start = 0
    for size in _SIZES:
        while len(rows) - start >= size:
            chunk = rows[start : start + size]
            cursor.execute(_statement(insert, len(chunk[0]), size), list(chain.from_iterable(chunk)))
            inserted += cursor.rowcount
            start += size
    return inserted


def select_in(cursor: sqlite3.Cursor, select: str, values: Sequence[Any]) -> list[Any]:
    """The rows for any number of values, `select` being all of the statement up to `IN`."""
    rows: list[Any] = []
    for start in range(0, len(values), _MOST_PARAMETERS):
        chunk = values[start : start + _MOST_PARAMETERS]
        rows += cursor.execute(f"{select} ({_marks(len(chunk))})", chunk).fetchall()
    return rows


@lru_cache(maxsize=64)
def _statement(insert: str, width: int, size: int) -> str:
    row = f"({_marks(width)})"
    return f"{insert} VALUES {','.join([row] * size)}"


def _marks(count: int) -> str:
    return ",".join("?" * count)
