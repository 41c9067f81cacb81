"""The log as an application of the `eventsourcing` library."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from eventsourcing.application import Application
from eventsourcing.persistence import ConnectionPoolClosedError, InfrastructureFactory, PersistenceError
from eventsourcing.sqlite import SQLiteFactory
from eventsourcing.utils import Environment, EnvType

from cdp.clock import Clock
from cdp.errors import LogDamaged, LogError
from cdp.events.event import Event
from cdp.log.grouping import Grouping, Outcome
from cdp.log.plan import Write, write
from cdp.log.sqlite_file import LogFile, require_ours
from cdp.log.sqlite_recorder import SqliteRecorder
from cdp.ports import Appended

_POLL = 0.05
"""Seconds after which a waiting reader looks for what another process has appended."""


def open_log(url: str | Path, clock: Clock) -> Log:
    """The log in the SQLite file at a path, made if it is missing; `:memory:` gives one that lives as long as it is open.

    Raises LogDamaged for a file that is not a log of ours, LogError if it cannot be opened.
    """
    if str(url) == ":memory:":
        return Log(f"file:log-{uuid4().hex}?mode=memory&cache=shared", clock)
    if "://" in str(url):
        raise LogError(f"a log at {str(url).partition('://')[0]}:// is not supported: give the path of a file")
    path = Path(url).absolute()
    require_ours(path)
    return Log(str(path), clock)


class Log(Application[str]):
    """The event log. Safe for many threads; several processes may read and append at the same time.

    An append is atomic, and durable before it is answered: killed at any instruction, the log holds every append that
    was answered, and each unanswered one whole or not at all. Concurrent appends share a commit.
    """

    name = "log"

    def __init__(self, db_name: str, clock: Clock):
        self._clock = clock
        with _translated():
            super().__init__({"SQLITE_DBNAME": db_name, "ORIGINATOR_ID_TYPE": "text"})
            self._recorder = cast(SqliteRecorder, self.recorder)
            self._known_head = self.head()
        self._grown = threading.Condition()
        self._grouping = Grouping(self._commit)

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        # The library mixes in the environment of the process; what a log is must not depend on it.
        return Environment(name, env)

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        return _Factory(env)

    def construct_recorder(self) -> SqliteRecorder:
        return cast(SqliteRecorder, self.factory.process_recorder())

    # --- writing -----------------------------------------------------------------------------------------------

    def append(self, events: Sequence[Event], fingerprints: Sequence[bytes] = ()) -> list[Appended]:
        return self.submit(events, fingerprints).result()

    def submit(self, events: Sequence[Event], fingerprints: Sequence[bytes] = ()) -> Future[list[Appended]]:
        """Like `append`, without waiting: the future is done once the events are durable.

        Writes are taken in the order in which they were submitted. Cancelling the future does not take the write back.
        """
        return self._grouping.submit(write(events, fingerprints))

    def decide(
        self, events: Sequence[Event], *, follower: str, position: int, expected: Mapping[str, int] | None = None
    ) -> list[Appended]:
        """Append decisions and move `follower` to `position`, both or neither; see EventLog.

        A follower may stay where it is, as when only a timer was due. Raises LogError if it would go back, which means
        that somebody else decides under the same name.
        """
        decisions = replace(write(events), follower=follower, position=position, expected=expected or {})
        return self._grouping.submit(decisions).result()

    def _commit(self, writes: Sequence[Write]) -> list[Outcome]:
        """Runs in the writer's thread."""
        with _translated():
            head, outcomes = self._recorder.record(writes, self._clock.now)
        self._grow(head)
        return outcomes

    # --- reading -----------------------------------------------------------------------------------------------

    def read(self, after: int, limit: int = 1000, types: Collection[str] = ()) -> list[Event]:
        with _translated():
            return self._recorder.select_after(after, limit, types)

    def history(self, streams: Iterable[str], up_to: int | None = None) -> list[Event]:
        with _translated():
            return self._recorder.select_streams(streams, up_to)

    def head(self) -> int:
        with _translated():
            return self._recorder.max_notification_id() or 0

    def tracking(self, follower: str) -> int:
        with _translated():
            return self._recorder.max_tracking_id(follower) or 0

    def wait(self, after: int, timeout: float) -> bool:
        """Sleep until the head is beyond `after`; woken by appends of this process, looking for those of others.

        Answers False at once when the log is closed meanwhile.
        """
        deadline = time.monotonic() + timeout
        while not self._has_grown(after, min(_POLL, deadline - time.monotonic())):
            try:
                self._grow(self.head())
            except LogError:
                if not self.closing.is_set():
                    raise
            if self.closing.is_set() or time.monotonic() >= deadline:
                return self._known_head > after
        return True

    def check(self) -> list[str]:
        """What is wrong with the log, one sentence each; empty if nothing is. Reads everything."""
        try:
            with _translated():
                return self._recorder.check()
        except LogDamaged as error:
            return [str(error)]

    def close(self) -> None:
        """Commit what was submitted and close. Idempotent."""
        self._grouping.close()
        super().close()
        with self._grown:
            self._grown.notify_all()

    def _has_grown(self, after: int, timeout: float) -> bool:
        with self._grown:
            if self._known_head <= after and timeout > 0 and not self.closing.is_set():
                self._grown.wait(timeout)
            return self._known_head > after

    def _grow(self, head: int) -> None:
        with self._grown:
            if head > self._known_head:
                self._known_head = head
                self._grown.notify_all()


class _Factory(SQLiteFactory):
    """Makes our recorder over our file."""

    def __init__(self, env: Environment):
        super().__init__(env)
        self.datastore = LogFile(self.datastore.pool.db_name)

    def process_recorder(self) -> SqliteRecorder:
        recorder = SqliteRecorder(cast(LogFile, self.datastore))
        recorder.create_table()
        return recorder


_ADVICE = {
    "malformed": "the file is damaged: run `cdp doctor`, or restore a backup",
    "not a database": "the file is damaged: restore a backup",
    "no such table": "the file is damaged: restore a backup",
    "full": "free disk space, then try again; nothing of the append was written",
    "readonly": "make the file and its directory writable for this user",
    "unable to open": "check that the directory exists and is writable for this user",
    "locked": "another process holds the write lock: end it, or try again",
}


@contextmanager
def _translated() -> Iterator[None]:
    """The errors of the library and of SQLite as ours."""
    try:
        yield
    except ConnectionPoolClosedError:
        raise LogError("the log is closed") from None
    except (PersistenceError, sqlite3.Error) as error:
        text = str(error)
        advice = next((advice for words, advice in _ADVICE.items() if words in text), "see the cause above")
        kind = LogDamaged if "damaged" in advice else LogError
        raise kind(f"the log could not do it ({text}): {advice}") from error
