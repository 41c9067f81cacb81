"""How fast facts get into a log in PostgreSQL, beside an ordinary Application over PostgreSQL and beside bare `COPY`.

The facts, the way in and the peer are those of `ingest_log.py`; the limit, `raw_events`, is `COPY` of the rows of the events table
that our log wrote, into a table with the primary key of the library's, in transactions of the same size: no keys, no vault. The server is started for the run, with its
default settings (durable).

    python benchmarks/ingest_log_postgres.py [--quick]

The last line is one JSON object; rates are events per second.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from ingest_log import IN_FLIGHT, Load, all_new, checked, ours, recurring, stock  # noqa: E402
from psycopg.conninfo import conninfo_to_dict  # noqa: E402

from tests.log.postgres import Server, server  # noqa: E402

SIZE = 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="smaller, under 45 seconds")
    options = parser.parse_args()
    count, rounds = (20_000, 2) if options.quick else (100_000, 3)
    dice = random.Random(19)
    facts = {"recurring": checked(recurring(count, dice)), "all_new": checked(all_new(count, dice))}
    loads = [Load(name, SIZE, [some[i : i + SIZE] for i in range(0, count, SIZE)]) for name, some in facts.items()]
    started = time.perf_counter()
    with server(durable=True) as running:
        results = {load.name: _measure(running, load, rounds) for load in loads}
    summary = {
        "benchmark": "ingest_log_postgres",
        "quick": options.quick,
        "events": count,
        "seconds": round(time.perf_counter() - started, 1),
        "ratio_to_stock": results["recurring"]["ratio_to_stock"],
        "share_of_raw_events": results["recurring"]["share_of_raw_events"],
        "ratio_new_persons": results["all_new"]["ratio_to_stock"],
    }
    print(json.dumps({**summary, "loads": results}))


def _measure(running: Server, load: Load, rounds: int) -> dict[str, float]:
    best: dict[str, float] = {}
    for _ in range(rounds):
        log = running.new_database()
        with tempfile.TemporaryDirectory(prefix="ingest-") as name:
            seconds = {"ours": ours(Path(name), load.batches, IN_FLIGHT, log)}
        seconds["stock"] = stock(_in_postgres(running.new_database()), load.batches)
        seconds["raw_events"] = _raw(running.new_database(), _written(log))
        best = {who: min(s, best.get(who, s)) for who, s in seconds.items()}
    return {
        **{f"{who}_per_second": round(load.events / s) for who, s in best.items()},
        "ratio_to_stock": round(best["stock"] / best["ours"], 2),
        "share_of_raw_events": round(best["raw_events"] / best["ours"], 3),
    }


def _in_postgres(address: str) -> dict[str, str]:
    parts = conninfo_to_dict(address)
    settings = {f"POSTGRES_{name.upper()}": str(parts[name]) for name in ("dbname", "host", "user")}
    return {"PERSISTENCE_MODULE": "eventsourcing.postgres", "POSTGRES_PASSWORD": "", **settings}


def _written(address: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(address) as connection:
        return connection.execute(
            "SELECT originator_id, originator_version, topic, state FROM stored_events ORDER BY notification_id"
        ).fetchall()


def _raw(address: str, rows: list[tuple[Any, ...]]) -> float:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE rows (stream text, version bigint, type text, state bytea, PRIMARY KEY (stream, version))"
        )
        started = time.perf_counter()
        for start in range(0, len(rows), SIZE):
            with connection.transaction(), connection.cursor().copy("COPY rows FROM STDIN") as copy:
                for row in rows[start : start + SIZE]:
                    copy.write_row(row)
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
