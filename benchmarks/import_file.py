"""How fast `cdp ingest` takes a Parquet file, and how much memory it needs for it.

A file of orders and visits (persons recur ten times, a phone number each, every tenth row a profile with a name that is
sealed) is mapped by a mapping file and goes through the door of an empty workspace: identifiers and names into the vault,
everything deduplicated and durable. The importer is a process of its own, so its peak memory is that of the import alone.

    python benchmarks/import_file.py [--quick] [--rows N]

10 million rows, or half a million with --quick. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from memory import peak_mb

from cdp.clock import SECOND
from cdp.testing import moment

ROWS, QUICK = 10_000_000, 500_000
PER_PERSON = 10
GROUP = 100_000
LIMIT_MB = 1024
START = moment("2026-01-01T00:00:00+08:00")
MAP = """\
source: benchmark
id: {format: "o-{n}"}
type: {column: kind}
occurred_at: {column: at}
who: [{type: phone, value: {column: phone}}]
data:
  amount_fen: {column: yuan, as: yuan}
  page: {column: page}
  name: {column: name}
context:
  store: {column: store}
"""


def write(file: Path, rows: int) -> None:
    """The file, group by group."""
    with pq.ParquetWriter(file, _table(0, 1).schema) as writer:
        for first in range(0, rows, GROUP):
            writer.write_table(_table(first, min(GROUP, rows - first)))


def _table(first: int, count: int) -> pa.Table:
    numbers = range(first, first + count)
    kinds = [
        "person.profile_changed" if n % 10 == 0 else "order.paid" if n % 3 == 0 else "mall.visited" for n in numbers
    ]
    return pa.table(
        {
            "n": pa.array(numbers, pa.int64()),
            "kind": pa.array(kinds, pa.string()),
            "at": pa.array([START + n * SECOND for n in numbers], pa.timestamp("us", "UTC")),
            "phone": pa.array([f"1{39 * 10**8 + n // PER_PERSON:010}" for n in numbers], pa.string()),
            "yuan": pa.array([n % 5000 / 10 if k == "order.paid" else None for n, k in zip(numbers, kinds, strict=True)], pa.float64()),
            "page": pa.array(["home" if k == "mall.visited" else None for k in kinds], pa.string()),
            "name": pa.array([f"王阿姨{n}" if k == "person.profile_changed" else None for n, k in zip(numbers, kinds, strict=True)], pa.string()),
            "store": pa.array(["caichang"] * count, pa.string()),
        }
    )  # fmt: skip


def take(workspace: Path, file: Path) -> None:
    """In a process of its own: take the file and print seconds, counts and peak memory."""
    from cdp.app.file_import import import_file

    started = time.perf_counter()
    result = import_file(workspace, file, source="benchmark", historical=True, mapping=workspace / "map.yaml")
    seconds = time.perf_counter() - started
    counts = {"accepted": result.accepted, "duplicate": result.duplicate, "failed": result.failed}
    print(json.dumps({"seconds": round(seconds, 2), "peak_mb": peak_mb(), **counts}))


def measure(rows: int) -> dict[str, Any]:
    """The whole benchmark, in a directory that goes at the end."""
    with tempfile.TemporaryDirectory(prefix="import-file-") as scratch:
        workspace, file = Path(scratch) / "shop", Path(scratch) / "rows.parquet"
        workspace.mkdir()
        (workspace / "cdp.toml").write_text("", encoding="utf-8")
        (workspace / "map.yaml").write_text(MAP, encoding="utf-8")
        write(file, rows)
        print(f"{rows:,} rows, {file.stat().st_size / 2**20:,.0f} MiB of Parquet", flush=True)
        command = [sys.executable, __file__, "--take", str(workspace), str(file)]
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        taken: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
        if taken["accepted"] != rows:
            raise SystemExit(f"{rows} rows came to {taken}")
        stored = sum(p.stat().st_size for p in _files(workspace / "data"))
    rate = round(rows / taken["seconds"])
    return {
        "benchmark": "import_file", "rows": rows, "events_per_s": rate, "seconds": taken["seconds"],
        "peak_mb": taken["peak_mb"], "limit_mb": LIMIT_MB, "within_limit": taken["peak_mb"] < LIMIT_MB,
        "bytes_per_event": round(stored / rows), "cpus": os.cpu_count(),
    }  # fmt: skip


def _files(directory: Path) -> Iterator[Path]:
    return (path for path in directory.rglob("*") if path.is_file())


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} rows")
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--take", nargs=2, type=Path, metavar=("WORKSPACE", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.take:
        take(*options.take)
        return
    found = measure(options.rows or (QUICK if options.quick else ROWS))
    print(
        f"{found['events_per_s']:,} events/s, peak {found['peak_mb']} MiB of {LIMIT_MB}, {found['bytes_per_event']} bytes an event"
    )
    print(json.dumps(found))


if __name__ == "__main__":
    main()
