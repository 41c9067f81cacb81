"""Brings the SQLite file of a log from an older schema to the present one. Asked for by `cdp migrate`, never by opening a log."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from cdp.log.plan import KeyRow
from cdp.log.sqlite_file import APPLICATION_ID
from cdp.log.sqlite_keys import CREATE_TABLES, SLICES, unpack
from cdp.sqlite_rows import insert_rows


def keep_keys_in_runs(path: Path) -> None:
    """Schema 2 to 3: every key moves into one run. A file that is missing, or of another schema, is left alone.

    One transaction: killed half-way, nothing has changed.
    """
    if not path.exists():
        return
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        application, version = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in _HEADER)
        if (application, version) == (APPLICATION_ID, 2):
            connection.execute("BEGIN IMMEDIATE")
            _move(connection)
            connection.execute("PRAGMA user_version=3")
            connection.execute("COMMIT")
    finally:
        connection.close()


_HEADER = ("application_id", "user_version")


def _move(connection: sqlite3.Connection) -> None:
    fresh = _fresh(connection)
    connection.execute("ALTER TABLE event_keys RENAME TO settled_keys")
    for statement in CREATE_TABLES:
        connection.execute(statement)
    connection.execute(
        "INSERT INTO event_keys SELECT 1, digest, position, fingerprint FROM settled_keys ORDER BY digest"
    )
    insert_rows(connection.cursor(), "INSERT INTO event_keys", [(1, *key) for key in sorted(fresh)])
    connection.execute(
        "INSERT INTO key_runs SELECT 1, max(rowid), ? FROM stored_events HAVING max(rowid) > 0", (SLICES,)
    )
    for statement in ("DROP TABLE settled_keys", "DROP TABLE settled_slices", "DELETE FROM key_segments"):
        connection.execute(statement)


def _fresh(connection: sqlite3.Connection) -> list[KeyRow]:
    settled = dict(connection.execute("SELECT slice, position FROM settled_slices"))
    return [
        key
        for first, packed in connection.execute("SELECT first, packed FROM key_segments")
        for key in unpack(first, packed)
        if key[1] > settled.get(key[0][0] >> 4, 0)
    ]
