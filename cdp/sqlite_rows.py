"""Many rows a statement. SQLite's driver gives Python's lock away at every step and has to win it back from busy threads."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

_SIZES = (1000, *(1 << bit for bit in reversed(range(10))))
"""Rows a statement: few statements serve all numbers of rows, and few steps each number."""
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
            cursor.execute(_statement(insert, len(chunk[0]), size), _values(chunk))
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
        rows += cursor.execute(f"{select} ({_marks(size)})", [*given, *_blobs([*chunk, *padding])]).fetchall()
    return rows


def _round(number: int) -> int:
    """The next number of three binary digits and zeros, so that few statements serve all numbers of values."""
    step = 1 << max(number.bit_length() - 3, 0)
    return -(-number // step) * step


def _values(rows: Sequence[Sequence[Any]]) -> list[Any]:
    """The values of all rows, one after the other."""
    values = list(chain.from_iterable(rows))
    width = len(rows[0])
    for number, value in enumerate(rows[0]):
        if type(value) is bytes:
            values[number::width] = _blobs(values[number::width])
    return values


def _blobs(values: list[Any]) -> list[Any]:
    """Values that the driver stores as the same blobs sooner: it looks for adapters of `bytes`, each time in vain."""
    return list(map(bytearray, values)) if set(map(type, values)) == {bytes} else values


@lru_cache(maxsize=128)
def _statement(insert: str, width: int, size: int) -> str:
    row = f"({_marks(width)})"
    return f"{insert} VALUES {','.join([row] * size)}"


def _marks(count: int) -> str:
    return ",".join("?" * count)
