"""Concurrent appends share one commit: while one group is being made durable, the next one gathers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue

from cdp.errors import LogError
from cdp.log.plan import Write
from cdp.log.recorder import Outcome
from cdp.ports import Appended

MOST_EVENTS = 10_000
"""A group takes no further write once it holds this many events; one write may be larger."""

Commit = Callable[[Sequence[Write]], list[Outcome]]
_Waiting = tuple[Write, "Future[list[Appended]]"]


class Grouping:
    """One thread that commits what many threads hand in, in the order in which they did.

    The thread starts with the first write. Whoever stops waiting for an answer does not stop the write.
    """

    def __init__(self, commit: Commit):
        self._commit = commit
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, write: Write) -> Future[list[Appended]]:
        """Hand in a write; the future is done once it is durable, or failed and nothing of it was written."""
        future: Future[list[Appended]] = Future()
        # A running future cannot be cancelled: the caller may stop waiting, the write goes on.
        future.set_running_or_notify_cancel()
        with self._lock:
            if self._closed:
                raise LogError("the log is closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
                self._thread.start()
            self._queue.put((write, future))
        return future

    def close(self) -> None:
        """Commit what was handed in and stop. Idempotent."""
        with self._lock:
            self._closed = True
            thread, self._thread = self._thread, None
            if thread is not None:
                self._queue.put(None)
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            group, more = self._gather(first)
            _answer(group, self._outcomes(group))
            # Let go of the group: what was answered should not be kept alive until the next write comes.
            del first, group
            if not more:
                return

    def _gather(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        """What waits already, and whether the queue goes on after it."""
        group, size = [first], len(first[0].events)
        while size < MOST_EVENTS:
            try:
                waiting = self._queue.get_nowait()
            except Empty:
                break
            if waiting is None:
                return group, False
            group.append(waiting)
            size += len(waiting[0].events)
        return group, True

    def _outcomes(self, group: list[_Waiting]) -> list[Outcome]:
        try:
            return self._commit([write for write, _ in group])
        except Exception as error:
            if len(group) == 1:
                return [error]
        # Something of the group cannot be written: each write on its own, so that it fails alone.
        return [outcome for waiting in group for outcome in self._outcomes([waiting])]


def _answer(group: list[_Waiting], outcomes: list[Outcome]) -> None:
    for (_, future), outcome in zip(group, outcomes, strict=True):
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
