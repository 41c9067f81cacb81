"""Asks strangers' queries: what they read is brought up to date, and a process apart answers within the bounds."""

from __future__ import annotations

import itertools
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import msgspec

from cdp.clock import iso
from cdp.errors import CdpError, Problem, QueryStopped, TooManyQueries, UsageError
from projections.asking.child import Child
from projections.asking.question import Bounds, Column, End, Failure, Head, Question, Setup
from projections.asking.wire import Silent
from projections.catalog import base_tables, kept, views
from projections.comments import comments
from projections.parts import Content, Parts
from projections.read import Freshness

_WAITING = 4
"""So many queries may wait for each one that runs."""
_HELD_BACK = 1 << 20
"""Before an answer begins, so much of it is awaited: what fails early is an error and no torn answer."""
_LONGEST = 100_000
_FOR_WANT_OF_MEMORY = {-signal.SIGKILL, -signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS}
"""What becomes of a process that is given no more."""


class Asker:
    """Answers the queries of one workspace. Thread-safe.

    An answer holds no transaction of the tables: whoever writes them goes on, however slowly it is taken.
    """

    def __init__(self, parts: Parts, bounds: Bounds) -> None:
        self.parts, self.bounds = parts, bounds
        self._idle: list[Child] = []
        self._turn = threading.Condition()
        self._running: set[Inquiry] = set()
        self._waiting = 0
        self._numbers = itertools.count(1)
        self._closed = False

    def open(self, question: Question, content: Content | None = None) -> Inquiry:
        """A question to be asked within a `with` block; nothing happens yet.

        Several questions may be about one `content`, which then holds all tables they read.
        """
        return Inquiry(self, question, content)

    def close(self) -> None:
        """End all processes. Queries under way are cancelled."""
        with self._turn:
            self._closed = True
            idle, self._idle, running = self._idle, [], list(self._running)
        for inquiry in running:
            inquiry.cancel()
        for child in idle:
            child.close()

    def enter(self, inquiry: Inquiry) -> None:
        """Wait for a turn. Raises TooManyQueries, QueryStopped."""
        with self._turn:
            if self._waiting >= _WAITING * self.bounds.at_once:
                raise TooManyQueries(len(self._running))
            self._waiting += 1
            try:
                free = self._turn.wait_for(lambda: inquiry.cancelled or self._free(), self.bounds.wait)
            finally:
                self._waiting -= 1
            if inquiry.cancelled or self._closed:
                raise QueryStopped("cancelled")
            if not free:
                raise TooManyQueries(len(self._running))
            self._running.add(inquiry)

    def leave(self, inquiry: Inquiry) -> None:
        """The turn is over."""
        with self._turn:
            self._running.discard(inquiry)
            self._turn.notify_all()

    def nudge(self) -> None:
        """Have whoever waits look again."""
        with self._turn:
            self._turn.notify_all()

    def child(self) -> Child:
        """A process that waits for a question."""
        while True:
            with self._turn:
                child = self._idle.pop() if self._idle else None
            if child is None:
                return Child(self._setup())
            if child.alive:
                return child
            child.close()

    def put_back(self, child: Child) -> None:
        """It has answered, and may answer again."""
        with self._turn:
            if not self._closed:
                self._idle.append(child)
                return
        child.close()

    def _free(self) -> bool:
        return self._closed or len(self._running) < self.bounds.at_once

    def _setup(self) -> Setup:
        tables, columns = (*base_tables(), *views()), self.parts.columns()
        return Setup(
            directory=str(self.parts.directory),
            spill=f".spill-{next(self._numbers)}",
            timezone=self.parts.timezone,
            tables={table.name: dict(columns[table.name]) for table in tables if not table.on_reading},
            views={table.name: table.sql for table in tables if table.on_reading},
            comments=[comment for table in tables for comment in comments("VIEW", table)],
            bounds=self.bounds,
        )


class Inquiry:
    """One question under way: `begin`, then `pieces`, within a `with` block.

    Thread-safe: `cancel` takes effect at once, everything else waits until what another thread does with it has ended.
    """

    def __init__(self, asker: Asker, question: Question, content: Content | None) -> None:
        self.head: Head
        self.columns: list[Column]
        self.end: End | None = None
        """How the answer ended; None as long as it has not."""
        self.question = question
        self.cancelled = False
        self._asker, self._content = asker, content
        self._used = threading.RLock()
        self._opened = ExitStack()
        self._child: Child | None = None
        self._left = question.seconds
        self._held: list[bytes] = []
        self._settled = False

    def __enter__(self) -> Inquiry:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back what the question took; again does nothing."""
        with self._used:
            child, self._child = self._child, None
            if child is not None and self._settled and not self.cancelled:
                self._asker.put_back(child)
            elif child is not None:
                child.close()
            self._opened.close()

    def cancel(self) -> None:
        """Nobody wants the answer any more. Whoever waits for it meets an error at once; a complete one stays so."""
        if self._settled:
            return
        self.cancelled = True
        self._asker.nudge()
        if (child := self._child) is not None:
            child.kill()

    def begin(self) -> None:
        """Wait for a turn, for up-to-date files, and for the beginning of the answer, or all of it when it is short.

        Raises UsageError for a query that is wrong or not allowed, QueryStopped, TooManyQueries, WorkspaceError.
        """
        if len(self.question.sql) > _LONGEST:
            raise UsageError(f"a query has at most {_LONGEST} characters")
        with self._used:
            self._asker.enter(self)
            self._opened.callback(self._asker.leave, self)
            self._child = self._asker.child()
            if self.cancelled:
                raise QueryStopped("cancelled")
            self._say(self.question)
            tables = kept(self._hear("tables"))
            content = self._content or self._opened.enter_context(self._asker.parts.held(tables))
            self.head = _head(content.freshness)
            files = {name: [part.path for part in content.parts[name]] for name in tables}
            self._say({"files": files, "head": self.head})
            self.columns = msgspec.convert(self._hear("columns"), list[Column])
            while sum(map(len, self._held)) < _HELD_BACK and (piece := self._piece()) is not None:
                self._held.append(piece)

    def piece(self) -> bytes | None:
        """The next piece of the answer; None after the last. Raises like `begin`, and then the answer is torn."""
        with self._used:
            return self._held.pop(0) if self._held else self._piece()

    def pieces(self) -> Iterator[bytes]:
        """All of them."""
        while (piece := self.piece()) is not None:
            yield piece

    def _piece(self) -> bytes | None:
        if self.end is not None:
            return None
        said = self._next()
        if isinstance(said, bytes):
            return said
        self.end, self._settled = msgspec.convert(said["end"], End), True
        return None

    def _hear(self, name: str) -> Any:
        said = self._next()
        assert isinstance(said, dict)
        return said[name]

    def _say(self, message: object) -> None:
        assert self._child is not None
        try:
            self._child.say(message)
        except OSError:
            raise self._gone() from None

    def _next(self) -> dict[str, Any] | bytes:
        """What the process says next, within the time that is left."""
        assert self._child is not None
        began = time.monotonic()
        try:
            said = self._child.hear(self._left)
        except Silent:
            raise QueryStopped("time", f"{self.question.seconds:g} s") from None
        except (EOFError, OSError):
            raise self._gone() from None
        if self._left is not None:
            self._left -= time.monotonic() - began
        if isinstance(said, dict) and "failure" in said:
            raise self._failed(msgspec.convert(said["failure"], Failure))
        return said

    def _failed(self, failure: Failure) -> CdpError:
        if failure.kind == "memory":
            return self._too_much()
        if failure.kind == "failed":
            return QueryStopped("failed", failure.message)
        self._settled = True
        if not failure.line:
            return UsageError(failure.message)
        place = Problem("sql", failure.line, f"column {failure.column}", failure.message)
        return UsageError("the query cannot be answered", [place])

    def _gone(self) -> QueryStopped:
        """The process has ended: because it was to, or because the machine had no more memory for it."""
        assert self._child is not None
        if self.cancelled:
            return QueryStopped("cancelled")
        ended = self._child.ended()
        return self._too_much() if ended in _FOR_WANT_OF_MEMORY else QueryStopped("failed", f"exit {ended}")

    def _too_much(self) -> QueryStopped:
        bounds = self._asker.bounds
        return QueryStopped("memory", f"{bounds.memory_mb} MiB of memory and {bounds.spill_mb} MiB on disk")


def _head(fresh: Freshness) -> Head:
    return Head(
        position=fresh.position,
        closed_position=fresh.closed_position,
        recorded_at=iso(fresh.recorded_at) if fresh.recorded_at else "",
        today=str(fresh.today or ""),
    )
