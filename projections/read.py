"""Questions to the tables, from any thread; each sees one committed state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from cdp.clock import to_moment
from projections.catalog import base_tables, views
from projections.engine import Cursor, Engine, Params
from projections.plain import plain


@dataclass(frozen=True)
class Freshness:
    """Up to where the tables know. Every figure is shown together with it."""

    position: int
    recorded_at: int
    """When the log took that event, microseconds since the epoch; 0 for empty tables."""
    today: date | None
    """The last local day that is over."""
    closed_position: int = 0
    """The position of the tables that are computed at the end of a day."""

    def positions(self) -> dict[str, int]:
        """The position that each table carries; what is computed on reading carries the least of what it reads."""
        found: dict[str, int] = {}
        for table in (*base_tables(), *views()):
            least = min((found[name] for name in table.depends_on()), default=self.position)
            found[table.name] = (
                self.closed_position if table.everywhere else least if table.on_reading else self.position
            )
        return found


class Reader:
    """Thread-safe: every call has a connection of its own, cannot write, and waits for the writer only while the file is exchanged."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def rows(self, sql: str, params: Params = (), limit: int | None = None) -> list[dict[str, Any]]:
        """The rows of a query, at most `limit`, as plain Python: int, float, str, bool, date, aware datetime, list, None.

        Raises UsageError for a query that is wrong.
        """
        return plain(self.arrow(sql, params, limit))

    def arrow(self, sql: str, params: Params = (), limit: int | None = None) -> pa.Table:
        """The rows of a query, at most `limit`, as an Arrow table. Raises UsageError for a query that is wrong."""
        with self._engine.cursor() as cursor:
            return cursor.arrow(sql, params, limit)

    def freshness(self) -> Freshness:
        """The position the tables carry."""
        with self.snapshot() as snapshot:
            return snapshot.freshness()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """One committed state for several questions, whatever is written meanwhile. For one thread."""
        with self._engine.cursor() as cursor:
            yield Snapshot(cursor)

    @contextmanager
    def snapshots(self, number: int) -> Iterator[list[Snapshot]]:
        """The same committed state several times, for as many threads."""
        while True:
            with ExitStack() as opened:
                states = [opened.enter_context(self.snapshot()) for _ in range(number)]
                if len({state.freshness() for state in states}) == 1:
                    yield states
                    return


class Snapshot:
    """All tables as they stood at one moment."""

    def __init__(self, cursor: Cursor) -> None:
        self.rows = cursor.rows
        self.arrow = cursor.arrow
        self.write_parquet = cursor.write_parquet

    def freshness(self) -> Freshness:
        """The position the tables carry."""
        row = self.rows("SELECT position, recorded_at, today, closed_position FROM internal.progress")[0]
        recorded_at = row["recorded_at"]
        return Freshness(
            row["position"], to_moment(recorded_at) if recorded_at else 0, row["today"], row["closed_position"]
        )
