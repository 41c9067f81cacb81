"""The seam to the analytical database: run a statement, read rows, lend an Arrow table, do it all or not at all.

DuckDB stands behind it and is imported here alone. Nothing in here knows what the tables mean.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from cdp.errors import CdpError, UsageError, WorkspaceError

Params = Sequence[object] | Mapping[str, object]

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


class Engine:
    """One writer over one database file. Everything it does belongs to the thread that calls it; readers are apart."""

    def __init__(self, path: Path | str, timezone: str) -> None:
        """Open or create the file. Raises WorkspaceError when another process holds it or it is not ours to open."""
        self.path = str(path)
        self._con = _connect(self.path)
        self._con.execute(f"SET GLOBAL TimeZone = {literal(timezone)}")
        self._con.execute("SET GLOBAL preserve_insertion_order = false")
        self._readers = self._con.cursor()
        self._readers_lock = threading.Lock()

    def run(self, sql: str, params: Params = ()) -> int:
        """Run one statement; answers how many rows it wrote, 0 where that means nothing."""
        with _translated():
            result = self._con.execute(sql, params or None).fetchone()
        return int(result[0]) if result and isinstance(result[0], int) else 0

    def rows(self, sql: str, params: Params = ()) -> list[tuple[Any, ...]]:
        """The rows of a query as tuples. Not for TIMESTAMPTZ columns: `arrow` reads those."""
        with _translated():
            return self._con.execute(sql, params or None).fetchall()

    def arrow(self, sql: str, params: Params = ()) -> pa.Table:
        """The rows of a query as an Arrow table."""
        with _translated():
            return _arrow(self._con, sql, params)

    @contextmanager
    def lent(self, name: str, table: pa.Table) -> Iterator[None]:
        """Within the block, `name` stands for an Arrow table in statements of this engine."""
        self._con.register(name, table)
        try:
            yield
        finally:
            self._con.unregister(name)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements of the block or none; readers see them at once, when the block ends."""
        self.run("BEGIN TRANSACTION")
        try:
            yield
        except BaseException:
            self._con.execute("ROLLBACK")
            raise
        self.run("COMMIT")

    def cursor(self) -> ReadCursor:
        """A connection of its own that sees what is committed. Safe to ask for from any thread."""
        with self._readers_lock, _translated():
            return ReadCursor(self._readers.cursor())

    def close(self) -> None:
        """Write everything into the file and let go of it."""
        self._readers.close()
        self._con.close()


class ReadCursor:
    """A short-lived connection for one question."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con

    def __enter__(self) -> ReadCursor:
        return self

    def __exit__(self, *_: object) -> None:
        self._con.close()

    def arrow(self, sql: str, params: Params = ()) -> pa.Table:
        """The rows of a query as an Arrow table."""
        with _translated():
            return _arrow(self._con, sql, params)


def plain(table: pa.Table) -> list[dict[str, Any]]:
    """Rows as dicts of int, float, str, bool, date, aware datetime, list and None; whole decimals become int."""
    rows: list[dict[str, Any]] = table.to_pylist()
    decimals = [field.name for field in table.schema if pa.types.is_decimal(field.type)]
    for name in decimals:
        for row in rows:
            row[name] = _number(row[name])
    return rows


def literal(value: str) -> str:
    """A string as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def _number(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def _arrow(con: duckdb.DuckDBPyConnection, sql: str, params: Params) -> pa.Table:
    relation = con.sql(sql, params=params or None)
    if relation is None:
        raise UsageError("this statement has no rows to read; only queries can be asked")
    return relation.to_arrow_table()


def _connect(path: str) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(path, config=_CONFIG)
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise WorkspaceError(
                f"{path} is in use by another process; stop that server, or ask it instead of opening the file"
            ) from None
        raise WorkspaceError(f"{path} cannot be opened: {_first_line(error)}") from None
    except duckdb.Error as error:
        raise WorkspaceError(f"{path} cannot be opened as a table file: {_first_line(error)}") from None


@contextmanager
def _translated() -> Iterator[None]:
    """Errors of the database in our own tree: a wrong statement is wrong usage, everything else is a failure."""
    try:
        yield
    except (duckdb.ProgrammingError, duckdb.DataError) as error:
        raise UsageError(_message(error)) from None
    except duckdb.Error as error:
        raise CdpError(_message(error)) from None


def _message(error: Exception) -> str:
    return str(error).strip()


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
