"""How fast events come in over HTTP, durably, through the real server process with all of its stages running.

The load comes from another process over keep-alive connections: batches of 100 events, and single events over 256
connections. Persons recur (ten events each), some events carry texts that are sealed, one in a hundred is sent twice.
Beside it, in the same run and under the same load, stands a bare Starlette and msgspec handler that shares commits to one
SQLite table: it does nothing with the events, and is the ceiling of what Python's HTTP leaves.

After each load the server is killed with SIGKILL, and the law is checked on what it left: every event that was
acknowledged as accepted stands in the log exactly once, nothing else stands there, and accepted, duplicate and failed add
up to what was answered.

    python benchmarks/ingest_http.py [--quick]

The last line is one JSON object; rates are events per second.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
from http_load import Load, Outcome, run
from ingest_log import recurring

from cdp.app.workspace import read_run_info
from cdp.clock import SystemClock
from cdp.envelopes.own import render
from cdp.log import open_log

HERE = Path(__file__).parent
SENT_TWICE = 100
T = TypeVar("T")


@dataclass(frozen=True)
class Kind:
    """One kind of load."""

    name: str
    batch: int
    connections: int
    most: int
    """Events prepared; a server that takes them all before the time is over is measured until then."""


@dataclass(frozen=True)
class Address:
    """Where a server answers."""

    port: int
    token: str
    process: subprocess.Popen[bytes]


def bodies(kind: Kind) -> list[bytes]:
    """The bodies of a load; every so many are repeated a little later."""
    events = [render(touchpoint) for touchpoint in recurring(kind.most, random.Random(kind.batch))]
    if kind.batch == 1:
        prepared = events
    else:
        prepared = [b"[" + b",".join(events[i : i + kind.batch]) + b"]" for i in range(0, len(events), kind.batch)]
    again = [(i + 3 * kind.connections, body) for i, body in enumerate(prepared) if i % SENT_TWICE == 0]
    placed = sorted([*enumerate(prepared), *again], key=lambda item: item[0])
    return [body for _, body in placed]


@contextmanager
def product(directory: Path) -> Iterator[Address]:
    """`cdp serve` in a workspace of its own, without limits per key."""
    directory.mkdir()
    (directory / "cdp.toml").write_text("[limits]\nevents_per_second = 0\n", encoding="utf-8")
    command = [sys.executable, "-m", "cdp.app.cli", "serve", "--workspace", str(directory), "--port", "0"]
    with (directory / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    with _ended(process):
        info = _until(process, lambda: read_run_info(directory / "data"))
        _until(process, lambda: _answers(info.url))
        yield Address(int(info.url.rpartition(":")[2]), info.token, process)


@contextmanager
def bare(directory: Path) -> Iterator[Address]:
    """The ceiling."""
    directory.mkdir()
    port_file = directory / "port"
    process = subprocess.Popen(
        [sys.executable, str(HERE / "bare_door.py"), str(directory / "bare.sqlite"), str(port_file)]
    )
    with _ended(process):
        port = int(_until(process, lambda: port_file.read_text() if port_file.exists() else ""))
        _until(process, lambda: _answers(f"http://127.0.0.1:{port}"))
        yield Address(port, "", process)


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", trust_env=False).status_code < 500
    except httpx.HTTPError:
        return False


def _until(process: subprocess.Popen[bytes], what: Callable[[], T]) -> T:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if answer := what():
            return answer
        if process.poll() is not None:
            raise SystemExit(f"the server ended with {process.returncode}")
        time.sleep(0.02)
    raise SystemExit("the server did not come up in 60 seconds")


def measure(kind: Kind, seconds: float) -> dict[str, Any]:
    """One load on the product and on the ceiling; the law checked on what the product left when it was killed."""
    prepared = bodies(kind)
    with tempfile.TemporaryDirectory(prefix="ingest-http-") as name:
        directory = Path(name)
        with product(directory / "ours") as ours:
            outcome = _load(ours, kind, seconds, prepared)
            memory, lag = _memory_mb(ours.process.pid), _lag(ours)
        law = check_law(directory / "ours" / "data" / "log.sqlite", kind, outcome)
        with bare(directory / "bare") as ceiling:
            limit = _load(ceiling, kind, seconds, prepared)
        kept = _kept(directory / "bare" / "bare.sqlite")
    answered = len(limit.accepted)
    if kept < answered:
        raise SystemExit(f"the ceiling lost events: {answered} acknowledged, {kept} kept")
    return {
        "events_per_second": round((len(outcome.accepted) + outcome.duplicate) / outcome.seconds),
        "latency_ms": outcome.latencies_ms,
        "ceiling_events_per_second": round(answered / limit.seconds),
        "ceiling_latency_ms": limit.latencies_ms,
        "share_of_ceiling": round(
            (len(outcome.accepted) + outcome.duplicate) / outcome.seconds / (answered / limit.seconds), 3
        ),
        "memory_mb": memory,
        "stage_lag": lag,
        **law,
    }


def _load(server: Address, kind: Kind, seconds: float, prepared: list[bytes]) -> Outcome:
    return run(Load("127.0.0.1", server.port, "/v1/events", server.token, kind.connections, seconds, prepared))


def check_law(log: Path, kind: Kind, outcome: Outcome) -> dict[str, Any]:
    """Ends the benchmark unless everything acknowledged stands in the log once, and nothing that was never sent."""
    with open_log(log, SystemClock()) as opened:
        position, held = 0, list[str]()
        while events := opened.read(position, 10_000):
            held += [event.id for event in events if event.source == "youzan"]
            position = events[-1].position
    accepted = set(outcome.accepted)
    answered = len(outcome.accepted) + outcome.duplicate + outcome.failed
    # Answered requests alone were counted; what the deadline cut off is not among them.
    wrong = {
        "lost": len(accepted - set(held)),
        "doubled": len(held) - len(set(held)),
        "answered_twice_as_accepted": len(outcome.accepted) - len(accepted),
        "never_acknowledged": len(set(held) - accepted),
        "failed": outcome.failed,
        "refused": sum(outcome.refused.values()),
        "unanswered": outcome.requests * kind.batch - answered - sum(outcome.refused.values()) * kind.batch,
    }
    if any(wrong.values()):
        raise SystemExit(f"the law does not hold: {wrong} {outcome.refused}")
    return {"accepted": len(accepted), "duplicate": outcome.duplicate, "law": "holds"}


def _kept(database: Path) -> int:
    connection = sqlite3.connect(database)
    try:
        (count,) = connection.execute("SELECT count(*) FROM events").fetchone()
    finally:
        connection.close()
    return int(count)


def _memory_mb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    return 0


def _lag(server: Address) -> dict[str, int]:
    stages = httpx.get(f"http://127.0.0.1:{server.port}/readyz", trust_env=False, timeout=60).json()["stages"]
    return {name: int(stage["lag"]) for name, stage in stages.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="shorter, under 45 seconds")
    parser.add_argument("--only", choices=["single", "batches"], help="one kind of load alone")
    options = parser.parse_args()
    seconds = 4.0 if options.quick else 15.0
    kinds = (
        Kind("batches", 100, 16, round(45_000 * seconds)),
        Kind("single", 1, 256, round(12_000 * seconds)),
    )
    began, results = time.perf_counter(), {}
    for kind in kinds:
        if options.only in (None, kind.name):
            results[kind.name] = measure(kind, seconds)
            print(f"{kind.name}:", json.dumps(results[kind.name]), flush=True)
    summary = {
        "benchmark": "ingest_http", "quick": options.quick, "seconds": round(time.perf_counter() - began, 1),
        "load_average": round(os.getloadavg()[0], 2),
        **{f"{name}_per_second": found["events_per_second"] for name, found in results.items()},
        **{f"{name}_p99_ms": found["latency_ms"]["p99"] for name, found in results.items()},
        **{f"{name}_share_of_ceiling": found["share_of_ceiling"] for name, found in results.items()},
        "loads": results,
    }  # fmt: skip
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
