"""Follows the log and keeps the tables: one batch, one transaction, with the position inside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from cdp.clock import to_datetime
from cdp.errors import CdpError, ProjectionFailed
from cdp.events.event import Event
from cdp.ports import EventReader
from projections.catalog import TOUCHPOINTS, views
from projections.engine import Engine
from projections.intake import Intake
from projections.read import Reader
from projections.refresh import Refresh
from projections.schema import prepare

_LARGE = 5000
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
            prepare(self._engine, timezone, log.head())
            self._position: int = self._engine.rows("SELECT position FROM internal.progress")[0][0]
        except BaseException:
            self._engine.close()
            raise

    @property
    def position(self) -> int:
        """The position of the last event that is in the tables; 0 at first."""
        return self._position

    def advance(self, limit: int = 20000) -> int:
        """Apply the next batch, at most `limit` events; answers the position the tables carry now.

        Raises ProjectionFailed, and then the tables are as before; the next call tries the same batch again.
        """
        events = self._log.read(self._position, limit)
        if events:
            try:
                with self._engine.transaction():
                    self._apply(events)
            except BaseException:
                # The identity index has seen what the file has not.
                self._intake = None
                raise
            self._position = events[-1].position
        return self._position

    def refresh_all(self) -> None:
        """Compute every view whole at the present position, those that wait for the end of a day too."""
        with self._engine.transaction():
            Refresh(self._engine, self._position, ()).whole(views())
            self._engine.run("UPDATE internal.progress SET closed_position = position")

    def reader(self) -> Reader:
        """Reads for any thread; they see what is committed."""
        return Reader(self._engine)

    def close(self) -> None:
        """Let go of the file."""
        self._engine.close()

    def _apply(self, events: Sequence[Event]) -> None:
        position = events[-1].position
        before = self._engine.rows("SELECT COUNT(*) FROM touchpoints")[0][0]
        try:
            self._intake = self._intake or Intake(self._engine)
            self._intake.take(events)
        except CdpError as error:
            raise ProjectionFailed(TOUCHPOINTS, position, str(error)) from error
        closed = [e.data["day"] for e in events if e.type == "day.closed"]
        self._refresh(position, whole=len(events) >= max(_LARGE, before // 4), closing=bool(closed))
        self._engine.run(
            "UPDATE internal.progress SET position = ?, recorded_at = ?, today = GREATEST(COALESCE(today, ?), ?)",
            [position, to_datetime(events[-1].recorded_at), *[date.fromisoformat(max(closed)) if closed else None] * 2],
        )

    def _refresh(self, position: int, *, whole: bool, closing: bool) -> None:
        types = [row[0] for row in self._engine.rows("SELECT DISTINCT type FROM delta_touchpoints")]
        refresh = Refresh(self._engine, position, types)
        by_unit = [view for view in views() if not view.everywhere]
        if whole:
            refresh.whole(by_unit)
        else:
            refresh.units(by_unit)
        if closing:
            refresh.whole([view for view in views() if view.everywhere])
            self._engine.run("UPDATE internal.progress SET closed_position = ?", [position])
