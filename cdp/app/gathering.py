"""Requests that arrive while others are being made durable go through the door together.

One thread takes whatever has gathered: one reading, one look into the vault and one append for all of it. While the log
makes a group durable, the next one is prepared.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import NamedTuple

from cdp.app.operations.ingest import Arrival, Underway, begin
from cdp.app.rush import Rush
from cdp.app.system import System
from cdp.errors import CdpError
from cdp.ingest import Answer

MOST_EVENTS = 2000
"""A group takes no further request once it holds this many events."""
_AHEAD = 2
"""Groups on their way into the log at a time."""
_IDLE = 2.0
"""Seconds without a request after which the thread ends; the next request starts another."""


class _Waiting(NamedTuple):
    arrival: Arrival
    answers: asyncio.Future[list[Answer]]


_Outcome = list[Answer] | Exception


class _Group(NamedTuple):
    waiting: list[_Waiting]
    underway: Underway | Exception


class Gathering:
    """Takes arrivals from coroutines of any event loop; each is answered when it is durable.

    A request that breaks its group by an error that nobody foresaw is taken again alone, and so are its neighbours: it
    fails by itself. Whoever stops waiting for an answer does not stop the events.
    """

    def __init__(self, system: System, rush: Rush):
        self._system, self._rush = system, rush
        self._queue: SimpleQueue[_Waiting] = SimpleQueue()
        self._lock = threading.Lock()
        self._running = False

    async def take(self, arrival: Arrival) -> list[Answer]:
        """One answer an event, in order; durable when it returns. Raises what the log or the vault raises."""
        answers: asyncio.Future[list[Answer]] = asyncio.get_running_loop().create_future()
        with self._lock:
            self._queue.put(_Waiting(arrival, answers))
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="cdp-doors", daemon=True).start()
        return await answers

    def _run(self) -> None:
        underway: deque[_Group] = deque()
        while True:
            waiting = self._next(wait=not underway)
            if waiting:
                underway.append(self._begin(waiting))
            elif not underway:
                with self._lock:
                    if self._queue.empty():
                        self._running = False
                        return
            if underway and (len(underway) >= _AHEAD or self._queue.empty()):
                self._finish(underway.popleft())

    def _next(self, *, wait: bool) -> list[_Waiting]:
        waiting: list[_Waiting] = []
        size = 0
        while size < MOST_EVENTS:
            try:
                one = self._queue.get(block=wait and not waiting, timeout=_IDLE)
            except Empty:
                break
            waiting.append(one)
            size += len(one.arrival.raws)
        return waiting

    def _begin(self, waiting: list[_Waiting]) -> _Group:
        began = time.monotonic()
        try:
            return _Group(waiting, begin(self._system, [each.arrival for each in waiting]))
        except Exception as error:
            return _Group(waiting, error)
        finally:
            self._rush.worked(time.monotonic() - began)

    def _finish(self, group: _Group) -> None:
        outcomes = self._outcomes(group)
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[list[Answer]], _Outcome]]] = {}
        for each, outcome in zip(group.waiting, outcomes, strict=True):
            by_loop.setdefault(each.answers.get_loop(), []).append((each.answers, outcome))
        for loop, answered in by_loop.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(_tell, answered)

    def _outcomes(self, group: _Group) -> Sequence[_Outcome]:
        try:
            if isinstance(group.underway, Exception):
                raise group.underway
            return group.underway.answers()
        except Exception as error:
            # What the log or the vault cannot do now, it cannot do for any of them.
            if isinstance(error, CdpError) or len(group.waiting) == 1:
                return [error] * len(group.waiting)
        return [outcome for each in group.waiting for outcome in self._outcomes(self._begin([each]))]


def _tell(answered: Sequence[tuple[asyncio.Future[list[Answer]], _Outcome]]) -> None:
    for future, outcome in answered:
        if future.done():
            continue
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
