"""How fast facts get into a log in PostgreSQL, beside an ordinary Application over PostgreSQL and beside bare `COPY`.

The facts, the way in and the peer are those of `ingest_log.py`, and so are the two limits, with `COPY` for what stands in
PostgreSQL: `raw` is everything that log and vault wrote, events and their keys into the tables of a log and the vault's rows
into a file with the tables of a vault; `raw_events` is the rows of the events table alone, into a table with the primary key of the library's. Both in
transactions of the same size. The server is started for the run, with its default settings (durable).

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
from ingest_log_raw import empty_vault, vault_transactions, write  # noqa: E402
from psycopg.conninfo import conninfo_to_dict  # noqa: E402

from cdp.clock import SystemClock  # noqa: E402
from cdp.log import open_log  # noqa: E402
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
        "share_of_raw": results["recurring"]["share_of_raw"],
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
            seconds["raw"] = _raw(running.new_database(), log, Path(name), len(load.batches))
        seconds["stock"] = stock(_in_postgres(running.new_database()), load.batches)
        seconds["raw_events"] = _raw_events(running.new_database(), _written(log, _EVENTS))
        best = {who: min(s, best.get(who, s)) for who, s in seconds.items()}
    return {
        **{f"{who}_per_second": round(load.events / s) for who, s in best.items()},
        "ratio_to_stock": round(best["stock"] / best["ours"], 2),
        "share_of_raw": round(best["raw"] / best["ours"], 3),
        "share_of_raw_events": round(best["raw_events"] / best["ours"], 3),
    }


def _in_postgres(address: str) -> dict[str, str]:
    parts = conninfo_to_dict(address)
    settings = {f"POSTGRES_{name.upper()}": str(parts[name]) for name in ("dbname", "host", "user")}
    # Its other way, a pipeline of single inserts, may wait for ever where the server is slow to read (psycopg 3.3).
    way = {"POSTGRES_ENABLE_DB_FUNCTIONS": "y"}
    return {"PERSISTENCE_MODULE": "eventsourcing.postgres", "POSTGRES_PASSWORD": "", **way, **settings}


_EVENTS = "SELECT originator_id, originator_version, topic, state FROM stored_events ORDER BY notification_id"
_KEYS = "SELECT digest, position, fingerprint FROM event_keys ORDER BY position"


def _written(address: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(address) as connection:
        return connection.execute(query).fetchall()


def _raw(address: str, log: str, directory: Path, batches: int) -> float:
    """Seconds for everything that a log and the vault in a directory hold; what the log refers to is durable first."""
    open_log(address, SystemClock()).close()
    vault = vault_transactions(directory, batches)
    events, keys = _written(log, _EVENTS), _written(log, _KEYS)
    with empty_vault(directory, vault[0]) as file, psycopg.connect(address, autocommit=True) as connection:
        started = time.perf_counter()
        for number, to_vault in enumerate(vault):
            part = slice(number * SIZE, (number + 1) * SIZE)
            write(file, to_vault)
            with connection.transaction():
                _copy(connection, "stored_events (originator_id, originator_version, topic, state)", events[part])
                _copy(connection, "event_keys (digest, position, fingerprint)", keys[part])
        return time.perf_counter() - started


def _raw_events(address: str, rows: list[tuple[Any, ...]]) -> float:
    """Seconds for the rows of the events table alone."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE rows (stream text, version bigint, type text, state bytea, PRIMARY KEY (stream, version))"
        )
        started = time.perf_counter()
        for start in range(0, len(rows), SIZE):
            with connection.transaction():
                _copy(connection, "rows", rows[start : start + SIZE])
        return time.perf_counter() - started


def _copy(connection: psycopg.Connection[Any], table: str, rows: list[tuple[Any, ...]]) -> None:
    with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


if __name__ == "__main__":
    main()
