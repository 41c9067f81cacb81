"""A shop's touchpoints in an in-memory DuckDB: the tables a funnel asks, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb
import pyarrow as pa

A, B, C, D = "mall.visited", "product.viewed", "cart.added", "order.placed"


@dataclass(frozen=True)
class Row:
    """One event; its position follows from its place in the list it stands in. Times are seconds."""

    person: int | None
    type: str
    at: int
    channel: str | None = None
    seconds: int | None = None
    data: str = "{}"


class Tables:
    """What a reader promises to funnels."""

    def __init__(self, rows: Iterable[Row] = (), staff: Iterable[int] = ()):
        self._con = duckdb.connect(config={"threads": 1})
        self._con.execute(
            "CREATE TABLE touchpoints (position BIGINT, type VARCHAR, occurred_at TIMESTAMPTZ, day DATE, person_id BIGINT,"
            " channel VARCHAR, seconds BIGINT, data VARCHAR)"
        )
        self._con.execute("CREATE TABLE staff (person_id BIGINT)")
        self._con.execute(
            "CREATE TABLE people AS SELECT UNNEST([1, 2, 3]) AS person_id, UNNEST(['3栋', '3栋', '5栋']) AS building"
        )
        self.fill(rows, staff)

    def fill(self, rows: Iterable[Row], staff: Iterable[int] = (), gap: int = 1) -> Tables:
        """Hold these rows and no others; `gap` is how far apart their positions are."""
        found = list(rows)
        table = pa.table(
            {
                "position": pa.array([gap * place for place in range(1, len(found) + 1)], pa.int64()),
                "type": pa.array([r.type for r in found], pa.string()),
                "occurred_at": pa.array([r.at * 1_000_000 for r in found], pa.timestamp("us", tz="UTC")),
                "day": pa.array([datetime.fromtimestamp(r.at, UTC).date() for r in found], pa.date32()),
                "person_id": pa.array([r.person for r in found], pa.int64()),
                "channel": pa.array([r.channel for r in found], pa.string()),
                "seconds": pa.array([r.seconds for r in found], pa.int64()),
                "data": pa.array([r.data for r in found], pa.string()),
            }
        )
        self._con.execute("DELETE FROM touchpoints")
        self._con.execute("DELETE FROM staff")
        self._con.register("rows", table)
        self._con.execute("INSERT INTO touchpoints SELECT * FROM rows")
        for person in staff:
            self._con.execute("INSERT INTO staff VALUES (?)", [person])
        return self

    def arrow(self, sql: str, params: Mapping[str, object]) -> pa.Table:
        """The rows of a query."""
        return self._con.sql(sql, params=dict(params) or None).to_arrow_table()
