"""Follows the log and keeps the tables: one batch, one transaction, with the position inside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from cdp.clock import to_datetime
from cdp.errors import ProjectionFailed
from cdp.events.event import Event
from cdp.ports import EventReader
from projections.catalog import TOUCHPOINTS, views
from projections.engine import Engine
from projections.intake import Intake
from projections.read import Reader
from projections.refresh import Refresh
from projections.schema import prepare

_BATCH = 20_000
_LARGE = 5_000
"""A batch of so many events that is also a large part of the history is cheaper to compute as a whole."""


class Projector:
    """The tables of one workspace in one DuckDB file, which nobody else can open meanwhile.

    After any sequence of batches, in any split and with restarts anywhere, the tables are what a rebuild at the same
    position gives. A crash leaves the state of the last committed batch. Not thread-safe but for `reader()`.
    """

    def __init__(self, path: Path | str, log: EventReader, *, timezone: str = "Asia/Shanghai") -> None:
        """Open or create the file. Raises WorkspaceError: held by another process, or not ours."""
        self._log = log
        self._engine = Engine(path, timezone)
        self._intake: Intake | None = None
        try:
            prepare(self._engine, log.head())
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
        events = self._log.read(self._position, limit)
        if events:
            self._commit(events, self._follow)
        return self._position

    def build(self, up_to: int) -> None:
        """Take everything up to a position in batches, and only then compute every view, once and whole.

        A crash leaves views that are behind `touchpoints`: for files that nobody reads before this returns.
        """
        while self._position < up_to:
            events = [e for e in self._log.read(self._position, _BATCH) if e.position <= up_to]
            if not events:
                break
            self._commit(events, self._take)
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

    def _commit(self, events: Sequence[Event], apply: Callable[[Sequence[Event]], None]) -> None:
        try:
            with self._engine.transaction():
                apply(events)
        except BaseException:
            # The identity index may have seen what the file has not.
            self._intake = None
            raise
        self._position = events[-1].position

    def _follow(self, events: Sequence[Event]) -> None:
        before = self._engine.rows("SELECT COUNT(*) FROM touchpoints")[0][0]
        self._take(events)
        closing = any(e.type == "day.closed" for e in events)
        self._refresh(events[-1].position, whole=len(events) >= max(_LARGE, before // 4), closing=closing)

    def _take(self, events: Sequence[Event]) -> None:
        last = events[-1]
        try:
            self._intake = self._intake or Intake(self._engine)
            self._intake.take(events)
            days = [date.fromisoformat(e.data["day"]) for e in events if e.type == "day.closed"]
        except Exception as error:
            raise ProjectionFailed(TOUCHPOINTS, last.position, f"{type(error).__name__}: {error}") from error
        self._engine.run(
            "UPDATE internal.progress SET position = ?, recorded_at = ?, today = GREATEST(today, ?)",
            [last.position, to_datetime(last.recorded_at), max(days, default=None)],
        )

    def _refresh(self, position: int, *, whole: bool, closing: bool) -> None:
        types = [row[0] for row in self._engine.rows("SELECT DISTINCT type FROM delta_touchpoints")]
        refresh = Refresh(self._engine, [view for view in views() if not view.everywhere], position, types)
        if whole:
            refresh.whole()
        else:
            refresh.units()
        if closing:
            Refresh(self._engine, [view for view in views() if view.everywhere], position, types).whole()
            self._engine.run("UPDATE internal.progress SET closed_position = ?", [position])


def _stored_position(engine: Engine) -> int:
    position: int = engine.rows("SELECT position FROM internal.progress")[0][0]
    return position
