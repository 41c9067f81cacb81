"""Proves that the tables are what the log says: builds them again from zero, beside, and compares row by row."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cdp.ports import EventReader
from projections.catalog import Table, base_tables, views
from projections.plain import plain
from projections.projector import Projector
from projections.read import Reader, Snapshot


@dataclass(frozen=True)
class Difference:
    """The first row, by key, that stands in only one of two tables, or differs."""

    table: str
    key: dict[str, Any]
    left: dict[str, Any] | None
    right: dict[str, Any] | None

    def __str__(self) -> str:
        at = ", ".join(f"{column} = {value}" for column, value in self.key.items())
        if self.left is None or self.right is None:
            return f"{self.table}: the row {at} is {'missing' if self.left is None else 'too many'}"
        columns = [c for c in self.left if self.left[c] != self.right[c]]
        told = "; ".join(f"{c} is {self.left[c]!r}, the log says {self.right[c]!r}" for c in columns)
        return f"{self.table}: in the row {at}, {told}"


@dataclass(frozen=True)
class Compared:
    """One table, compared: its rows and the digest of their content on both sides."""

    table: str
    rows: int
    digest: str
    rebuilt_rows: int
    rebuilt_digest: str

    @property
    def same(self) -> bool:
        """Whether the content is identical."""
        return (self.rows, self.digest) == (self.rebuilt_rows, self.rebuilt_digest)


@dataclass(frozen=True)
class TablesReport:
    """What `verify_tables` compared, and every table in which it found a difference."""

    position: int
    tables: tuple[Compared, ...]
    differences: tuple[Difference, ...]

    @property
    def ok(self) -> bool:
        """Whether all tables are what the log says."""
        return not self.differences and all(compared.same for compared in self.tables)

    def as_dict(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return {
            "ok": self.ok,
            "position": self.position,
            "tables": [asdict(compared) for compared in self.tables],
            "differences": [str(difference) for difference in self.differences],
        }


def verify_tables(projector: Projector, log: EventReader) -> TablesReport:
    """Rebuild every table from the log at the position it carries, in a temporary file, and compare.

    Sees one committed state, whatever is projected meanwhile. Changes nothing.
    """
    with tempfile.TemporaryDirectory(prefix="verify-") as directory, projector.reader().snapshot() as state:
        fresh = state.freshness()
        rebuilt = Projector(Path(directory) / "rebuilt.duckdb", log, timezone=projector.timezone)
        try:
            rebuilt.build(fresh.position, closed_at=fresh.closed_position)
            kept = [table for table in (*base_tables(), *views()) if not table.on_reading]
            compared = sorted(_compare_all(state, rebuilt.reader(), kept), key=lambda pair: pair[0].table)
        finally:
            rebuilt.close()
    return TablesReport(
        fresh.position, tuple(table for table, _ in compared), tuple(found for _, found in compared if found)
    )


def compare(left: Reader | Snapshot, right: Reader | Snapshot) -> list[Difference]:
    """The first difference of every table in which there is one; both sides must have come to the same position."""
    return [found for _, found in _compare_all(left, right, (*base_tables(), *views())) if found]


_Side = Reader | Snapshot


def _compare_all(left: _Side, right: _Side, tables: Iterable[Table]) -> list[tuple[Compared, Difference | None]]:
    found = []
    for table in tables:
        compared = Compared(table.name, *_digest(left, table), *_digest(right, table))
        found.append((compared, None if compared.same else _first_difference(left, right, table)))
    return found


def _digest(side: _Side, table: Table) -> tuple[int, str]:
    """Rows and a digest that does not depend on their order: the sum of all rows' hashes."""
    row = side.rows(
        f"SELECT COUNT(*) AS n, CAST(SUM(CAST(HASH(t) AS HUGEINT)) AS VARCHAR) AS h FROM {table.name} AS t"
    )[0]
    return row["n"], f"{int(row['h'] or 0) % (1 << 64):016x}"


def _first_difference(left: _Side, right: _Side, table: Table) -> Difference:
    """Walks both tables in the order of the key."""
    order = ", ".join(f'"{column}" NULLS FIRST' for column in table.key)
    sides = [plain(side.arrow(f"SELECT * FROM {table.name} ORDER BY {order}")) for side in (left, right)]
    key = _key_of(table)
    lefts, rights = ({key(row): row for row in rows} for rows in sides)
    for at in sorted({*lefts, *rights}, key=repr):
        if lefts.get(at) != rights.get(at):
            return Difference(table.name, dict(zip(table.key, at, strict=True)), lefts.get(at), rights.get(at))
    return Difference(table.name, {"rows": "duplicate"}, None, None)


def _key_of(table: Table) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    return lambda row: tuple(row[column] for column in table.key)
