"""Tables of moments gone by: what was known then, or what was true then as known now.

    moments/at-12345.duckdb                  what was known at that position of the log
    moments/until-1781870400000000.duckdb    what had happened by then, in microseconds, as known now

Each stands in a file of its own, built from the log by the very code that keeps the tables of now, when it is first asked for. The
few asked for last are kept. Nobody needs them: they can be deleted at any time while nobody has them open.
"""

from __future__ import annotations

import shutil
import threading
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from cdp.errors import UsageError, WorkspaceError
from cdp.ports import EventReader
from projections.asking.asker import Asker
from projections.asking.question import Bounds
from projections.catalog import views
from projections.progress import Building, Progress, unheard
from projections.projector import Projector
from projections.read import Reader
from projections.stretch import last_closing

KEPT = 3
"""So many moments are kept, those asked for last."""


class Moment(NamedTuple):
    """What tables are asked for: those of a position; with `until`, of what had happened by then, known at that position."""

    position: int
    until: int | None = None

    @property
    def name(self) -> str:
        """Of its file. What is known now is brought up to date in its file."""
        return f"at-{self.position}" if self.until is None else f"until-{self.until}"


def position_at(log: EventReader, moment: int) -> int:
    """The last position that was recorded at a moment or before; 0 if none was."""
    # Times of recording never go back.
    return bisect_right(range(1, log.head() + 1), moment, key=lambda position: recorded_at(log, position))


def recorded_at(log: EventReader, position: int) -> int:
    """When a position was recorded; 0 before the first."""
    return log.read(position - 1, 1)[0].recorded_at if position else 0


def bring_up(projector: Projector, log: EventReader, moment: Moment, progress: Progress = unheard) -> None:
    """Have the tables of a moment in a projector that was opened with its `until`; does nothing where it has them.

    What is computed at the end of a day is as of the last day that was over by then. A crash leaves a file that is built anew, or
    gone on with, when it is brought up again. Raises ProjectionFailed.
    """
    if projector.position == 0:
        closed_at = last_closing(log, moment.position) if moment.until is None else moment.position
        projector.build(moment.position, closed_at=closed_at, progress=progress)
    while projector.position < moment.position:
        projector.advance()
    # As known now no day ends any more, and yet what came in late belongs to days that ended.
    if moment.until is not None and projector.reader().freshness().closed_position < projector.position:
        projector.rebuild([view.name for view in views() if view.everywhere])


def write_moment(
    path: Path, log: EventReader, moment: Moment, *, timezone: str, memory: int = 0, progress: Progress = unheard
) -> None:
    """Write the tables of a moment into a new DuckDB file. A crash, or a failure, leaves no such file.

    Raises UsageError for a file that is there already, WorkspaceError for a place where none can be, ProjectionFailed.
    """
    if path.exists():
        raise UsageError(f"{path} is there already: name a new file, or delete it first")
    unfinished = path.with_name(f".{path.name}.unfinished")
    _delete(unfinished)
    projector = Projector(unfinished, log, timezone=timezone, memory=memory, until=moment.until)
    try:
        bring_up(projector, log, moment, progress)
        projector.close()
        unfinished.rename(path)
    finally:
        projector.close()
        _delete(unfinished)


class Moments:
    """The moments of one workspace. Thread-safe; whoever asks for one that is not there waits until it is built.

    A moment that makes room for another stays as it is for those who are reading it.
    """

    def __init__(self, directory: Path, log: EventReader, bounds: Bounds, *, timezone: str, memory: int = 0) -> None:
        """`bounds` are those of queries in SQL, `memory` as of a projector."""
        self._directory, self._log, self._bounds = directory, log, bounds
        self._timezone, self._memory = timezone, memory
        self._lock = threading.Lock()
        self._open: dict[str, _Open] = {}
        self._dropped = Counter[str]()
        self._building: Building | None = None

    @property
    def building(self) -> Building | None:
        """What the moment that is being built is at; None while none is."""
        return self._building

    def reader(self, moment: Moment) -> Reader:
        """Reads the tables of a moment. Raises ProjectionFailed, WorkspaceError."""
        return self._asked_for(moment).projector.reader()

    def asker(self, moment: Moment) -> Asker:
        """Answers queries over the tables of a moment. Those under way end when the moment makes room for another."""
        return self._asked_for(moment).asker

    def write(self, path: Path, moment: Moment, progress: Progress = unheard) -> None:
        """Write the tables of a moment into a new file, as `write_moment` does."""
        with self._told(progress) as hear:
            write_moment(path, self._log, moment, timezone=self._timezone, memory=self._memory, progress=hear)

    def close(self) -> None:
        """Close all files. Idempotent."""
        with self._lock:
            while self._open:
                _, opened = self._open.popitem()
                opened.asker.close()
                opened.projector.close()

    def _asked_for(self, moment: Moment) -> _Open:
        # One is built at a time: each takes what the machine has.
        with self._lock:
            opened = self._open.pop(moment.name, None) or self._opened(moment)
            try:
                with self._told() as hear:
                    bring_up(opened.projector, self._log, moment, hear)
            except BaseException:
                opened.asker.close()
                opened.projector.close()
                raise
            # Those asked for last stand last.
            self._open[moment.name] = opened
            while len(self._open) > KEPT:
                self._drop(next(iter(self._open)))
            return opened

    @contextmanager
    def _told(self, progress: Progress = unheard) -> Iterator[Progress]:
        def hear(table: str, done: int, total: int) -> None:
            self._building = Building(table, done, total)
            progress(table, done, total)

        try:
            yield hear
        finally:
            self._building = None

    def _opened(self, moment: Moment) -> _Open:
        try:
            self._directory.mkdir(exist_ok=True)
            self._make_room(moment.name)
        except OSError as error:
            raise WorkspaceError(f"{self._directory} cannot be used: {error.strerror}") from None
        projector = Projector(
            self._place(moment.name), self._log, timezone=self._timezone, memory=self._memory, until=moment.until
        )
        return _Open(projector, Asker(projector.parts, self._bounds))

    def _make_room(self, name: str) -> None:
        """Of what an earlier process left, keep the latest."""
        found = sorted(self._directory.glob("*.duckdb"), key=lambda file: file.stat().st_mtime, reverse=True)
        wanted = {self._place(each) for each in (*self._open, name)}
        left = [file for file in found if file not in wanted]
        for file in left[max(KEPT - len(self._open) - 1, 0) :]:
            _delete(file)

    def _drop(self, name: str) -> None:
        # Whoever reads it holds it, and it is closed when the last of them lets go.
        self._open.pop(name).asker.close()
        _delete(self._place(name))
        self._dropped[name] += 1

    def _place(self, name: str) -> Path:
        # A file that is still being read, though it has gone, would be opened again under its old name.
        again = self._dropped[name]
        return self._directory / (f"{name}.duckdb" if not again else f"{name}_{again}.duckdb")


class _Open(NamedTuple):
    projector: Projector
    asker: Asker


def _delete(file: Path) -> None:
    for each in (file, file.with_name(f"{file.name}.wal")):
        each.unlink(missing_ok=True)
    for beside in (f"{file.stem}.parts", f"{file.name}.tmp"):
        shutil.rmtree(file.with_name(beside), ignore_errors=True)
