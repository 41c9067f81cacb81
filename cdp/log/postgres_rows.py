"""Rows into and out of a log in PostgreSQL: whole columns by COPY in, one consistent state out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from eventsourcing.persistence import OperationalError

from cdp.log.snapshot import CHUNK, Snapshot, side_by_side

Cursor = psycopg.Cursor[Any]
_COLUMNS = "notification_id, originator_id, originator_version, topic, state"
COPY_EVENTS = f"COPY stored_events ({_COLUMNS}) FROM STDIN"
COPY_KEYS = "COPY event_keys (digest, position, fingerprint) FROM STDIN"
NEXT_POSITION = "SELECT setval(pg_get_serial_sequence('stored_events', 'notification_id'), %s)"
_EVENTS = f"SELECT {_COLUMNS} FROM stored_events ORDER BY notification_id"
_KEYS = "SELECT digest, position, fingerprint FROM event_keys ORDER BY position"
_FOLLOWERS = (
    "SELECT application_name, notification_id FROM notification_tracking WHERE application_name <> '__migration__'"
)


def copy_in(c: Cursor, statement: LiteralString, rows: Iterable[Sequence[Any]]) -> None:
    """Send rows by a COPY statement."""
    with c.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


@contextmanager
def snapshot(address: str) -> Iterator[Snapshot]:
    """Everything there is at this moment, read bit by bit while others write."""
    with translated(), psycopg.connect(address) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        # One transaction sees one state, through however many cursors; those with a name read as much as they are asked for.
        with connection.cursor("events") as events, connection.cursor("keys") as keys, connection.cursor() as c:
            ((head,),) = c.execute("SELECT coalesce(max(notification_id), 0) FROM stored_events").fetchall()
            followers: dict[str, int] = dict(c.execute(_FOLLOWERS).fetchall())
            events.itersize = keys.itersize = CHUNK
            events.execute(_EVENTS)
            keys.execute(_KEYS)
            yield Snapshot(head, side_by_side(events, keys), followers)


@contextmanager
def translated() -> Iterator[None]:
    """The driver's errors as the library's."""
    try:
        yield
    except psycopg.Error as error:
        raise OperationalError(str(error)) from error
