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
from eventsourcing.utils import Environment, EnvType

from cdp.clock import Clock
from cdp.codec import renewed
from cdp.errors import LogDamaged, LogError
from cdp.events.event import Event
from cdp.log.grouping import Grouping
from cdp.log.latency import Latency
from cdp.log.plan import Write, write
from cdp.log.recorder import LogRecorder, Outcome
from cdp.log.sqlite_file import require_ours
from cdp.log.sqlite_recorder import SqliteFile
from cdp.ports import Appended, StoredRow

_POLL = 0.05
"""Seconds after which a waiting reader looks for what another process has appended."""


def open_log(url: str | Path, clock: Clock) -> Log:
    """The log at a path, a `postgresql://` URL, or `:memory:` (which lives as long as it is open); made if it is missing.

    Raises LogDamaged for what is not a log of ours, LogError if it cannot be opened.
    """
    address = str(url)
    if address == ":memory:":
        return Log(SqliteFile(f"file:log-{uuid4().hex}?mode=memory&cache=shared"), clock)
    if address.startswith(("postgresql://", "postgres://")):
        try:
            # Only who uses PostgreSQL needs its driver.
            from cdp.log.postgres_database import LogDatabase
        except ImportError:
            raise LogError('a log in PostgreSQL needs its driver: pip install "linli-cdp[postgres]"') from None

        return Log(LogDatabase(address), clock)
    if "://" in address:
        raise LogError(
            f"a log at {address.partition('://')[0]}:// is not supported: give a path or a postgresql:// URL"
        )
    path = Path(url).absolute()
    require_ours(path)
    return Log(SqliteFile(str(path)), clock)


class Log(Application[str]):
    """The event log. Safe for many threads; several processes may read it, and in a file also append to it, at once.

    An append is atomic, and durable before it is answered: killed at any instruction, the log holds every append that
    was answered, and each unanswered one whole or not at all. Concurrent appends share a commit.
    """

    name = "log"

    def __init__(self, factory: InfrastructureFactory[Any], clock: Clock):
        self._clock = clock
        self._factory = factory
        self.commits = Latency()
        """How long the commits of this process took."""
        with _translated():
            super().__init__()
            self._recorder = cast(LogRecorder, self.recorder)
            self._known_head = self.head()
        self._grown = threading.Condition()
        self._grouping = Grouping(self._commit)

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        # The library mixes in the environment of the process; what a log is must not depend on it.
        return Environment(name, env)

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        return self._factory

    def construct_recorder(self) -> LogRecorder:
        return cast(LogRecorder, self.factory.process_recorder())

    # --- writing -----------------------------------------------------------------------------------------------

    def claim(self) -> None:
        """Say that this process will write, before it does. Raises LogError where only one may and another one does."""
        with self._open():
            self._recorder.claim()

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
        began = time.perf_counter()
        with _translated():
            head, outcomes = self._recorder.record(writes, self._clock.now)
        self.commits.observe(time.perf_counter() - began)
        self._grow(head)
        return outcomes

    def take_over(self, other: Log) -> None:
        """Take over everything that another log holds, positions and followers as they stand; whole or not at all.

        It may stand in another kind of database, and others may go on writing to it: what they append is left out.
        Raises LogError if this log holds anything.
        """
        with self._open(), other._open(), other._recorder.snapshot() as snapshot:
            self._recorder.fill(snapshot)
        self._grow(self.head())

    # --- reading -----------------------------------------------------------------------------------------------

    def read(self, after: int, limit: int = 1000, types: Collection[str] = ()) -> list[Event]:
        with self._open():
            return self._recorder.select_after(after, limit, types)

    def stored(self, after: int, limit: int) -> list[StoredRow]:
        with self._open():
            return renewed(self._recorder.select_stored(after, limit))

    def history(self, streams: Iterable[str], up_to: int | None = None) -> list[Event]:
        with self._open():
            return self._recorder.select_streams(streams, up_to)

    def head(self) -> int:
        with self._open():
            return self._recorder.max_notification_id() or 0

    def tracking(self, follower: str) -> int:
        with self._open():
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
            with self._open():
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

    @contextmanager
    def _open(self) -> Iterator[None]:
        if self.closing.is_set():
            raise LogError("the log is closed")
        with _translated():
            yield

    def _grow(self, head: int) -> None:
        with self._grown:
            if head > self._known_head:
                self._known_head = head
                self._grown.notify_all()


_ADVICE = {
    "malformed": "the file is damaged: run `cdp doctor`, or restore a backup",
    "not a database": "the file is damaged: restore a backup",
    "no such table": "the file is damaged: restore a backup",
    "full": "free disk space, then try again; nothing of the append was written",
    "readonly": "make the file and its directory writable for this user",
    "unable to open": "check that the directory exists and is writable for this user",
    "server closed": "is PostgreSQL running? nothing of the append is known to be written, so append it again",
    "connection": "is PostgreSQL running? nothing of the append is known to be written, so append it again",
    "locked": "another process holds the write lock: end it, or try again",
}


@contextmanager
def _translated() -> Iterator[None]:
    """The errors of the library and of its drivers as ours."""
    try:
        yield
    except ConnectionPoolClosedError:
        raise LogError("the log is closed") from None
    except (PersistenceError, sqlite3.Error) as error:
        text = str(error)
        advice = next((advice for words, advice in _ADVICE.items() if words in text), "see the cause above")
        kind = LogDamaged if "damaged" in advice else LogError
        raise kind(f"the log could not do it ({text}): {advice}") from error
