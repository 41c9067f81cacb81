"""Opening `inbox.sqlite`: durable settings, what is deleted is overwritten, and no other program's file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from cdp.errors import WorkspaceError

APPLICATION_ID = 0x4C4E4942
"""`LNIB` in the header of the file."""
SCHEMA_VERSION = 1

_SETTINGS = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA secure_delete=ON", "PRAGMA foreign_keys=ON")
_UNMARKED = frozenset({"raw", "items"})
"""Tables by which an inbox from before it was marked is known."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS raw (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    connector TEXT NOT NULL,
    name TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    method TEXT NOT NULL,
    query TEXT NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    mapping TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'pending'
);
CREATE INDEX IF NOT EXISTS raw_pending ON raw(id) WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS raw_received ON raw(received_at);
CREATE INDEX IF NOT EXISTS raw_refused ON raw(connector, name, id) WHERE state = 'refused';
CREATE TABLE IF NOT EXISTS items (
    raw_id INTEGER NOT NULL REFERENCES raw(id) ON DELETE CASCADE,
    n INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    path TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL DEFAULT '',
    event_id TEXT NOT NULL DEFAULT '',
    position INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (raw_id, n)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS items_failed ON items(reason) WHERE outcome = 'failed';
CREATE TABLE IF NOT EXISTS raw_people (
    surrogate INTEGER NOT NULL,
    raw_id INTEGER NOT NULL REFERENCES raw(id) ON DELETE CASCADE,
    PRIMARY KEY (surrogate, raw_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refusals (
    connector TEXT NOT NULL, name TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (connector, name, reason)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS departed (
    connector TEXT NOT NULL, name TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (connector, name, outcome, reason)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
"""
_MARKS = (f"PRAGMA application_id={APPLICATION_ID}", f"PRAGMA user_version={SCHEMA_VERSION}")


def connect(path: Path) -> sqlite3.Connection:
    """The database at `path`, made if it is missing. Raises WorkspaceError if it is not ours or cannot be used."""
    try:
        connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    except sqlite3.Error as error:
        raise WorkspaceError(f"{path} cannot be opened ({error}): check the directory and its permissions") from None
    try:
        _require_ours(connection, path)
        for setting in _SETTINGS:
            connection.execute(setting)
        connection.executescript(_SCHEMA)
        for mark in _MARKS:
            connection.execute(mark)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise WorkspaceError(
            f"{path} cannot be used as an inbox ({error}): restore it from a backup, or move it away and go on without "
            "the bodies it kept"
        ) from None
    except WorkspaceError:
        connection.close()
        raise
    return connection


def _require_ours(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if application != APPLICATION_ID and tables and (application or not tables >= _UNMARKED):
        raise WorkspaceError(f"{path} belongs to another program: choose another directory for the workspace")
    if application == APPLICATION_ID and version != SCHEMA_VERSION:
        raise WorkspaceError(
            f"{path} has schema {version}, this version reads {SCHEMA_VERSION}: use the one that wrote it"
        )
