"""How fast all tables are built from a log, and how much memory that takes.

Two legs, timed apart. The first makes `touchpoints` and the other base tables of the log: `load_events_s`, events a second,
who is who found out and everybody's events given to them. The second computes every view from them: `views_ratio` is its time
over that of DuckDB alone, which answers the same SELECTs straight from Parquet files of the base tables, in the same run and
with the same memory; whether both come to the same rows is looked at, not assumed. `peak_mb` is the most that the building
process ever held.

    python benchmarks/rebuild.py [--quick] [--memory MB]

1 M and 10 M events, with `--quick` 300 k. The last line is one JSON object; times are seconds.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb
from memory import peak_mb
from shop_history import ZONE, shop_of, write_log

from cdp.clock import SystemClock
from cdp.log import open_log
from projections.catalog import TOUCHPOINTS, Table, base_tables, views
from projections.projector import Projector

LOAD_LEAST, RATIO_MOST, PEAK_MOST_MB = 150_000, 3.0, 4096
MEMORY_MB = 1536
"""What a workspace gives its tables, unless it says otherwise."""
COMPUTED = [view for view in views() if not view.on_reading]
# Floating sums may differ in their last digits with the order of rows.
_FINGERPRINT = "SELECT COUNT(*), CAST(SUM(CAST(HASH({columns}) AS HUGEINT)) AS VARCHAR) FROM {table}"

Fingerprints = dict[str, tuple[int, str | None]]


def main() -> None:
    """Make a log, build the tables of it, let DuckDB answer the same, and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="300 k events instead of 1 M and 10 M")
    parser.add_argument("--memory", type=int, default=MEMORY_MB, metavar="MB", help="what the tables may take")
    asked = parser.parse_args()
    sizes = []
    for events in (300_000,) if asked.quick else (1_000_000, 10_000_000):
        with tempfile.TemporaryDirectory(prefix="rebuild-") as directory:
            sizes.append(measure(Path(directory), events, asked.memory))
        print(json.dumps(sizes[-1]), flush=True)
    print(json.dumps({"sizes": sizes, **judged(sizes)}))


def measure(directory: Path, events: int, memory_mb: int) -> dict[str, Any]:
    """The figures for one size, each part in a process of its own."""
    apart(write_log, directory / "log.sqlite", shop_of(events))
    figures, ours = apart(build, directory, memory_mb)
    seconds, theirs = apart(answer, directory, memory_mb)
    return {
        "events": events,
        **figures,
        "duckdb": seconds,
        "views_ratio": round(figures["views"] / seconds, 2),
        "different": sorted(name for name in ours if ours[name] != theirs[name]),
    }


def judged(sizes: list[dict[str, Any]]) -> dict[str, Any]:
    """The worst of all sizes beside what is allowed."""
    load, ratio = min(size["load_events_s"] for size in sizes), max(size["views_ratio"] for size in sizes)
    peak, different = (
        max(size["peak_mb"] for size in sizes),
        sorted({name for size in sizes for name in size["different"]}),
    )
    return {
        "load_events_s": load,
        "load_least": LOAD_LEAST,
        "views_ratio": ratio,
        "ratio_most": RATIO_MOST,
        "peak_mb": peak,
        "peak_most_mb": PEAK_MOST_MB,
        "holds": load >= LOAD_LEAST and ratio <= RATIO_MOST and peak < PEAK_MOST_MB and not different,
    }


def apart(work: Any, *arguments: Any) -> Any:
    """What a process of its own answers, so that its memory is its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as process:
        return process.submit(work, *arguments).result()


def build(directory: Path, memory_mb: int) -> tuple[dict[str, Any], Fingerprints]:
    """Build all tables as `cdp rebuild` does; leaves the base tables as Parquet files."""
    log = open_log(directory / "log.sqlite", SystemClock())
    projector = Projector(directory / "tables.duckdb", log, timezone=ZONE, memory=memory_mb << 20)
    ended: dict[str, float] = {}
    began = time.perf_counter()
    projector.build(log.head(), progress=lambda table, done, total: ended.update({table: time.perf_counter()}))
    load, whole = ended[TOUCHPOINTS] - began, time.perf_counter() - began
    figures = {
        "load": round(load, 2),
        "load_events_s": round(log.head() / load),
        "views": round(whole - load, 2),
        "peak_mb": peak_mb(),
    }
    projector.close()
    log.close()
    with opened(directory / "tables.duckdb") as con:
        for table in base_tables():
            con.execute(f"COPY {table.name} TO '{directory / table.name}.parquet' (FORMAT parquet)")
        con.execute(f"COPY internal.progress TO '{directory}/progress.parquet' (FORMAT parquet)")
        return figures, {view.name: fingerprint(con, view) for view in COMPUTED}


def answer(directory: Path, memory_mb: int) -> tuple[float, Fingerprints]:
    """Seconds in which DuckDB answers every view's SELECT, with nothing of ours between it and the files."""
    with opened(directory / "plain.duckdb") as con:
        con.execute(f"SET memory_limit = '{memory_mb}MB'")
        con.execute("SET preserve_insertion_order = false")
        con.execute(f"CREATE SCHEMA internal; CREATE VIEW internal.progress AS FROM '{directory}/progress.parquet'")
        for table in base_tables():
            con.execute(f"CREATE VIEW {table.name} AS FROM '{directory / table.name}.parquet'")
        began = time.perf_counter()
        for view in COMPUTED:
            con.execute(f"CREATE TABLE {view.name} AS {view.sql}")
        seconds = round(time.perf_counter() - began, 2)
        return seconds, {view.name: fingerprint(con, view) for view in COMPUTED}


def opened(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection in the workspace's zone."""
    con = duckdb.connect(path)
    con.execute(f"SET TimeZone = '{ZONE}'")
    return con


def fingerprint(con: duckdb.DuckDBPyConnection, table: Table) -> tuple[int, str | None]:
    """How many rows there are, and what they say in whatever order, fractions rounded to nine digits."""
    types = dict(con.execute(f"SELECT column_name, column_type FROM (DESCRIBE {table.name})").fetchall())
    columns = ", ".join(f'ROUND("{name}", 9)' if kind == "DOUBLE" else f'"{name}"' for name, kind in types.items())
    rows, digest = con.execute(_FINGERPRINT.format(columns=columns, table=table.name)).fetchall()[0]
    return rows, digest


if __name__ == "__main__":
    main()
