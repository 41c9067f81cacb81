"""What a server takes: memory while it stands idle, and bytes on disk an event.

`cdp serve` on an empty workspace, measured once it has come to rest. Then the facts of the log's benchmark (persons recur, ten
events each) are taken in as a file, while it runs, and it is measured again when every stage has caught up; and once more after
a restart, idle over what it holds. The files of `data` are told one by one.

    python benchmarks/footprint.py [--quick] [--events N]

100,000 events, or 20,000 with --quick. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from ingest_log import recurring
from memory import resident_mb

from cdp.app.workspace import RunInfo, read_run_info
from cdp.envelopes.own import render

EVENTS, QUICK = 100_000, 20_000
REST = 3.0
LIMIT_MB = 300


@contextmanager
def serving(workspace: Path) -> Iterator[tuple[RunInfo, int]]:
    """The real server, and its process."""
    command = [sys.executable, "-m", "cdp.app.cli", "serve", "--workspace", str(workspace), "--port", "0"]
    with (workspace / "server.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        info = None
        while info is None or not _is_ready(info):
            if process.poll() is not None:
                raise SystemExit((workspace / "server.log").read_text())
            time.sleep(0.1)
            info = read_run_info(workspace / "data")
        yield info, process.pid
    finally:
        process.terminate()
        process.wait(60)


def _is_ready(info: RunInfo) -> bool:
    try:
        found = httpx.get(f"{info.url}/readyz", trust_env=False, timeout=30).json()
    except httpx.HTTPError:
        return False
    return bool(found["ready"]) and not any(stage["lag"] for stage in found["stages"].values())


def _at_rest(info: RunInfo, pid: int) -> int:
    """Its memory once it has caught up and stood still for a while."""
    while not _is_ready(info):
        time.sleep(0.1)
    time.sleep(REST)
    return resident_mb(pid)


def measure(events: int) -> dict[str, Any]:
    """The whole benchmark, in a directory that goes at the end."""
    with tempfile.TemporaryDirectory(prefix="footprint-") as name:
        workspace = Path(name)
        (workspace / "cdp.toml").write_text("[publish]\nevery_minutes = 0\n", encoding="utf-8")
        file = workspace / "events.jsonl"
        file.write_bytes(b"\n".join(render(fact) for fact in recurring(events, random.Random(19))))
        with serving(workspace) as (info, pid):
            empty = _at_rest(info, pid)
            command = [sys.executable, "-m", "cdp.app.cli", "ingest", str(file), "--workspace", str(workspace)]
            subprocess.run([*command, "--history"], check=True, stdout=subprocess.DEVNULL)
            after = _at_rest(info, pid)
        with serving(workspace) as (info, pid):
            again = _at_rest(info, pid)
        sizes = {path.name: path.stat().st_size for path in sorted((workspace / "data").iterdir()) if path.is_file()}
    return {
        "benchmark": "footprint", "events": events, "idle_mb": empty, "after_ingest_mb": after, "idle_over_events_mb": again,
        "limit_mb": LIMIT_MB, "within_limit": empty < LIMIT_MB, "bytes_per_event": round(sum(sizes.values()) / events),
        "file_bytes_per_event": {n: round(size / events, 1) for n, size in sizes.items() if size >= events}, "cpus": os.cpu_count(),
    }  # fmt: skip


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} events")
    parser.add_argument("--events", type=int, default=0)
    options = parser.parse_args()
    found = measure(options.events or (QUICK if options.quick else EVENTS))
    print(
        f"idle {found['idle_mb']} MiB of {LIMIT_MB}, over {found['events']:,} events {found['idle_over_events_mb']} MiB; "
        f"{found['bytes_per_event']} bytes an event on disk"
    )
    print(json.dumps(found))


if __name__ == "__main__":
    main()
