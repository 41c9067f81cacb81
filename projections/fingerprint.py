"""Which files a table's present content belongs in: their names say what stands in them, before they are written.

A name is a fingerprint of the rows and of everything that could make the same rows look different in a file. What is not
kept is made of what is, so its name is made of theirs, and it is not computed to find out that it is there already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from projections import extract
from projections.catalog import TOUCHPOINTS, Table, base_tables, views
from projections.engine import RELEASE
from projections.read import Snapshot


@dataclass(frozen=True)
class Wanted:
    """A file that there must be, and the query for its rows. `path` is relative to the directory of parts."""

    table: Table
    path: str
    query: str
    rows: int = 0
    """As far as known before."""
    day: str = ""


class Fingerprints:
    """Of the tables as they stand in one committed state, each taken once."""

    def __init__(self, state: Snapshot, timezone: str) -> None:
        self._state, self._timezone = state, timezone
        self._tables = {table.name: table for table in (*base_tables(), *views())}
        self._known: dict[str, tuple[Wanted, ...]] = {}

    def of(self, name: str) -> tuple[Wanted, ...]:
        """The files of a table, in their order."""
        if name not in self._known:
            self._known[name] = tuple(self._files(self._tables[name]))
        return self._known[name]

    def _files(self, table: Table) -> Iterator[Wanted]:
        order = ", ".join(f'"{column}"' for column in table.key)
        query = f"SELECT * FROM {table.name} ORDER BY {order}"
        if table.on_reading:
            sources = [file.path for name in sorted(table.depends_on()) for file in self.of(name)]
            yield Wanted(table, f"{table.name}/{_digest(sources, 32)}-{self._maker(table)}.parquet", query)
        elif table.name == TOUCHPOINTS:
            # What an event says never changes under its source and id; whose it is may.
            said = _columns("position, source, id, person_id")
            for row in self._state.rows(f"SELECT day, {said} FROM {table.name} GROUP BY day ORDER BY day"):
                day = str(row["day"])
                rows = f"SELECT * EXCLUDE (day) FROM {table.name} WHERE day = DATE '{day}' ORDER BY {order}"
                yield Wanted(table, f"{table.name}/day={day}/{self._name(table, row)}", rows, row["n"], day)
        else:
            (row,) = self._state.rows(f"SELECT {_columns('every')} FROM {table.name} AS every")
            yield Wanted(table, f"{table.name}/{self._name(table, row)}", query, row["n"])

    def _name(self, table: Table, row: Mapping[str, Any]) -> str:
        return f"{row['n']:x}-{int(row['h'] or 0) % (1 << 64):016x}-{self._maker(table)}.parquet"

    def _maker(self, table: Table) -> str:
        return _digest((table.digest, extract.VERSION, self._timezone, RELEASE), 8)


def _columns(row: str) -> str:
    """How many rows there are, and a hash of them all that does not depend on their order."""
    return f"COUNT(*) AS n, CAST(SUM(CAST(HASH({row}) AS HUGEINT)) AS VARCHAR) AS h"


def _digest(said: object, length: int) -> str:
    return hashlib.sha256(repr(said).encode()).hexdigest()[:length]
