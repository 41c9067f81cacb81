"""The seam to the analytical database: run a statement, read rows, lend an Arrow table, do it all or not at all.

DuckDB stands behind it and is imported here alone, but for the process apart that answers SQL (`projections.asking`). Nothing in here
knows what the tables mean.
"""

from __future__ import annotations

import base64
import os
import shutil
import tempfile
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from cdp.errors import CdpError, UsageError, WorkspaceError
from cdp.recent import Recent
from projections.plain import plain
from projections.readers import Readers

Params = Sequence[object] | Mapping[str, object]

_QUERIES = ([duckdb.StatementType.SELECT], [duckdb.StatementType.EXPLAIN])
_CONFIG = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
_SEAL = {"python_enable_replacements": "false"}
IN_MEMORY = ":memory:"
_CHECKPOINT_MB = 128
"""So much is written ahead, and read again after a crash, before rows that changed here and there go into their places."""
_SOUGHT = 1_000
"""Up to so many values that a join looks for in a column are looked for while it is read, so that texts are compared where they lie
and most of them are never unpacked."""
_STATEMENTS = 500
"""So many texts are remembered taken apart: more than the statements of a batch, which are the same every time."""
_DEAR = "join_order,statistics_propagation,common_subplan,projection_pullup,common_subexpressions"
"""What the planner may leave out where little is read: it costs more than it saves there."""
RELEASE = duckdb.__version__
"""Goes with whatever this release computes and another might compute differently, such as hashes."""


class Engine:
    """One writer over one database file. Everything it does belongs to the thread that calls it; readers are apart."""

    def __init__(self, path: Path | str, timezone: str, *, sealed: bool = True, memory: int = 0) -> None:
        """Open or create the file. Raises WorkspaceError when another process holds it or it is not ours to open.

        `sealed` keeps every statement away from all other files but those below `parts`. `memory` is how many bytes statements
        may take, where 0 is most of the machine's; what needs more goes to `PATH.tmp`, which may take half of the free disk.
        """
        self.path = str(path)
        self._memory = memory
        self.parts = _beside(self.path)
        """Where statements of this engine may write files; made by whoever writes the first."""
        self.timezone = timezone
        self._sealed = sealed
        self._statements: Recent[str, duckdb.Statement] = Recent(_STATEMENTS)
        self._readers = Readers()
        self._opening = threading.Lock()
        self._is_open = False
        self._open()

    def run(self, sql: str, params: Params = ()) -> int:
        """Run one statement; answers how many rows it wrote, 0 where that means nothing."""
        with _translated():
            return _count(self._con.execute(self._parsed(sql), params or None).fetchone())

    def _parsed(self, sql: str) -> str | duckdb.Statement:
        """The statement of a text, taken apart once for all the times that it is run."""
        known = self._statements.get(sql)
        if known is None:
            found = self._con.extract_statements(sql)
            if len(found) != 1:
                return sql
            known = found[0]
            self._statements.put(sql, known)
        return known

    def rows(self, sql: str, params: Params = ()) -> list[tuple[Any, ...]]:
        """The rows of a query as tuples. Not for TIMESTAMPTZ columns: a cursor's `arrow` reads those."""
        with _translated():
            return self._con.execute(sql, params or None).fetchall()

    def arrow(self, sql: str, params: Params = ()) -> pa.Table:
        """The rows of a query as an Arrow table."""
        with _translated():
            return self._con.sql(sql, params=params or None).to_arrow_table()

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
        self._ready()
        self.run("BEGIN TRANSACTION")
        try:
            yield
        except BaseException:
            # The statement that failed may have ended the transaction already; its error is the one to be told.
            with suppress(duckdb.Error):
                self._con.execute("ROLLBACK")
            raise
        self.run("COMMIT")

    @contextmanager
    def as_written(self) -> Iterator[None]:
        """Within the block, joins are made as statements say them: for many that each touch few rows, whose planning is most of the
        cost. A transaction goes inside it. Whoever reads meanwhile is planned alike, which changes no answer."""
        self._ready()
        self.run(f"SET GLOBAL disabled_optimizers = {literal(_DEAR)}")
        try:
            yield
        except BaseException:
            # Of a database that gave up, the error that is to be told is that one.
            with suppress(CdpError):
                self.run("RESET GLOBAL disabled_optimizers")
            raise
        self.run("RESET GLOBAL disabled_optimizers")

    @contextmanager
    def cursor(self) -> Iterator[Cursor]:
        """A connection of its own that sees one committed state, from any thread, for as long as the block lasts.

        Nothing can be written through it.
        """
        with self._readers.reading():
            self._ready()
            with _translated():
                con = self._source.cursor()
            try:
                con.execute("BEGIN TRANSACTION READ ONLY")
                yield Cursor(con)
            finally:
                con.close()

    def replace(self, path: Path | str) -> None:
        """Put the closed file `path` in the place of this one and go on with it, at a moment when nobody reads.

        Where no such moment comes by itself, those who come to read wait until those who are reading have finished. A crash
        leaves the one file or the other. Raises WorkspaceError where this one was closed meanwhile, or cannot be opened; that is
        tried again for whoever comes next.
        """
        with self._readers.nobody(hold_off=True) as unread:
            if not unread:
                raise WorkspaceError(f"{self.path} was closed before other tables took its place")
            with self._shut():
                Path(self.path + ".wal").unlink(missing_ok=True)
                os.replace(path, self.path)

    def settle(self) -> None:
        """Write everything into the file and read it anew from there: what was written in bulk is slow to look through while it lies
        in memory as it came. Does nothing for tables in memory, and where no moment comes when nobody reads.

        Raises WorkspaceError where the file cannot be opened; that is tried again for whoever comes next.
        """
        if self.path != IN_MEMORY:
            with self._readers.nobody(hold_off=False) as unread:
                if unread:
                    with self._shut():
                        pass

    def close(self) -> None:
        """Write everything into the file and let go of it for good."""
        self._readers.end()
        self._let_go()
        if self.path == IN_MEMORY:
            shutil.rmtree(self.parts, ignore_errors=True)

    @contextmanager
    def _shut(self) -> Iterator[None]:
        """Within the block the file is closed."""
        self._is_open = False
        self._let_go()
        try:
            yield
        finally:
            self._open()

    def _let_go(self) -> None:
        self._source.close()
        self._con.close()

    def _ready(self) -> None:
        """Open the file if it should be open and is not, since that failed before."""
        with self._opening:
            if not self._is_open and not self._readers.ended:
                self._open()

    def _open(self) -> None:
        self._con = _connect(self.path, {**_CONFIG, **(_SEAL if self._sealed else {})})
        if self._memory:
            self.run(f"SET GLOBAL memory_limit = '{self._memory}B'")
        if self.path != IN_MEMORY:
            self.run(f"SET GLOBAL max_temp_directory_size = '{free_disk(self.path) // 2}B'")
        if self._sealed:
            # A statement must not read the vault's key, nor any other file of this machine, nor reach the network.
            self.run(f"SET GLOBAL allowed_directories = [{literal(str(self.parts))}]")
            self.run("SET GLOBAL enable_external_access = false")
        self.run(f"SET GLOBAL TimeZone = {literal(self.timezone)}")
        self.run("SET GLOBAL preserve_insertion_order = false")
        self.run(f"SET GLOBAL dynamic_or_filter_threshold = {_SOUGHT}")
        self.run(f"SET GLOBAL checkpoint_threshold = '{_CHECKPOINT_MB}MB'")
        self._source = self._con.cursor()
        self._is_open = True


class Cursor:
    """A short-lived connection for reading. Not thread-safe."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con

    def arrow(self, sql: str, params: Params = (), limit: int | None = None) -> pa.Table:
        """The rows of one query as an Arrow table, at most `limit` of them.

        Raises UsageError for a wrong query, and for anything but one query.
        """
        with _translated():
            if [statement.type for statement in self._con.extract_statements(sql)] not in _QUERIES:
                raise UsageError("this is not one query; nothing else can be asked of the tables")
            found = self._con.sql(sql, params=params or None)
            return (found if limit is None else found.limit(limit)).to_arrow_table()

    def rows(self, sql: str, params: Params = ()) -> list[dict[str, Any]]:
        """The rows of a query as plain Python."""
        return plain(self.arrow(sql, params))

    def write_parquet(self, query: str, place: Path) -> None:
        """Write the rows of a query into a new Parquet file below the engine's `parts`; it need not fit into memory.

        Readers see the types that `arrow` gives, times in the workspace's zone among them.
        """
        with _translated():
            schema = self._con.sql(f"FROM ({query}) LIMIT 0").to_arrow_table().schema
            told = literal(base64.b64encode(schema.serialize()).decode())
            self._con.execute(
                f"COPY ({query}) TO {literal(str(place))} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{'ARROW:schema': {told}}})"
            )


def free_disk(path: Path | str) -> int:
    """How many bytes the disk has left on which a file stands or will stand."""
    return shutil.disk_usage(Path(path).resolve().parent).free


def literal(value: str) -> str:
    """A string as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def _beside(path: str) -> Path:
    """The directory `NAME.parts` beside the database file; for one in memory, one that goes with it."""
    if path == IN_MEMORY:
        return Path(tempfile.gettempdir()) / f"cdp-{uuid.uuid4().hex}.parts"
    return Path(path).resolve().with_suffix(".parts")


def _count(row: tuple[Any, ...] | None) -> int:
    return int(row[0]) if row and isinstance(row[0], int) else 0


def _connect(path: str, config: dict[str, str]) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(path, config={**config})
    except duckdb.Error as error:
        if isinstance(error, duckdb.IOException) and "Could not set lock" in str(error):
            raise WorkspaceError(
                f"{path} is in use by another process; stop that server, or ask it instead of opening the file"
            ) from None
        if not Path(path).is_file():
            raise WorkspaceError(
                f"{path} cannot be opened ({_first_line(error)}): check the directory and its permissions"
            ) from None
        raise WorkspaceError(
            f"{path} cannot be opened as a table file ({_first_line(error)}): delete it and run `cdp rebuild`, "
            "the tables are built again from the log"
        ) from None


@contextmanager
def _translated() -> Iterator[None]:
    """Errors of the database in our own tree: a wrong statement is wrong usage, everything else is a failure."""
    try:
        yield
    except (duckdb.ProgrammingError, duckdb.DataError, duckdb.PermissionException) as error:
        raise UsageError(_message(error)) from None
    except duckdb.Error as error:
        raise CdpError(_message(error)) from None


def _message(error: Exception) -> str:
    return str(error).strip()


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
