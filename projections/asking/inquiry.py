"""One question from its turn to the end of its answer."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import msgspec

from cdp.clock import iso
from cdp.errors import CdpError, Problem, QueryStopped, UsageError
from projections.asking.child import Child, Children
from projections.asking.question import Bounds, Column, End, Failure, Head, Question
from projections.asking.turns import Turns
from projections.asking.wire import Silent
from projections.catalog import kept
from projections.parts import Content, Parts
from projections.read import Freshness

_logger = logging.getLogger("cdp.sql")
_HELD_BACK = 1 << 20
"""Before an answer begins, so much of it is awaited: what fails early is an error and no torn answer."""
_LONGEST = 100_000
_FOR_WANT_OF_MEMORY = {-signal.SIGKILL, -signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS}
"""What becomes of a process that is given no more."""


class Inquiry:
    """One question under way: `begin`, then `pieces`, within a `with` block.

    Thread-safe: `cancel` takes effect at once, everything else waits until what another thread does with it has ended.
    """

    def __init__(
        self,
        question: Question,
        parts: Parts,
        bounds: Bounds,
        turns: Turns,
        children: Children,
        content: Content | None,
    ) -> None:
        self.head: Head
        self.columns: list[Column]
        self.end: End | None = None
        """How the answer ended; None as long as it has not."""
        self.question = question
        self.cancelled = False
        self._began = time.monotonic()
        self._stopped: QueryStopped | None = None
        self._parts, self._bounds, self._content = parts, bounds, content
        self._turns, self._children = turns, children
        self._used, self._fate = threading.RLock(), threading.Lock()
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
                self._children.put_back(child)
            elif child is not None:
                child.close()
            self._opened.close()

    def cancel(self) -> None:
        """Nobody wants the answer any more. Whoever waits for it meets an error at once; a complete one stays so."""
        with self._fate:
            # A process that has answered may work on another question by now.
            if self._settled:
                return
            self.cancelled = True
            if (child := self._child) is not None:
                child.kill()
        self._turns.nudge()

    def begin(self) -> None:
        """Wait for a turn, for up-to-date files, and for the beginning of the answer, or all of it when it is short.

        Raises UsageError for a query that is wrong or not allowed, QueryStopped, TooManyQueries, WorkspaceError.
        """
        if len(self.question.sql) > _LONGEST:
            raise UsageError(f"a query has at most {_LONGEST} characters")
        with self._used:
            self._turns.enter(self)
            self._opened.callback(self._leave)
            self._child = self._children.take()
            if self.cancelled:
                raise QueryStopped("cancelled")
            self._say(self.question)
            tables = kept(self._hear("tables"))
            content = self._content or self._opened.enter_context(self._parts.held(tables))
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
        self.end = msgspec.convert(said["end"], End)
        self._settle()
        return None

    def _settle(self) -> None:
        """Its process has done with it."""
        with self._fate:
            self._settled = True

    def _leave(self) -> None:
        self._turns.leave(self, self._outcome())
        took = round((time.monotonic() - self._began) * 1000, 1)
        fields = {"outcome": self._outcome(), "ms": took, "rows": self.end.rows if self.end else 0}
        _logger.log(logging.DEBUG if self.end else logging.INFO, "query", extra={"fields": fields})

    def _outcome(self) -> str:
        if self.end is not None:
            return "answered"
        if self._stopped is not None:
            return self._stopped.why
        return "cancelled" if self.cancelled else "refused"

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
            raise self._stop(QueryStopped("time", f"{self.question.seconds:g} s")) from None
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
            return self._stop(QueryStopped("failed", failure.message))
        self._settle()
        if not failure.line:
            return UsageError(failure.message)
        place = Problem("sql", failure.line, f"column {failure.column}", failure.message)
        return UsageError("the query cannot be answered", [place])

    def _gone(self) -> QueryStopped:
        """The process has ended: because it was to, or because the machine had no more memory for it."""
        assert self._child is not None
        if self.cancelled:
            return self._stop(QueryStopped("cancelled"))
        ended = self._child.ended()
        return self._too_much() if ended in _FOR_WANT_OF_MEMORY else self._stop(QueryStopped("failed", f"exit {ended}"))

    def _too_much(self) -> QueryStopped:
        bounds = self._bounds
        return self._stop(QueryStopped("memory", f"{bounds.memory_mb} MiB of memory and {bounds.spill_mb} MiB on disk"))

    def _stop(self, stopped: QueryStopped) -> QueryStopped:
        self._stopped = stopped
        return stopped


def _head(fresh: Freshness) -> Head:
    return Head(
        position=fresh.position,
        closed_position=fresh.closed_position,
        recorded_at=iso(fresh.recorded_at) if fresh.recorded_at else "",
        today=str(fresh.today or ""),
    )
