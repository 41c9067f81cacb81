"""The library's PostgreSQL process recorder, with a table beside it that keeps `(source, id)` unique for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psycopg
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresProcessRecorder
from psycopg.rows import dict_row
from psycopg.sql import SQL

from cdp.codec import decode
from cdp.errors import LogError
from cdp.events.event import Event
from cdp.log.plan import Ground, Plan, Write, make_plan
from cdp.log.postgres_rows import COPY_EVENTS, COPY_KEYS, NEXT_POSITION, Cursor, copy_in, snapshot, translated
from cdp.log.recorder import LogRecorder, Outcome
from cdp.log.snapshot import Snapshot, require_empty
from cdp.ports import StoredRow
from cdp.recent import Recent

_STREAMS_REMEMBERED = 50_000
_WRITER = 0x4C4E4C47
"""The advisory lock that the one writing process holds on the database."""


class PostgresRecorder(PostgresProcessRecorder, LogRecorder):
    """See LogRecorder. One process writes at a time: it takes an advisory lock by `claim` or its first write, and keeps it.

    The database gives that lock back when the process is gone, however it went.
    """

    def __init__(self, datastore: PostgresDatastore, address: str):
        super().__init__(datastore)
        self.sql_create_statements += [SQL(statement).format() for statement in _SCHEMA]
        self._address = address
        self._versions: Recent[str, int] = Recent(_STREAMS_REMEMBERED)
        self._head = 0
        self._recorded_at = 0
        self._writer: psycopg.Connection[Any] | None = None
        self._lock = threading.Lock()

    # --- writing -----------------------------------------------------------------------------------------------

    def claim(self) -> None:
        with self._lock, self._writing():
            pass

    def record(self, writes: Sequence[Write], now: Callable[[], int]) -> tuple[int, list[Outcome]]:
        with self._lock, self._writing() as connection:
            with connection.transaction(), connection.cursor() as c:
                ground = self._ground(c, writes, max(now(), self._recorded_at))
                plan, outcomes = make_plan(ground, writes)
                self._insert_plan(c, plan)
            self._head, self._recorded_at = plan.head, plan.recorded_at if plan.events else self._recorded_at
            self._versions.put_all(plan.versions)
        return plan.head, outcomes

    def disconnect(self) -> None:
        """Give up writing. Idempotent."""
        with self._lock:
            self._drop_writer()

    def _insert_plan(self, c: Cursor, plan: Plan) -> None:
        if plan.events:
            copy_in(c, COPY_EVENTS, plan.events)
            copy_in(c, COPY_KEYS, plan.keys)
            # The library's own way to write takes the next position from this sequence.
            c.execute(NEXT_POSITION, (plan.head,))
        self._follow(c, plan.followers)

    def _follow(self, c: Cursor, followers: Mapping[str, int]) -> None:
        with c.connection.cursor(row_factory=dict_row) as tracking:
            for follower, position in followers.items():
                self._insert_tracking(tracking, Tracking(follower, position))

    def _ground(self, c: Cursor, writes: Sequence[Write], recorded_at: int) -> Ground:
        streams = {event.stream for each in writes for event in each.events}
        for each in writes:
            streams.update(each.expected)
        c.execute(
            "SELECT digest, position, fingerprint FROM event_keys WHERE digest = ANY(%s)",
            ([digest for each in writes for digest in each.digests],),
        )
        taken = {key[0]: key for key in c.fetchall()}
        followers = {each.follower: self._followed(c, each.follower) for each in writes if each.follower}
        return Ground(self._head, recorded_at, self._stream_versions(c, streams), followers, taken)

    def _followed(self, c: Cursor, follower: str) -> int:
        with c.connection.cursor(row_factory=dict_row) as tracking:
            return self._max_tracking_id(follower, tracking) or 0

    def _stream_versions(self, c: Cursor, streams: Collection[str]) -> dict[str, int]:
        names = list(streams)
        known = self._versions.get_all(names)
        found = {stream: version for stream, version in zip(names, known, strict=True) if version is not None}
        if missing := [stream for stream in names if stream not in found]:
            c.execute(
                "SELECT name, coalesce((SELECT max(originator_version) FROM stored_events WHERE originator_id = name), 0) "
                "FROM unnest(%s::text[]) AS name",
                (missing,),
            )
            found.update(c.fetchall())
        return found

    @contextmanager
    def _writing(self) -> Iterator[psycopg.Connection[Any]]:
        """The connection that writes; given up when anything fails, so that the next write looks at everything anew."""
        try:
            with translated():
                if self._writer is None:
                    self._writer = self._connect_writer()
                yield self._writer
        except BaseException:
            self._drop_writer()
            raise

    def _connect_writer(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(self._address, autocommit=True)
        try:
            with connection.cursor() as c:
                c.execute("SET synchronous_commit TO on")
                c.execute("SELECT pg_try_advisory_lock(%s, 0)", (_WRITER,))
                if c.fetchall() != [(True,)]:
                    raise LogError("another process writes to this log: stop it first, or let it do the writing")
                c.execute(
                    "SELECT notification_id, topic, state FROM stored_events ORDER BY notification_id DESC LIMIT 1"
                )
                self._versions.clear()
                self._head = self._recorded_at = 0
                for self._head, topic, state in c.fetchall():
                    self._recorded_at = decode(state, position=0, stream="", type=topic).recorded_at
        except BaseException:
            connection.close()
            raise
        return connection

    def _drop_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    # --- reading -----------------------------------------------------------------------------------------------

    # The library asks ten times before it says that the server is away; whoever asks us wants to know at once.

    def max_notification_id(self) -> int | None:
        with self.datastore.get_connection() as connection, connection.cursor() as c:
            c.execute(self.max_notification_id_statement)
            row = c.fetchone()
        return row["max"] if row else None

    def max_tracking_id(self, application_name: str) -> int | None:
        with self.datastore.get_connection() as connection, connection.cursor() as c:
            return self._max_tracking_id(application_name, c)

    def select_after(self, after: int, limit: int, types: Collection[str]) -> list[Event]:
        return self._select(
            "notification_id > %s AND (%s OR topic = ANY(%s)) ORDER BY notification_id LIMIT %s",
            (after, not types, list(types), limit),
        )

    def select_stored(self, after: int, limit: int) -> list[StoredRow]:
        return self._rows("notification_id > %s ORDER BY notification_id LIMIT %s", (after, limit))

    def select_streams(self, streams: Iterable[str], up_to: int | None) -> list[Event]:
        return self._select(
            "originator_id = ANY(%s) AND notification_id <= %s ORDER BY notification_id",
            (list(streams), 2**63 - 1 if up_to is None else up_to),
        )

    def _select(self, condition: str, parameters: tuple[object, ...]) -> list[Event]:
        rows = self._rows(condition, parameters)
        return [decode(state, position=position, stream=stream, type=type_) for position, stream, type_, state in rows]

    def _rows(self, condition: str, parameters: tuple[object, ...]) -> list[StoredRow]:
        with self.datastore.get_connection() as connection, connection.cursor(row_factory=psycopg.rows.tuple_row) as c:
            c.execute(
                "SELECT notification_id, originator_id, topic, state FROM stored_events WHERE " + condition,
                parameters,
            )
            return c.fetchall()

    # --- copying -----------------------------------------------------------------------------------------------

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        return snapshot(self._address)

    def fill(self, snapshot: Snapshot) -> None:
        with self._lock, self._writing() as connection:
            require_empty(self._head)
            with connection.transaction(), connection.cursor() as c:
                for events, keys in snapshot.rows:
                    copy_in(c, COPY_EVENTS, events)
                    copy_in(c, COPY_KEYS, keys)
                if snapshot.head:
                    c.execute(NEXT_POSITION, (snapshot.head,))
                self._follow(c, snapshot.followers)
            # What was remembered of the empty log holds no longer.
            self._drop_writer()

    def check(self) -> list[str]:
        wrong = []
        with self.datastore.transaction() as c:
            for question, sentence in _CHECKS:
                c.execute(question)
                for row in c.fetchall():
                    if row["found"]:
                        wrong.append(sentence.format(row["found"]))
        return wrong


_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS event_keys (digest bytea PRIMARY KEY, position bigint NOT NULL, fingerprint bytea)",
)
_CHECKS = (
    ("SELECT coalesce(max(notification_id), 0) - count(*) AS found FROM stored_events", "{} positions are missing"),
    (
        "SELECT count(*) AS found FROM event_keys k LEFT JOIN stored_events e ON e.notification_id = k.position "
        "WHERE e.notification_id IS NULL",
        "{} keys point to an event that is not there",
    ),
    (
        "SELECT count(*) AS found FROM stored_events e LEFT JOIN event_keys k ON k.position = e.notification_id "
        "WHERE k.position IS NULL",
        "{} events have no key",
    ),
    (
        "SELECT count(*) - count(DISTINCT position) AS found FROM event_keys",
        "{} keys point to an event that has another key",
    ),
    (
        "SELECT count(*) AS found FROM (SELECT 1 FROM stored_events GROUP BY originator_id "
        "HAVING max(originator_version) <> count(*)) AS streams",
        "{} streams have a gap in their versions",
    ),
    (
        "SELECT count(*) AS found FROM notification_tracking WHERE application_name <> '__migration__' "
        "AND notification_id > (SELECT coalesce(max(notification_id), 0) FROM stored_events)",
        "{} followers are ahead of the log",
    ),
)
"""Questions that must be answered with 0, and what is wrong if not."""
