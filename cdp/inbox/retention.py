"""How raw bodies go: after their time, or because somebody they mention is erased. What became of their items stays counted.

Bytes that go are overwritten, in the file and in its write-ahead log.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable
from typing import Literal

from cdp.errors import WorkspaceError
from cdp.inbox.store import Inbox, Raw

TRUNCATE_SECONDS = 10.0
_CHUNK = 500
_FAILED = "EXISTS (SELECT 1 FROM items WHERE raw_id = raw.id AND outcome = 'failed')"
_UNKNOWN = "EXISTS (SELECT 1 FROM items WHERE raw_id = raw.id AND outcome IN ('failed', 'ignored'))"
_NAMING = "SELECT DISTINCT raw_id FROM raw_people WHERE surrogate IN (SELECT value FROM json_each(?))"
Why = Literal["erased", "expired"]
"""The reason under which an item that was failed or not yet mapped is counted as ignored when its body goes."""


def unattributed(inbox: Inbox) -> Iterable[Raw]:
    """Bodies of which something is pending, failed or ignored: nobody has written down whom they mention."""
    last = 0
    while found := inbox.bodies(
        f"WHERE id > ? AND (state = 'pending' OR {_UNKNOWN}) ORDER BY id LIMIT ?", (last, _CHUNK)
    ):
        yield from found
        last = found[-1].id


def naming(inbox: Inbox, surrogates: Collection[int]) -> list[int]:
    """The numbers of the bodies that mention any of these surrogates, as far as it was written down."""
    rows = inbox.select(f"{_NAMING} ORDER BY raw_id", (json.dumps(list(surrogates)),))
    return [raw_id for (raw_id,) in rows]


def erase(inbox: Inbox, surrogates: Collection[int], bodies: Iterable[int] = ()) -> int:
    """Delete the bodies that mention any of these surrogates, and those with these numbers; answers how many went.

    All of them or none. Raises WorkspaceError when another program holds the write-ahead log with the old bytes open.
    """
    with inbox.transaction() as db:
        named = [raw_id for (raw_id,) in db.execute(_NAMING, (json.dumps(list(surrogates)),))]
        gone = _depart(db, sorted({*bodies, *named}), "erased")
    if not inbox.truncate(TRUNCATE_SECONDS):
        raise WorkspaceError(
            "everything was deleted, but another program keeps the inbox's write-ahead log open: end it and erase again"
        )
    return gone


def expire(inbox: Inbox, *, received_before: int, failed_before: int) -> int:
    """Delete bodies whose items are all settled and that came before a moment, and those that failed before an earlier one.

    What is pending stays. Short transactions, so that callbacks are stored meanwhile; answers how many bodies went.
    """
    gone = 0
    while True:
        with inbox.transaction() as db:
            rows = db.execute(
                f"SELECT id FROM raw WHERE state <> 'pending' AND received_at < ? AND (received_at < ? OR NOT {_FAILED}) "
                "ORDER BY received_at LIMIT ?",
                (max(received_before, failed_before), failed_before, _CHUNK),
            ).fetchall()
            gone += _depart(db, [i for (i,) in rows], "expired")
        if len(rows) < _CHUNK:
            break
    if gone:
        inbox.truncate(TRUNCATE_SECONDS)
    return gone


def mark(inbox: Inbox, name: str) -> int:
    """Up to which position of the log something was carried out here; 0 at first."""
    rows = inbox.select("SELECT position FROM marks WHERE name = ?", (name,))
    return int(rows[0][0]) if rows else 0


def set_mark(inbox: Inbox, name: str, position: int) -> None:
    """Write down that something was carried out up to a position."""
    with inbox.transaction() as db:
        db.execute("INSERT OR REPLACE INTO marks VALUES (?, ?)", (name, position))


def _depart(db: sqlite3.Connection, ids: list[int], why: Why) -> int:
    """Delete bodies and keep the counts of their items: what had not come to an end is now ignored, and says why.

    What was refused was never among the received.
    """
    chosen = json.dumps(ids)
    db.execute(
        "INSERT INTO departed SELECT r.connector, r.name, CASE i.outcome WHEN 'failed' THEN 'ignored' ELSE i.outcome END, "
        "CASE i.outcome WHEN 'failed' THEN ? ELSE i.reason END, count(*) FROM items i JOIN raw r ON r.id = i.raw_id "
        "WHERE r.state <> 'refused' AND r.id IN (SELECT value FROM json_each(?)) GROUP BY 1, 2, 3, 4 "
        "ON CONFLICT (connector, name, outcome, reason) DO UPDATE SET count = count + excluded.count",
        (why, chosen),
    )
    db.execute(
        "INSERT INTO departed SELECT connector, name, 'ignored', ?, count(*) FROM raw "
        "WHERE id IN (SELECT value FROM json_each(?)) AND NOT EXISTS (SELECT 1 FROM items WHERE raw_id = raw.id) "
        "GROUP BY 1, 2 ON CONFLICT (connector, name, outcome, reason) DO UPDATE SET count = count + excluded.count",
        (why, chosen),
    )
    return db.execute("DELETE FROM raw WHERE id IN (SELECT value FROM json_each(?))", (chosen,)).rowcount
