"""An answer of a query on its way to the client: piece by piece, no faster than it is taken, and ended when nobody is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cdp.app.web.api.formats import headers_of
from cdp.errors import CdpError
from projections.asking.asker import Asker
from projections.asking.inquiry import Inquiry
from projections.asking.question import Question

_STALLED = 60.0
"""A client that takes nothing for so many seconds is taken to be gone."""
_T = TypeVar("_T")


class Streams:
    """Puts questions and streams their answers. The threads that wait for queries are not those that doors use."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._limiter: CapacityLimiter | None = None

    async def answer(self, request: Request, asker: Asker, question: Question, name: str) -> Response:
        """The answer, once it has begun. Raises what `Inquiry.begin` raises; a client that goes away ends the query."""
        inquiry = asker.open(question)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_cancel_when_gone, request.receive, inquiry)
                error = await self.in_thread(lambda: _error_of(inquiry.begin))
                tasks.cancel_scope.cancel()
            if error is not None:
                raise error
        except BaseException:
            await self.end(inquiry)
            raise
        return _Streamed(self, inquiry, name)

    async def end(self, inquiry: Inquiry) -> None:
        """Give back what a question took, whatever it was doing."""
        if inquiry.end is None:
            inquiry.cancel()
        with anyio.CancelScope(shield=True):
            await self.in_thread(inquiry.close)

    async def in_thread(self, work: Callable[[], _T]) -> _T:
        """Do work that waits. When the server stops it is not waited for: the query's process ends, and so does the work."""
        if self._limiter is None:
            self._limiter = CapacityLimiter(self._threads)
        return await to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._limiter)


class _Streamed(Response):
    """A torn answer never looks like a whole one: the connection is closed without the end of the body."""

    def __init__(self, streams: Streams, inquiry: Inquiry, name: str) -> None:
        self._streams, self._inquiry = streams, inquiry
        self.status_code = 200
        self.background = None
        self.init_headers({**headers_of(inquiry.question.format, name), **_told(inquiry)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_cancel_when_gone, receive, self._inquiry)
                await self._send_all(send)
                tasks.cancel_scope.cancel()
        finally:
            await self._streams.end(self._inquiry)

    async def _send_all(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        while True:
            try:
                piece = await self._streams.in_thread(self._inquiry.piece)
            except CdpError:
                return
            with anyio.move_on_after(_STALLED) as taking:
                await send({"type": "http.response.body", "body": piece or b"", "more_body": piece is not None})
            if piece is None or taking.cancelled_caught:
                return


def _told(inquiry: Inquiry) -> dict[str, str]:
    """Up to where the numbers know, and how many rows there are, as far as that is known when the answer begins."""
    head, end = inquiry.head, inquiry.end
    told = {
        "Cdp-Position": str(head.position),
        "Cdp-Closed-Position": str(head.closed_position),
        "Cdp-Recorded-At": head.recorded_at,
        "Cdp-Today": head.today,
        "Cdp-Row-Limit": "" if inquiry.question.rows is None else str(inquiry.question.rows),
    }
    if end is not None:
        told |= {"Cdp-Rows": str(end.rows), "Cdp-Truncated": str(end.truncated).lower()}
    return {name: value for name, value in told.items() if value}


async def _cancel_when_gone(receive: Receive, inquiry: Inquiry) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    inquiry.cancel()


def _error_of(work: Callable[[], None]) -> CdpError | None:
    try:
        work()
    except CdpError as error:
        return error
    return None
