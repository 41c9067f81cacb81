"""Follows the log and keeps the tables: one batch, one transaction, with the position inside it."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from cdp.errors import ProjectionFailed, UsageError
from cdp.ports import EventReader
from projections import batch
from projections.blank import place_blank
from projections.builder import build
from projections.catalog import base_tables, views
from projections.engine import Engine
from projections.fault import blames_data, culprit, first_failing
from projections.intake import Intake
from projections.parts import Parts
from projections.progress import Building, Progress, unheard
from projections.read import Reader
from projections.rebuild import require_room, require_views
from projections.schema import fill_again, prepare
from projections.stretch import Stretch, last_closing, stretches

_BATCH = 200_000
_SMALL = 2_000
"""Statements of a batch of so many events touch so little that looking for better plans costs more than it saves."""


class Projector:
    """The tables of one workspace in one DuckDB file, which nobody else can open but in the moment in which it is exchanged.

    After any sequence of batches, in any split and with restarts anywhere, the tables are what a rebuild at the same
    position gives. A crash leaves the state of the last committed batch. One thread may advance while another rebuilds; any
    number may read.
    """

    def __init__(
        self,
        path: Path | str,
        log: EventReader,
        *,
        timezone: str = "Asia/Shanghai",
        memory: int = 0,
        until: int | None = None,
    ) -> None:
        """Open or create the file. Raises WorkspaceError: held by another process, or not ours.

        `memory` is how many bytes the tables may take while they are computed; 0 is most of what the machine has. With `until`
        the tables are of what happened at that moment or before, by persons as they are known now.
        """
        self._log = log
        self._memory = memory
        self._until = until
        place_blank(path, timezone)
        self._engine = Engine(path, timezone, memory=memory)
        self._writing = threading.Lock()
        self._rebuilding = threading.Lock()
        self.parts = Parts(self._engine)
        self._intake: Intake | None = None
        self._fault: ProjectionFailed | None = None
        self._building: Building | None = None
        try:
            prepare(self._engine, log, partial=until is not None)
            self._position = _stored_position(self._engine)
        except BaseException:
            self._engine.close()
            raise

    @property
    def position(self) -> int:
        """The position of the last event that is in the tables; 0 at first."""
        return self._position

    @property
    def timezone(self) -> str:
        """The zone whose calendar says what a day is."""
        return self._engine.timezone

    @property
    def stopped(self) -> ProjectionFailed | None:
        """Why the tables stand still, if the last attempt failed."""
        return self._fault

    @property
    def rebuilding(self) -> Building | None:
        """How far a rebuild is that goes on now."""
        return self._building

    def advance(self, limit: int = _BATCH) -> int:
        """Apply the next batch, at most `limit` events and none beyond the end of a day; answers the position the tables carry now.
        Empty tables take in everything at once, where that is more than a usual batch.

        Raises ProjectionFailed, which names the event at fault, and then the tables have come to the event before it; where none
        is at fault, as with a full disk, they are as before. The next call tries the same again.
        """
        with self._writing:
            head = self._log.head()
            if not self._position and _BATCH <= limit < head:
                self.build(head, closed_at=last_closing(self._log, head))
                return self._position
            end = min(self._position + limit, head)
            try:
                if self._fault is not None:
                    # What failed is tried alone, before anything that comes after it.
                    self._commit(self._position + 1)
                    self._fault = None
                self._commit(end)
            except ProjectionFailed as failure:
                self._fault = self._find(failure, end)
                if self._fault is not None:
                    raise self._fault.again() from failure
            return self._position

    def build(self, up_to: int, *, closed_at: int | None = None, progress: Progress = unheard) -> None:
        """Fill the empty tables with everything up to a position, at once; those that are computed at the end of a day with
        everything up to `closed_at`, not at all if that is 0.

        A crash leaves tables that are empty or behind, and fill up from the start; whoever reads before this returns sees them fill.
        """
        closed_at = up_to if closed_at is None else closed_at
        first = min(closed_at, up_to) or up_to
        if first:
            # An attempt that failed may have left some behind.
            prepare(self._engine, self._log, partial=self._until is not None)
            self._intake = build(
                self._engine, self._log, first, with_global=closed_at > 0, until=self._until, progress=progress
            )
            self._position = _stored_position(self._engine)
            if first >= _BATCH:
                self._engine.settle()
        while self._commit(up_to):
            pass

    def rebuild(self, names: Collection[str] = (), *, progress: Progress = unheard) -> list[str]:
        """Fill the views that are named and what reads them anew, or, if none is named, all tables from the log; answers which.

        Readers go on meanwhile, and so does `advance`, in another thread, while all is built: beside, in a new file that takes the
        place of the present one at the end. A crash at any moment leaves the tables as they were. Raises UsageError for a name
        that is none, or while another rebuild goes on; WorkspaceError where the disk has no room; ProjectionFailed.
        """
        require_views(names)
        if not self._rebuilding.acquire(blocking=False):
            raise UsageError("the tables are being rebuilt already; `cdp status` says how far that is")

        def heard(table: str, done: int, total: int) -> None:
            self._building = Building(table, done, total)
            progress(table, done, total)

        try:
            if not names:
                return self._replace(heard)
            with self._writing:
                return fill_again(self._engine, names, heard)
        finally:
            self._building = None
            self._rebuilding.release()
            self.parts.look_again()

    def _replace(self, progress: Progress) -> list[str]:
        beside = Path(f"{self._engine.path}.rebuild")
        for leftover in (beside, Path(f"{beside}.wal")):
            leftover.unlink(missing_ok=True)
        require_room(Path(self._engine.path))
        fresh = Projector(beside, self._log, timezone=self.timezone, memory=self._memory, until=self._until)
        try:
            fresh.build(self._log.head(), progress=progress)
            with self._writing:
                while fresh.position < self._position:
                    fresh.advance()
                fresh.close()
                self._engine.replace(beside)
                self._position, self._fault = fresh.position, None
                self._intake = Intake(self._engine, fresh._intake.index, self._until) if fresh._intake else None
        finally:
            fresh.close()
            beside.unlink(missing_ok=True)
        return [table.name for table in (*base_tables(), *views()) if not table.on_reading]

    def reader(self) -> Reader:
        """Reads for any thread; they see what is committed."""
        return Reader(self._engine)

    def close(self) -> None:
        """Let go of the file. Idempotent."""
        self._engine.close()

    def _find(self, failure: ProjectionFailed, end: int) -> ProjectionFailed | None:
        """The failure with the event at fault, everything before it taken in; None if all goes well piece by piece."""
        if not blames_data(failure.__cause__):
            return failure.again()
        known = self._fault
        last = failure

        def works(up_to: int) -> bool:
            nonlocal last
            try:
                while self._position < up_to and self._commit(up_to):
                    pass
            except ProjectionFailed as smaller:
                if not blames_data(smaller.__cause__):
                    raise
                last = smaller
                return False
            return True

        at = self._position + 1 if known else first_failing(self._position, end, works)
        if works(at):
            return None
        position = known.position if known else failure.position or end
        return ProjectionFailed(last.view, position, last.cause, culprit(self._log, at))

    def _commit(self, up_to: int) -> bool:
        """Take what comes up to a position, or the end of a day before it, in one transaction; False if there is nothing."""
        coming = _up_to_closing(stretches(self._log, self._position, up_to))
        first = next(coming, None)
        if first is None:
            return False
        try:
            with self._planning(first), self._engine.transaction():
                self._intake = self._intake or Intake(self._engine, until=self._until)
                taken = batch.take(self._engine, self._intake, _all_of(first, coming))
                batch.refresh(self._engine, taken)
        except BaseException:
            # The identity index may have seen what the file has not.
            self._intake = None
            raise
        self._position = taken.position
        return True

    def _planning(self, first: Stretch) -> AbstractContextManager[None]:
        # Where a day ends, what depends on everybody is computed.
        light = len(first.rows) <= _SMALL and not first.closes()
        return self._engine.as_written() if light else nullcontext()


def _up_to_closing(coming: Iterator[Stretch]) -> Iterator[Stretch]:
    """What is computed at the end of a day is computed right there: where a day ends, a batch ends."""
    for stretch in coming:
        begun = stretch.up_to_closing()
        yield begun
        if begun.closed() is not None:
            return


def _all_of(first: Stretch, others: Iterator[Stretch]) -> Iterator[Stretch]:
    yield first
    yield from others


def _stored_position(engine: Engine) -> int:
    position: int = engine.rows("SELECT position FROM internal.progress")[0][0]
    return position
