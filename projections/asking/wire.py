"""How the server and a query's process talk: messages and pieces of an answer, over the process's two pipes."""

from __future__ import annotations

import os
import select
import struct
from typing import Any

import msgspec

_HEAD = struct.Struct(">cI")
_SAID, _DATA = b"S", b"D"
_AT_ONCE = 1 << 20
PIECE = 256 * 1024
"""No piece of an answer is larger, so that little waits for a slow client."""


class Silent(Exception):
    """The other side said nothing in time."""


class Wire:
    """One end. Not thread-safe."""

    def __init__(self, source: int, sink: int) -> None:
        self._source, self._sink = source, sink
        self._buffer = bytearray()

    def say(self, message: object) -> None:
        """Send a message. Raises OSError when nobody is there any more."""
        self._put(_SAID, msgspec.json.encode(message))

    def give(self, data: bytes) -> None:
        """Send a part of an answer; waits as long as the other side takes nothing."""
        view = memoryview(data)
        for at in range(0, len(view), PIECE):
            self._put(_DATA, view[at : at + PIECE])

    def hear(self, seconds: float | None = None) -> dict[str, Any] | bytes:
        """The next message, or the next piece. Raises Silent after that time, EOFError when the other side is gone."""
        kind, length = _HEAD.unpack(self._take(_HEAD.size, seconds))
        payload = self._take(length, seconds)
        if kind == _DATA:
            return payload
        message: dict[str, Any] = msgspec.json.decode(payload)
        return message

    def _put(self, kind: bytes, payload: bytes | memoryview) -> None:
        for part in (_HEAD.pack(kind, len(payload)), payload):
            view = memoryview(part)
            while view:
                view = view[os.write(self._sink, view) :]

    def _take(self, length: int, seconds: float | None) -> bytes:
        while len(self._buffer) < length:
            if seconds is not None and not select.select([self._source], [], [], max(seconds, 0))[0]:
                raise Silent
            read = os.read(self._source, _AT_ONCE)
            if not read:
                raise EOFError
            self._buffer += read
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        return taken
