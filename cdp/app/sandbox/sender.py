"""Sends callbacks as the platforms do: five seconds for an answer, and each platform's own rule for trying again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from cdp.app.sandbox.post import Post
from cdp.app.sandbox.sandbox import Sandbox
from cdp.app.sandbox.wire import Item, StoreItem, WecomItem, YouzanItem, outgoing
from cdp.clock import SECOND

PATIENCE = 5.0
"""Seconds that every platform waits for an answer."""
MOST_PARALLEL = 32

_YOUZAN = (10, 30, *(60 * n for n in range(1, 11)), 1200, 1800, 3600, 7200)
_STORE = (0, 0, 10, 60, 300, 1800, 3600, 3600, 3600)


@dataclass(frozen=True)
class Waiting:
    """A callback that is due later: a late one, or the next attempt of one that failed."""

    due: int
    item: Item
    attempt: int = 0


class Sender:
    """Sends over connections that are kept. What is due later waits here, and is lost with the process."""

    def __init__(self, sandbox: Sandbox):
        self._sandbox = sandbox
        self._post = Post(PATIENCE)
        self._threads = ThreadPoolExecutor(MOST_PARALLEL, "callbacks")
        self.waiting: list[Waiting] = []

    async def send(self, items: Sequence[Item], parallel: int = 1) -> list[dict[str, Any]]:
        """One result an item, in order; sent in order too, at most `parallel` at a time."""
        gate = asyncio.Semaphore(parallel)

        async def one(item: Item) -> dict[str, Any]:
            async with gate:
                return await self._item(item)

        if parallel == 1:
            return [await self._item(item) for item in items]
        return await asyncio.gather(*(one(item) for item in items))

    async def send_due(self) -> int:
        """Send what has become due, the earliest first; answers how many."""
        now = self._sandbox.clock.now()
        due = sorted((w for w in self.waiting if w.due <= now), key=lambda w: w.due)
        self.waiting = [w for w in self.waiting if w.due > now]
        for waiting in due:
            await self._attempt(waiting.item, waiting.attempt)
        return len(due)

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._post.close()

    async def _item(self, item: Item) -> dict[str, Any]:
        if item.at is not None and item.at > self._sandbox.clock.now():
            self.waiting += [Waiting(item.at, item)] * item.repeat
            return {"status": 0, "attempts": 0, "waiting": True}
        return [await self._attempt(item, 0) for _ in range(item.repeat)][-1]

    async def _attempt(self, item: Item, attempt: int) -> dict[str, Any]:
        """Try until it is taken or the next attempt lies in the future; that one then waits."""
        while True:
            status, body = await self._once(item, attempt)
            attempt += 1
            result = {"status": status, "attempts": attempt, "waiting": False}
            if _is_taken(item, status, body):
                return result
            delays = _delays(item)
            if attempt > len(delays):
                return result
            if delays[attempt - 1]:
                due = self._sandbox.clock.now() + delays[attempt - 1] * SECOND
                self.waiting.append(Waiting(due, item, attempt))
                return result | {"waiting": True}

    async def _once(self, item: Item, attempt: int) -> tuple[int, bytes]:
        """Status and body of the answer; status 0 where none came."""
        request = outgoing(item, self._sandbox.settings, self._sandbox.clock.now(), attempt)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._post.send, request)


def _delays(item: Item) -> tuple[int, ...]:
    """Seconds before the second, third, … attempt."""
    match item:
        case WecomItem():
            return (0, 0)
        case YouzanItem():
            return _YOUZAN
        case StoreItem():
            return _STORE


def _is_taken(item: Item, status: int, body: bytes) -> bool:
    """WeCom tries again only when nobody answered; the malls want to hear `success`."""
    match item:
        case WecomItem():
            return status > 0
        case YouzanItem():
            return status == 200 and b"success" in body
        case StoreItem():
            return status == 200 and body.strip() in (b"", b"success")
