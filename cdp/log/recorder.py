"""What the log asks of a recorder, beside what the library asks of a process recorder."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager

from eventsourcing.persistence import ProcessRecorder

from cdp.events.event import Event
from cdp.log.plan import Write
from cdp.log.snapshot import Snapshot
from cdp.ports import Appended, StoredRow

Outcome = list[Appended] | Exception


class LogRecorder(ProcessRecorder):
    """Records groups of writes: events, their keys and how far followers have come, in one transaction.

    Positions have no gap. Readers see a group whole or not at all, and never before an earlier one.
    """

    @abstractmethod
    def record(self, writes: Sequence[Write], now: Callable[[], int]) -> tuple[int, list[Outcome]]:
        """Record what can be recorded of these writes, durably; answers the new head and an outcome a write.

        A write that is impossible (a version that does not hold, an event that cannot be encoded) is answered with its
        exception and leaves the others alone. Raises what the database raises, and then nothing at all was written.
        Called by one thread at a time.
        """

    @abstractmethod
    def claim(self) -> None:
        """Become the process that writes, where only one may. Raises LogError if another one is; again does nothing."""

    @abstractmethod
    def select_after(self, after: int, limit: int, types: Collection[str]) -> list[Event]:
        """At most `limit` events beyond position `after`, in order."""

    @abstractmethod
    def select_stored(self, after: int, limit: int) -> list[StoredRow]:
        """At most `limit` events beyond position `after`, in order, as they are stored."""

    @abstractmethod
    def select_streams(self, streams: Iterable[str], up_to: int | None) -> list[Event]:
        """All events of these streams up to and including a position, in order."""

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Everything there is at this moment, while others write."""

    @abstractmethod
    def fill(self, snapshot: Snapshot) -> None:
        """Take over everything of another log, in one transaction. Raises LogError if this one holds anything."""

    @abstractmethod
    def check(self) -> list[str]:
        """What is wrong with the database, one sentence each; empty if nothing is."""
