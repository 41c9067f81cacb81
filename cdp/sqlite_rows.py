"""Many rows a statement. SQLite's driver gives Python's lock away at every step and has to win it back from busy threads."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

_SIZES = (1000, 100, 10, 1)
_MOST_VALUES = 4096
"""SQLite takes 32,766, but the driver keeps the last 128 statements, and one of so many values takes a megabyte."""


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


def select_in(cursor: sqlite3.Cursor, select: str, values: Sequence[Any], given: Sequence[Any] = ()) -> list[Any]:
    """The rows for any number of values, `select` being all of the statement up to `IN`, and `given` its own parameters."""
    rows: list[Any] = []
    for start in range(0, len(values), _MOST_VALUES):
        chunk = values[start : start + _MOST_VALUES]
        size = _round(len(chunk))
        # What stands in a list twice is found once.
        padding = [chunk[-1]] * (size - len(chunk))
        rows += cursor.execute(f"{select} ({_marks(size)})", [*given, *chunk, *padding]).fetchall()
    return rows


def _round(number: int) -> int:
    """The next number of three binary digits and zeros, so that few statements serve all numbers of values."""
    step = 1 << max(number.bit_length() - 3, 0)
    return -(-number // step) * step


@lru_cache(maxsize=64)
def _statement(insert: str, width: int, size: int) -> str:
    row = f"({_marks(width)})"
    return f"{insert} VALUES {','.join([row] * size)}"


def _marks(count: int) -> str:
    return ",".join("?" * count)
