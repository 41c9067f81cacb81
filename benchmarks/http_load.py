"""A load of prepared POST requests over keep-alive connections, from a process of its own.

Each connection sends its next request when the answer to the last one has come. The requests are bytes before the clock
starts, and an answer is read only as far as the law needs it, so that the loader costs the machine little.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import msgspec
import uvloop


@dataclass(frozen=True)
class Load:
    """What to post, to whom, over how many connections and for how long at most."""

    host: str
    port: int
    path: str
    token: str
    connections: int
    seconds: float
    bodies: Sequence[bytes]


@dataclass
class Outcome:
    """What the outside world knows afterwards: what was acknowledged, how long answers took, what failed."""

    seconds: float = 0.0
    requests: int = 0
    accepted: list[str] = field(default_factory=list)
    duplicate: int = 0
    failed: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    latencies_ms: dict[str, float] = field(default_factory=dict)


def run(load: Load) -> Outcome:
    """Put the load on the server, from another process, and answer what came of it."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_in_process, (load,))


def _in_process(load: Load) -> Outcome:
    return uvloop.run(_run(load))


class _Answered(msgspec.Struct):
    outcome: str
    id: str


class _Answers(msgspec.Struct):
    events: list[_Answered]


class _Connection(asyncio.Protocol):
    """One connection: request, answer, request, …"""

    def __init__(self, requests: Iterator[bytes], deadline: float, latencies: list[float], answers: list[bytes]):
        self._requests, self._deadline = requests, deadline
        self._latencies, self._answers = latencies, answers
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        self._latencies.append(time.perf_counter() - self._sent)
        self._answers.append(self._received)
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.over.done():
            self._answers.append(b"HTTP/1.1 000 lost\r\n\r\n")
            self.over.set_result(None)

    def _send(self) -> None:
        request = next(self._requests, None)
        if request is None or time.perf_counter() > self._deadline:
            self.over.set_result(None)
            self._transport.close()
            return
        self._received, self._sent = b"", time.perf_counter()
        self._transport.write(request)


async def _run(load: Load) -> Outcome:
    head = (
        f"POST {load.path} HTTP/1.1\r\nHost: {load.host}:{load.port}\r\nAuthorization: Bearer {load.token}\r\n"
        "Content-Type: application/json\r\nContent-Length: "
    ).encode()
    requests = [b"%b%d\r\n\r\n%b" % (head, len(body), body) for body in load.bodies]
    waiting, latencies, answers = iter(requests), list[float](), list[bytes]()
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    opened = [
        await loop.create_connection(
            lambda: _Connection(waiting, began + load.seconds, latencies, answers), load.host, load.port
        )
        for _ in range(load.connections)
    ]
    await asyncio.wait_for(asyncio.gather(*(connection.over for _, connection in opened)), load.seconds + 60)
    return _outcome(time.perf_counter() - began, latencies, answers)


def _outcome(seconds: float, latencies: list[float], answers: list[bytes]) -> Outcome:
    outcome = Outcome(seconds, len(answers), latencies_ms=percentiles(latencies))
    decoder = msgspec.json.Decoder(_Answers)
    for answer in answers:
        status = answer[9:12].decode()
        if status != "200":
            outcome.refused[status] = outcome.refused.get(status, 0) + 1
            continue
        for event in decoder.decode(answer.partition(b"\r\n\r\n")[2]).events:
            if event.outcome == "accepted":
                outcome.accepted.append(event.id)
            elif event.outcome == "duplicate":
                outcome.duplicate += 1
            else:
                outcome.failed += 1
    return outcome


def percentiles(latencies: list[float]) -> dict[str, float]:
    """p50, p90, p99 and the longest, in milliseconds."""
    ordered = sorted(latencies) or [0.0]
    at = {"p50": 0.50, "p90": 0.90, "p99": 0.99, "max": 1.0}
    return {
        name: round(ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000, 1) for name, share in at.items()
    }
