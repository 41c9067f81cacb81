"""What may go wrong on purpose: the next calls of a kind time out, lose their answer, or get an error code."""

from __future__ import annotations

from collections import deque
from typing import Literal

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault, used up after `times` calls.

    `timeout`: nothing is done and no answer comes for `seconds`. `drop_answer`: it is done, and the connection breaks
    before the answer. `errcode`: nothing is done and this code is the answer.
    """

    call: str
    """The last part of the path, as `send_welcome_msg`; `*` stands for every call but `gettoken`."""
    mode: Literal["timeout", "drop_answer", "errcode"]
    errcode: int = -1
    seconds: float = 10.0
    times: int = 1


class Faults:
    """The faults that are still to come, in order, for each call."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Fault]] = {}

    def add(self, fault: Fault) -> None:
        self._waiting.setdefault(fault.call, deque()).extend([fault] * fault.times)

    def take(self, call: str) -> Fault | None:
        """The fault of this call, if one waits for it."""
        for key in (call, "*" if call != "gettoken" else call):
            if self._waiting.get(key):
                return self._waiting[key].popleft()
        return None

    def clear(self) -> None:
        self._waiting.clear()


class BrokenAnswer(Response):
    """An answer that begins and never comes: the server closes the connection in the middle of it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"64")]})
