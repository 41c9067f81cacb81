"""How much a caller may bring: requests and events per second and key, and how large a body may be, before and after gzip."""

from __future__ import annotations

import math
import threading
import time
import zlib
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request

from cdp.app.settings import Limits
from cdp.app.web.api.access import Caller

_GZIP = 16 + zlib.MAX_WBITS


class TooMany(HTTPException):
    """More than the key may bring (429); `Retry-After` says in how many whole seconds it may again."""

    code = "rate_limited"

    def __init__(self, seconds: float, rate: float):
        wait = max(1, math.ceil(seconds))
        super().__init__(
            429, f"this key may bring {rate:g} events a second; try again in {wait} s", {"Retry-After": str(wait)}
        )


class TooLarge(HTTPException):
    """A body beyond the limit (413)."""

    code = "too_large"

    def __init__(self, limit: int):
        super().__init__(413, f"a body has at most {limit} bytes, inflated")


class NotReadable(HTTPException):
    """A body in an encoding that is not understood (415), or not in the one it names (400)."""

    code = "encoding"


class Limiter:
    """A token bucket per key: it holds `burst` tokens and fills with `events_per_second`. Thread-safe.

    An event costs a token, a request at least one. A request is refused as a whole or not at all; one that is larger than
    the bucket passes when the bucket is full, and leaves a debt. The workspace's own command line is never refused.
    """

    def __init__(self, limits: Limits, now: Callable[[], float] = time.monotonic):
        self._rate, self._burst, self._now = limits.events_per_second, limits.burst, now
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def spend(self, caller: Caller, events: int) -> None:
        """Take the tokens of a request. Raises TooMany, and then nothing was taken."""
        if caller.own or not self._rate:
            return
        with self._lock:
            now = self._now()
            tokens, at = self._buckets.get(caller.key, (float(self._burst), now))
            tokens = min(float(self._burst), tokens + (now - at) * self._rate)
            cost = max(events, 1)
            needed = min(cost, self._burst)
            if tokens < needed:
                raise TooMany((needed - tokens) / self._rate, self._rate)
            self._buckets[caller.key] = (tokens - cost, now)


async def read_body(request: Request, limit: int) -> bytes:
    """The body, inflated if it says that it is gzip. Raises TooLarge as soon as it, or what it inflates to, is too large."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", ""):
        raise NotReadable(415, f"the encoding {encoding!r} is not understood; send gzip or none")
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdecimal() and int(length) > limit:
        raise TooLarge(limit)
    inflater = zlib.decompressobj(_GZIP) if encoding == "gzip" else None
    chunks: list[bytes] = []
    received = size = 0
    async for chunk in request.stream():
        received += len(chunk)
        part = chunk if inflater is None else _inflated(inflater, chunk, limit + 1 - size)
        size += len(part)
        if max(received, size) > limit:
            raise TooLarge(limit)
        chunks.append(part)
    if inflater is not None and (inflater.unused_data or not inflater.eof):
        raise NotReadable(400, "the body is not exactly one gzip member")
    return b"".join(chunks)


def _inflated(inflater: zlib._Decompress, chunk: bytes, room: int) -> bytes:
    """At most `room` bytes more than is allowed: a small body that inflates to gigabytes is stopped at the limit."""
    try:
        return inflater.decompress(chunk, room)
    except zlib.error as error:
        raise NotReadable(400, f"the body is not gzip: {error}") from None
