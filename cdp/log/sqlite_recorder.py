"""The library's SQLite process recorder, with a table beside it that keeps `(source, id)` unique for ever."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent, Tracking
from eventsourcing.sqlite import SQLiteCursor, SQLiteFactory, SQLiteProcessRecorder
from eventsourcing.utils import Environment

from cdp.codec import decode
from cdp.events.event import Event
from cdp.log.plan import Ground, Plan, Write, make_plan
from cdp.log.recorder import LogRecorder, Outcome
from cdp.log.snapshot import Snapshot, require_empty, side_by_side
from cdp.log.sqlite_file import APPLICATION_ID, SCHEMA_VERSION, LogFile
from cdp.log.sqlite_keys import CREATE_TABLES, EventKeys
from cdp.ports import StoredRow
from cdp.recent import Recent
from cdp.sqlite_rows import insert_rows, select_in

_STREAMS_REMEMBERED = 50_000


class SqliteRecorder(SQLiteProcessRecorder, LogRecorder):
    """See LogRecorder. A position is a rowid, given here."""

    def __init__(self, datastore: LogFile):
        super().__init__(datastore)
        columns = "rowid, originator_id, originator_version, topic, state"
        self._insert_into_events = f"INSERT INTO {self.events_table_name} ({columns})"
        self._select_rows = f"SELECT {columns} FROM {self.events_table_name}"
        self._select_events = f"SELECT rowid, originator_id, topic, state FROM {self.events_table_name}"
        self._select_begun = (
            f"SELECT originator_id FROM {self.events_table_name} WHERE originator_version=1 AND originator_id IN"
        )
        self._versions: Recent[str, int] = Recent(_STREAMS_REMEMBERED)
        self._keys = EventKeys()
        self._seen: tuple[int, int] | None = None
        self._head = 0
        self._recorded_at = 0

    def construct_create_table_statements(self) -> list[str]:
        return [
            *super().construct_create_table_statements(),
            *CREATE_TABLES,
            f"PRAGMA application_id={APPLICATION_ID}",
            f"PRAGMA user_version={SCHEMA_VERSION}",
        ]

    # --- writing -----------------------------------------------------------------------------------------------

    def claim(self) -> None:
        """Nothing to claim: each transaction takes SQLite's write lock when it begins."""

    def record(self, writes: Sequence[Write], now: Callable[[], int]) -> tuple[int, list[Outcome]]:
        try:
            with self.datastore.transaction(commit=True) as c:
                self._catch_up(c)
                plan, outcomes = self._insert_plan(c, writes, max(now(), self._recorded_at))
        except BaseException:
            self._seen, self._keys = None, EventKeys()
            raise
        self._head, self._recorded_at = plan.head, plan.recorded_at if plan.events else self._recorded_at
        self._versions.put_all(plan.versions)
        return plan.head, outcomes

    def _insert_plan(self, c: SQLiteCursor, writes: Sequence[Write], recorded_at: int) -> tuple[Plan, list[Outcome]]:
        plan, outcomes = make_plan(self._ground(c, writes, recorded_at), writes)
        insert_rows(c.sqlite_cursor, self._insert_into_events, plan.events)
        self._keys.add(c, plan.keys)
        for follower, position in plan.followers.items():
            self._insert_tracking(c, Tracking(follower, position))
        return plan, outcomes

    def _ground(self, c: SQLiteCursor, writes: Sequence[Write], recorded_at: int) -> Ground:
        streams = {event.stream for each in writes for event in each.events}
        for each in writes:
            streams.update(each.expected)
        followers = {each.follower: self._max_tracking_id(each.follower, c) or 0 for each in writes if each.follower}
        taken = self._keys.taken(c, [digest for each in writes for digest in each.digests])
        return Ground(self._head, recorded_at, self._stream_versions(c, streams), followers, taken)

    def _stream_versions(self, c: SQLiteCursor, streams: Collection[str]) -> dict[str, int]:
        names = list(streams)
        known = self._versions.get_all(names)
        found = {stream: version for stream, version in zip(names, known, strict=True) if version is not None}
        if len(found) < len(names):
            missing = [stream for stream in names if stream not in found]
            found.update(dict.fromkeys(missing, 0))
            # Most of what is not remembered is new; a stream that is not has its first event.
            if old := [row[0] for row in select_in(c.sqlite_cursor, self._select_begun, missing)]:
                c.execute(
                    "SELECT value, (SELECT max(originator_version) FROM stored_events WHERE originator_id = value) FROM json_each(?)",
                    (json.dumps(old),),
                )
                found.update((row[0], row[1]) for row in c.fetchall())
        return found

    def _catch_up(self, c: SQLiteCursor) -> None:
        """Believe what is remembered only while nobody else has written."""
        c.execute("PRAGMA data_version")
        seen = (id(c.sqlite_cursor.connection), c.fetchone()[0])
        if seen == self._seen:
            return
        self._versions.clear()
        self._keys.load(c)
        self._head = self._max_notification_id(c) or 0
        self._recorded_at = self._last_recorded_at(c)
        self._seen = seen

    def _last_recorded_at(self, c: SQLiteCursor) -> int:
        c.execute(f"SELECT topic, state FROM {self.events_table_name} WHERE rowid=?", (self._head,))
        row = c.fetchone()
        return decode(row[1], position=self._head, stream="", type=row[0]).recorded_at if row else 0

    def _insert_events(
        self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """What the library's own callers insert: positions are given here as well, without a statement an event."""
        self._seen = None
        first = (self._max_notification_id(c) or 0) + 1
        positions = range(first, first + len(stored_events))
        rows = [
            (position, _text(s.originator_id), s.originator_version, s.topic, s.state)
            for position, s in zip(positions, stored_events, strict=True)
        ]
        insert_rows(c.sqlite_cursor, self._insert_into_events, rows)
        if (tracking := kwargs.get("tracking")) is not None:
            self._insert_tracking(c, tracking)
        return list(positions)

    # --- reading -----------------------------------------------------------------------------------------------

    def select_after(self, after: int, limit: int, types: Collection[str]) -> list[Event]:
        wanted = f"AND topic IN ({','.join('?' * len(types))}) " if types else ""
        return self._select(f"rowid>? {wanted}ORDER BY rowid LIMIT ?", (after, *types, limit))

    def select_stored(self, after: int, limit: int) -> list[StoredRow]:
        return self._rows("rowid>? ORDER BY rowid LIMIT ?", (after, limit))

    def select_streams(self, streams: Iterable[str], up_to: int | None) -> list[Event]:
        condition = "originator_id IN (SELECT value FROM json_each(?)) AND rowid<=? ORDER BY rowid"
        return self._select(condition, (json.dumps(list(streams)), 2**63 - 1 if up_to is None else up_to))

    def _select(self, condition: str, parameters: tuple[object, ...]) -> list[Event]:
        rows = self._rows(condition, parameters)
        return [decode(state, position=position, stream=stream, type=type_) for position, stream, type_, state in rows]

    def _rows(self, condition: str, parameters: tuple[object, ...]) -> list[StoredRow]:
        with self.datastore.transaction(commit=False) as c:
            c.sqlite_cursor.row_factory = None
            c.execute(f"{self._select_events} WHERE {condition}", parameters)
            rows: list[StoredRow] = c.fetchall()
        return rows

    # --- copying -----------------------------------------------------------------------------------------------

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        with self.datastore.transaction(commit=False) as c:
            # One transaction sees one state, through however many cursors.
            keys = SQLiteCursor(c.sqlite_cursor.connection.cursor())
            head = self._max_notification_id(c) or 0
            c.sqlite_cursor.row_factory = keys.sqlite_cursor.row_factory = None
            c.execute(
                "SELECT application_name, notification_id FROM tracking WHERE application_name <> '__migration__'"
            )
            followers = dict(c.fetchall())
            c.execute(f"{self._select_rows} ORDER BY rowid")
            with closing(keys.sqlite_cursor):
                yield Snapshot(head, side_by_side(iter(c.fetchone, None), EventKeys().in_order(keys)), followers)

    def fill(self, snapshot: Snapshot) -> None:
        try:
            with self.datastore.transaction(commit=True) as c:
                self._catch_up(c)
                require_empty(self._head)
                for events, keys in snapshot.rows:
                    insert_rows(c.sqlite_cursor, self._insert_into_events, events)
                    self._keys.add(c, keys)
                for follower, position in snapshot.followers.items():
                    self._insert_tracking(c, Tracking(follower, position))
        finally:
            self._seen, self._keys = None, EventKeys()

    def check(self) -> list[str]:
        with self.datastore.transaction(commit=False) as c:
            c.execute("PRAGMA integrity_check(20)")
            if broken := [f"SQLite: {row[0]}" for row in c.fetchall() if row[0] != "ok"]:
                return broken
            wrong = []
            for question, sentence in _CHECKS:
                c.execute(question)
                if count := c.fetchone()[0]:
                    wrong.append(sentence.format(count))
            return wrong + EventKeys().check(c)


def _text(originator_id: UUID | str) -> str:
    return originator_id.hex if isinstance(originator_id, UUID) else originator_id


class SqliteFile(SQLiteFactory):
    """Makes our recorder over a file."""

    def __init__(self, db_name: str):
        super().__init__(Environment(env={"SQLITE_DBNAME": db_name, "ORIGINATOR_ID_TYPE": "text"}))
        self.file = self.datastore = LogFile(db_name)

    def process_recorder(self) -> SqliteRecorder:
        recorder = SqliteRecorder(self.file)
        recorder.create_table()
        return recorder


_CHECKS = (
    ("SELECT coalesce(max(rowid), 0) - count(*) FROM stored_events", "{} positions are missing"),
    (
        "SELECT count(*) FROM (SELECT 1 FROM stored_events GROUP BY originator_id HAVING max(originator_version) <> count(*))",
        "{} streams have a gap in their versions",
    ),
    (
        "SELECT count(*) FROM tracking WHERE application_name <> '__migration__' AND notification_id > (SELECT coalesce(max(rowid), 0) FROM stored_events)",
        "{} followers are ahead of the log",
    ),
)
