"""Opening `vault.sqlite`: durable settings, what is deleted is overwritten, and only under the key that made it."""

from __future__ import annotations

import hmac
import sqlite3
from pathlib import Path

from cdp.errors import WorkspaceError

VAULT_FILE = "vault.sqlite"
APPLICATION_ID = 0x4C4E5654
"""`LNVT` in the header of the file."""
SCHEMA_VERSION = 1

_LOCK_TIMEOUT = 30
_SETTINGS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
    "PRAGMA cache_size=-32000",
    "PRAGMA wal_autocheckpoint=4000",
)
_SCHEMA = (
    "CREATE TABLE key_check (digest BLOB NOT NULL)",
    "CREATE TABLE identifiers (surrogate INTEGER PRIMARY KEY AUTOINCREMENT, lookup BLOB NOT NULL UNIQUE, sealed BLOB NOT NULL)",
    "CREATE TABLE surrogate_keys (surrogate INTEGER PRIMARY KEY, wrapped BLOB NOT NULL)",
    "CREATE TABLE sealed_values (reference INTEGER PRIMARY KEY AUTOINCREMENT, surrogate INTEGER NOT NULL, sealed BLOB NOT NULL)",
    "CREATE INDEX sealed_values_by_surrogate ON sealed_values (surrogate)",
    f"PRAGMA application_id={APPLICATION_ID}",
    f"PRAGMA user_version={SCHEMA_VERSION}",
)


def connect(path: Path, key_check: bytes) -> sqlite3.Connection:
    """The database at `path`, made if it is missing. Raises WorkspaceError if it is not ours or not under this key."""
    try:
        connection = sqlite3.connect(path, timeout=_LOCK_TIMEOUT, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise WorkspaceError(f"{path} cannot be opened ({error}): check the directory and its permissions") from None
    try:
        _require_ours(connection, path)
        for setting in _SETTINGS:
            connection.execute(setting)
        _create(connection, key_check)
        (found,) = connection.execute("SELECT digest FROM key_check").fetchone()
        if not hmac.compare_digest(found, key_check):
            raise WorkspaceError(f"{path} was made under another key: put the vault.key that belongs to it beside it")
        # Bytes that were erased just before a crash may still stand in the write-ahead log.
        truncate(connection, timeout=0)
    except sqlite3.Error as error:
        connection.close()
        raise WorkspaceError(f"{path} cannot be used as a vault ({error}): restore it from a backup") from None
    except WorkspaceError:
        connection.close()
        raise
    return connection


def truncate(connection: sqlite3.Connection, timeout: float) -> bool:
    """Move everything into the database file and empty the write-ahead log; False if readers held it for `timeout` seconds."""
    connection.execute(f"PRAGMA busy_timeout={int(timeout * 1000)}")
    try:
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute(f"PRAGMA busy_timeout={_LOCK_TIMEOUT * 1000}")
    return not busy


def _require_ours(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION_ID and tables:
        raise WorkspaceError(f"{path} belongs to another program: choose another directory for the vault")
    if application == APPLICATION_ID and version != SCHEMA_VERSION:
        raise WorkspaceError(
            f"{path} has schema {version}, this version reads {SCHEMA_VERSION}: use the one that wrote it"
        )


def _create(connection: sqlite3.Connection, key_check: bytes) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute("INSERT INTO key_check VALUES (?)", (key_check,))
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
