"""Opening the SQLite file of a log: durable settings, one writer, and no other program's file."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eventsourcing.persistence import ConnectionPoolClosedError
from eventsourcing.sqlite import (
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteTransaction,
)

from cdp.errors import LogDamaged

APPLICATION_ID = 0x4C4E4C47
"""`LNLG` in the header of the file."""
SCHEMA_VERSION = 3

_LOCK_TIMEOUT = 30
_DRAIN_TIMEOUT = 5.0
_SETTINGS = (
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
    "PRAGMA cache_size=-8000",
    "PRAGMA wal_autocheckpoint=4000",
)
# Keys of events are digests, so each falls on another page of their table: the writer keeps more pages at hand.
_WRITER_SETTINGS = ("PRAGMA cache_size=-64000",)


class LogFile(SQLiteDatastore):
    """The library's datastore, with one connection that writes and as many as needed that read.

    A writing transaction takes SQLite's write lock when it begins, so what it reads cannot change until it commits,
    whichever process asks.
    """

    def __init__(self, db_name: str):
        super().__init__(db_name, originator_id_type="text")
        self.pool: _Pool = _Pool(
            db_name=db_name, lock_timeout=_LOCK_TIMEOUT, pool_size=8, max_overflow=120, pool_timeout=30.0
        )
        self._write_lock = threading.Lock()
        self._writer: SQLiteConnection | None = None

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        with self.get_connection(commit=commit) as connection:
            transaction = _Writing(connection, commit=True) if commit else SQLiteTransaction(connection)
            with transaction as cursor, cursor:
                yield cursor

    @contextmanager
    def get_connection(self, *, commit: bool) -> Iterator[SQLiteConnection]:
        # In memory mode the library keeps readers and writer apart itself.
        if not commit or self.pool.is_sqlite_memory_mode:
            with super().get_connection(commit=commit) as connection:
                yield connection
            return
        with self._write_lock:
            if self._writer is None:
                self._writer = self.pool.connect_writer()
            yield self._writer

    def close(self) -> None:
        """Close when reads and writes under way have ended. Idempotent."""
        with self._write_lock:
            writer, self._writer = self._writer, None
            if writer is not None:
                writer.close()
        super().close()


class _Writing(SQLiteTransaction):
    def __enter__(self) -> SQLiteCursor:
        cursor = self.connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        return cursor


class _Pool(SQLiteConnectionPool):
    """The library's pool, with our settings, and closing waits for who is reading.

    The library closes connections under threads that are using them, which brings the whole process down.
    """

    _draining = False

    def get_connection(self, timeout: float | None = None, *, is_writer: bool | None = None) -> SQLiteConnection:
        if self._draining:
            raise ConnectionPoolClosedError("the pool is closed")
        return super().get_connection(timeout, is_writer=is_writer)

    def close(self) -> None:
        self._draining = True
        with self._put_condition:
            self._put_condition.wait_for(lambda: not self._in_use, timeout=_DRAIN_TIMEOUT)
            # Who is still reading keeps its connection, which goes with it.
            self._in_use.clear()
            super().close()

    def connect_writer(self) -> SQLiteConnection:
        connection = self._create_connection()
        for setting in _WRITER_SETTINGS:
            connection.cursor().execute(setting)
        connection.in_use.release()
        return connection

    def _create_connection(self) -> SQLiteConnection:
        # Not the library's own way: it remembers a single prepared statement a connection.
        connection = sqlite3.connect(
            self.db_name, uri=True, check_same_thread=False, isolation_level=None, timeout=_LOCK_TIMEOUT
        )
        if not self.is_sqlite_memory_mode:
            connection.execute("PRAGMA journal_mode=WAL")
        for setting in _SETTINGS:
            connection.execute(setting)
        connection.row_factory = sqlite3.Row
        return SQLiteConnection(connection, max_age=None)


def require_ours(path: Path) -> None:
    """Check the head of the file at `path`; a missing or empty one is fine. Raises LogDamaged."""
    if not path.exists() or path.stat().st_size == 0:
        return
    try:
        connection = sqlite3.connect(path, timeout=_LOCK_TIMEOUT)
        try:
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        raise LogDamaged(
            f"{path} cannot be read as a log ({error}): restore it from a backup, or choose another directory"
        ) from None
    if application != APPLICATION_ID and tables:
        raise LogDamaged(f"{path} belongs to another program: choose another directory for the log")
    if application == APPLICATION_ID and version != SCHEMA_VERSION:
        age, advice = ("a newer", "use that one") if version > SCHEMA_VERSION else ("an older", "run `cdp migrate`")
        raise LogDamaged(
            f"{path} was written by {age} version of this product (schema {version}, this one reads {SCHEMA_VERSION}): {advice}"
        )
