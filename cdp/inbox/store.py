"""The inbox's database: raw bodies, stored before the platform is answered, and what became of each of their items.

The law of the door holds on its rows: an item is accepted, duplicate, failed or ignored, and a body whose items are not
known yet is pending. A crash leaves a body pending; mapping it again gives the same ids, so nothing doubles.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cdp.errors import WorkspaceError
from cdp.inbox.file import connect
from cdp.ports import Callback
from cdp.vault.file import truncate

Outcome = Literal["accepted", "duplicate", "failed", "ignored"]

_KEPT_HEADERS = ("content-type", "event-sign", "event-type", "client-id")


@dataclass(frozen=True)
class Item:
    """What became of one item of a raw body."""

    outcome: Outcome
    reason: str = ""
    path: str = ""
    message: str = ""
    event_id: str = ""
    position: int = 0
    surrogates: tuple[int, ...] = ()


@dataclass(frozen=True)
class Raw:
    """One stored body."""

    id: int
    connector: str
    name: str
    mapping: str
    callback: Callback


@dataclass
class _Ticket:
    row: tuple[object, ...]
    items: Sequence[Item] | None
    id: int = 0
    done: bool = False
    error: Exception | None = field(default=None)


class Inbox:
    """Thread-safe. `store` and `keep` are durable when they return; concurrent ones share a commit.

    They raise WorkspaceError when the disk does not take them, and then nothing of them was kept.
    """

    def __init__(self, path: Path):
        """Open or make the database. Raises WorkspaceError if it is not ours or cannot be used."""
        self._db = connect(path)
        self._commit_lock = threading.RLock()
        self._queue_lock = threading.Lock()
        self._queue: list[_Ticket] = []
        self.arrived = threading.Event()

    def store(self, connector: str, name: str, callback: Callback) -> int:
        """Keep a callback raw, to be mapped later; answers its number."""
        return self._submit(_Ticket(row_of(connector, name, callback, "", "pending"), None))

    def keep(self, connector: str, name: str, callback: Callback, items: Sequence[Item], mapping: str = "") -> int:
        """Keep a body whose items are already known, as the HTTP doors do with what they could not take."""
        return self._submit(_Ticket(row_of(connector, name, callback, mapping, "done"), items))

    def keep_all(
        self, connector: str, name: str, bodies: Sequence[tuple[Callback, Sequence[Item]]], mapping: str = ""
    ) -> None:
        """`keep` for many bodies, in one commit."""
        tickets = [_Ticket(row_of(connector, name, callback, mapping, "done"), items) for callback, items in bodies]
        with self._queue_lock:
            self._queue += tickets
        with self._commit_lock:
            if not all(ticket.done for ticket in tickets):
                self._flush()
        for ticket in tickets:
            if ticket.error is not None:
                raise ticket.error

    def pending(self, limit: int) -> list[Raw]:
        """The oldest bodies that are not mapped yet."""
        return self.bodies("WHERE state = 'pending' ORDER BY id LIMIT ?", (limit,))

    def pending_count(self) -> int:
        """How many bodies wait."""
        return int(self._one("SELECT count(*) FROM raw WHERE state = 'pending'"))

    def get(self, raw_id: int) -> Raw | None:
        """One stored body, or None."""
        return next(iter(self.bodies("WHERE id = ?", (raw_id,))), None)

    def settle(self, results: Iterable[tuple[int, str, Sequence[Item]]]) -> None:
        """Write what became of the items of bodies: (raw id, mapping version, items). One transaction for all."""
        with self._commit_lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            for raw_id, mapping, items in results:
                self._db.execute("UPDATE raw SET state = 'done', mapping = ? WHERE id = ?", (mapping, raw_id))
                # A better mapping may find fewer items; what an older one thought it saw is no item any more.
                self._db.execute(
                    "DELETE FROM items WHERE raw_id = ? AND n >= ? AND outcome <> 'accepted'", (raw_id, len(items))
                )
                _write_items(self._db, raw_id, items)

    def failures(self, *, after: int = 0, limit: int = 100, reason: str = "") -> list[dict[str, object]]:
        """Failed items with where they came from, oldest first."""
        with self._commit_lock:
            rows = self._db.execute(
                "SELECT r.id, i.n, r.connector, r.name, r.received_at, i.reason, i.path, i.message, i.event_id, r.mapping "
                "FROM items i JOIN raw r ON r.id = i.raw_id "
                "WHERE i.outcome = 'failed' AND r.id > ? AND (? = '' OR i.reason = ?) ORDER BY r.id, i.n LIMIT ?",
                (after, reason, reason, limit),
            ).fetchall()
        names = ("id", "item", "connector", "name", "received_at", "reason", "path", "message", "event_id", "mapping")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def waiting(self) -> dict[str, int]:
        """How many failed items wait for a fix and a replay, by reason; those of refused bodies are among them."""
        rows = self.select(
            "SELECT i.reason, count(*) FROM items i JOIN raw r ON r.id = i.raw_id "
            "WHERE i.outcome = 'failed' AND r.state <> 'pending' GROUP BY 1 ORDER BY 1"
        )
        return dict(rows)

    def items(self, raw_id: int) -> list[Item]:
        """What became of the items of one body."""
        with self._commit_lock:
            rows = self._db.execute(
                "SELECT outcome, reason, path, message, event_id, position FROM items WHERE raw_id = ? ORDER BY n",
                (raw_id,),
            ).fetchall()
        return [Item(*row) for row in rows]

    def replay(self, raw_ids: Sequence[int] | None = None) -> int:
        """Make bodies with failed items pending again (all of them without `raw_ids`); answers how many.

        Refused ones stay, since nothing has proved yet where they come from: see `refusals`.
        """
        chosen = raw_ids if raw_ids is not None else [int(str(f["id"])) for f in self.failures(limit=1_000_000)]
        with self._commit_lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            changed = 0
            for raw_id in dict.fromkeys(chosen):
                changed += self._db.execute(
                    "UPDATE raw SET state = 'pending' WHERE id = ? AND state <> 'refused' AND EXISTS "
                    "(SELECT 1 FROM items WHERE raw_id = raw.id AND outcome = 'failed')",
                    (raw_id,),
                ).rowcount
        self.arrived.set()
        return changed

    def counts(self) -> list[dict[str, object]]:
        """Per connector and account: items by outcome and reason, bodies pending, callbacks refused.

        Items of bodies that were deleted meanwhile are among them.
        """
        with self._commit_lock:
            rows = self._db.execute(
                "SELECT connector, name, outcome, reason, sum(n) FROM ("
                "SELECT r.connector, r.name, i.outcome, i.reason, count(*) AS n FROM items i JOIN raw r ON r.id = i.raw_id "
                "WHERE r.state = 'done' OR i.outcome = 'accepted' "
                "GROUP BY 1, 2, 3, 4 UNION ALL SELECT * FROM departed) GROUP BY 1, 2, 3, 4 "
                "UNION ALL SELECT connector, name, 'pending', '', count(*) FROM raw WHERE state = 'pending' GROUP BY 1, 2 "
                "UNION ALL SELECT connector, name, 'refused', reason, count FROM refusals ORDER BY 1, 2, 3, 4"
            ).fetchall()
        names = ("connector", "name", "outcome", "reason", "count")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def bodies(self, where: str, parameters: tuple[object, ...] = ()) -> list[Raw]:
        """Stored bodies by a condition on `raw`."""
        with self._commit_lock:
            rows = self._db.execute(
                "SELECT id, connector, name, mapping, method, query, headers, body, received_at FROM raw " + where,
                parameters,
            ).fetchall()
        return [
            Raw(
                i, connector, name, mapping, Callback(method, json.loads(query), json.loads(headers), body, received_at)
            )
            for i, connector, name, mapping, method, query, headers, body, received_at in rows
        ]

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The database for one transaction, nobody else writing meanwhile; undone if the block raises."""
        with self._commit_lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            yield self._db

    def select(self, sql: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """The rows of one question to the database; takes no write lock."""
        with self._commit_lock:
            return self._db.execute(sql, parameters).fetchall()

    def check(self) -> list[str]:
        """What is wrong with the inbox, one sentence each; empty if nothing is."""
        broken = [f"inbox: SQLite: {text}" for (text,) in self.select("PRAGMA integrity_check(20)") if text != "ok"]
        astray = len(self.select("PRAGMA foreign_key_check"))
        return broken or ([f"inbox: {astray} rows belong to a body that is not there"] if astray else [])

    def truncate(self, timeout: float) -> bool:
        """Empty the write-ahead log, so that deleted bytes are in no file; False if readers held it for so many seconds."""
        with self._commit_lock:
            return truncate(self._db, timeout)

    def close(self) -> None:
        """Close the database."""
        with self._commit_lock:
            self._db.close()

    def _submit(self, ticket: _Ticket) -> int:
        with self._queue_lock:
            self._queue.append(ticket)
        with self._commit_lock:
            if not ticket.done:
                self._flush()
        assert ticket.done
        if ticket.error is not None:
            raise ticket.error
        self.arrived.set()
        return ticket.id

    def _flush(self) -> None:
        """Write everything that queued up in one transaction; the first to get the lock does it for the others."""
        with self._queue_lock:
            tickets, self._queue = self._queue, []
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                for ticket in tickets:
                    ticket.id = insert(self._db, ticket.row, ticket.items or ())
        except BaseException as error:
            # Nothing of the group is kept, and every caller hears of it: none may be told that its body was stored.
            for ticket in tickets:
                ticket.error = WorkspaceError(f"the inbox could not keep it, so it was not taken: {error}")
            if not isinstance(error, Exception):
                raise
        finally:
            for ticket in tickets:
                ticket.done = True

    def _one(self, sql: str) -> int:
        with self._commit_lock:
            (value,) = self._db.execute(sql).fetchone()
        return int(value)


def row_of(connector: str, name: str, callback: Callback, mapping: str, state: str) -> tuple[object, ...]:
    """The row of `raw` that keeps a callback."""
    headers = {k: v for k, v in callback.headers.items() if k in _KEPT_HEADERS}
    return (
        connector, name, callback.received_at, callback.method, json.dumps(dict(callback.query)), json.dumps(headers),
        callback.body, mapping, state,
    )  # fmt: skip


def insert(db: sqlite3.Connection, row: tuple[object, ...], items: Sequence[Item]) -> int:
    """Keep a body and what is known of its items, inside the caller's transaction; answers its number."""
    cursor = db.execute(
        "INSERT INTO raw (connector, name, received_at, method, query, headers, body, mapping, state) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row,
    )
    raw_id = cursor.lastrowid or 0
    _write_items(db, raw_id, items)
    return raw_id


def _write_items(db: sqlite3.Connection, raw_id: int, items: Sequence[Item]) -> None:
    """An item that was accepted stays accepted: a second mapping finds it as a duplicate of itself."""
    db.executemany(
        "INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (raw_id, n) DO UPDATE SET "
        "outcome = excluded.outcome, reason = excluded.reason, path = excluded.path, message = excluded.message, "
        "event_id = excluded.event_id, position = excluded.position WHERE items.outcome <> 'accepted'",
        [(raw_id, n, i.outcome, i.reason, i.path, i.message, i.event_id, i.position) for n, i in enumerate(items)],
    )
    db.executemany("INSERT OR IGNORE INTO raw_people VALUES (?, ?)", [(s, raw_id) for i in items for s in i.surrogates])
