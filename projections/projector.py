"""Follows the log and keeps the tables: one batch, one transaction, with the position inside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from cdp.clock import to_datetime
from cdp.errors import ProjectionFailed
from cdp.events.event import Event
from cdp.ports import EventReader
from projections.catalog import TOUCHPOINTS, views
from projections.engine import Engine
from projections.intake import Intake
from projections.parts import Parts
from projections.read import Reader
from projections.refresh import Refresh
from projections.schema import prepare

_BATCH = 200_000
_CHUNK = 20_000
_LARGE = 5_000
"""A batch of so many events that is also a large part of the history is cheaper to compute as a whole."""


class _Batch(NamedTuple):
    """What one transaction takes in."""

    position: int
    events: int
    closing: bool
    """Whether it closes a day."""


class Projector:
    """The tables of one workspace in one DuckDB file, which nobody else can open meanwhile.

    After any sequence of batches, in any split and with restarts anywhere, the tables are what a rebuild at the same
    position gives. A crash leaves the state of the last committed batch. Not thread-safe but for `reader()`.
    """

    def __init__(self, path: Path | str, log: EventReader, *, timezone: str = "Asia/Shanghai") -> None:
        """Open or create the file. Raises WorkspaceError: held by another process, or not ours."""
        self._log = log
        self._engine = Engine(path, timezone)
        self.parts = Parts(self._engine)
        self._intake: Intake | None = None
        try:
            prepare(self._engine, log)
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

    def advance(self, limit: int = _BATCH) -> int:
        """Apply the next batch, at most `limit` events; answers the position the tables carry now.

        Raises ProjectionFailed, and then the tables are as before; the next call tries the same batch again.
        """
        self._commit(self._chunks(limit), self._refresh)
        return self._position

    def build(self, up_to: int) -> None:
        """Take everything up to a position in batches, and only then compute every view, once and whole.

        A crash leaves views that are behind `touchpoints`: for files that nobody reads before this returns.
        """
        while self._commit(self._chunks(_BATCH, up_to), lambda batch: None):
            pass
        with self._engine.transaction():
            Refresh(self._engine, views(), self._position, ()).whole()
            self._engine.run("UPDATE internal.progress SET closed_position = position")

    def rebuild(self) -> None:
        """Build every table again from the log, beside the present ones, and swap the result in. A crash changes nothing."""
        beside = Path(f"{self._engine.path}.rebuild")
        for leftover in (beside, Path(f"{beside}.wal")):
            leftover.unlink(missing_ok=True)
        fresh = Projector(beside, self._log, timezone=self.timezone)
        try:
            fresh.build(self._log.head())
        finally:
            fresh.close()
        self._engine.replace(beside)
        self._intake = None
        self._position = _stored_position(self._engine)

    def reader(self) -> Reader:
        """Reads for any thread; they see what is committed."""
        return Reader(self._engine)

    def close(self) -> None:
        """Let go of the file."""
        self._engine.close()

    def _chunks(self, limit: int, up_to: int | None = None) -> Iterator[list[Event]]:
        """The next events, so many at a time as fit into memory with ease."""
        at = self._position
        while limit > 0:
            events = self._log.read(at, min(limit, _CHUNK))
            if up_to is not None:
                events = [event for event in events if event.position <= up_to]
            if not events:
                return
            yield events
            at, limit = events[-1].position, limit - len(events)

    def _commit(self, chunks: Iterator[list[Event]], refresh: Callable[[_Batch], None]) -> bool:
        """Take all chunks in one transaction, with what `refresh` does; answers whether there were any."""
        first = next(chunks, None)
        if first is None:
            return False
        try:
            with self._engine.transaction():
                batch = self._take(chain([first], chunks))
                refresh(batch)
        except BaseException:
            # The identity index may have seen what the file has not.
            self._intake = None
            raise
        self._position = batch.position
        return True

    def _take(self, chunks: Iterable[list[Event]]) -> _Batch:
        position, recorded_at, count = self._position, 0, 0
        days: list[date] = []
        try:
            intake = self._intake = self._intake or Intake(self._engine)
            intake.begin()
            for events in chunks:
                position, recorded_at, count = events[-1].position, events[-1].recorded_at, count + len(events)
                intake.take(events)
                days += [date.fromisoformat(e.data["day"]) for e in events if e.type == "day.closed"]
        except Exception as error:
            raise ProjectionFailed(TOUCHPOINTS, position, f"{type(error).__name__}: {error}") from error
        self._engine.run(
            "UPDATE internal.progress SET position = ?, recorded_at = ?, today = GREATEST(today, ?)",
            [position, to_datetime(recorded_at), max(days, default=None)],
        )
        return _Batch(position, count, bool(days))

    def _refresh(self, batch: _Batch) -> None:
        history = self._engine.rows("SELECT COUNT(*) FROM touchpoints")[0][0] - batch.events
        types = [row[0] for row in self._engine.rows("SELECT DISTINCT type FROM delta_touchpoints")]
        refresh = Refresh(self._engine, [view for view in views() if not view.everywhere], batch.position, types)
        if batch.events >= max(_LARGE, history // 4):
            refresh.whole()
        else:
            refresh.units()
        if batch.closing:
            Refresh(self._engine, [view for view in views() if view.everywhere], batch.position, types).whole()
            self._engine.run("UPDATE internal.progress SET closed_position = ?", [batch.position])


def _stored_position(engine: Engine) -> int:
    position: int = engine.rows("SELECT position FROM internal.progress")[0][0]
    return position
