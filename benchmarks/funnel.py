"""How fast the seven-step funnel is counted, exactly, beside embedded ClickHouse on the same events.

Ten million touchpoints of a million persons over thirty days, mixed as a shop's are, some persons far busier than others,
and made from hashes, so that they are the same everywhere; the window is fourteen days, and the tables are in the order of
the log. Ours is `projections.funnel.counts` through the same reader as everywhere.

The peer is `chdb` with `windowFunnel` over a combined time-and-position key. Its stock form lets one order be both the order
and the repurchase, since it takes an event for every condition that it matches; so an order enters twice, as the
repurchase just before itself as the order, and the counts are equal. They are compared.

`ratio_to_chdb` is with the types as plain text on both sides, as they stand in the Parquet file that both were loaded from.
`ratio_to_chdb_tuned` is with chdb's types declared LowCardinality by hand, which DuckDB does by itself.

Rounds alternate and the best of each counts, so that a neighbour on the machine disturbs all alike.

    pip install chdb
    python benchmarks/funnel.py [--quick]

The last line is one JSON object; times are seconds.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from cdp.clock import DAY
from projections.engine import Engine
from projections.funnel import FULL_FUNNEL, counts, funnel
from projections.read import Reader

WINDOW = 14 * DAY
FIRST = 1_780_000_000_000
"""Milliseconds since the epoch of the first touchpoint."""
SHIFT = 1 << 25
"""More than twice the largest position."""

TOUCHPOINTS = """
CREATE TABLE touchpoints AS
WITH drawn AS (
    SELECT i, hash(i) % 100 AS kind, hash(i + 1000000007) AS chance, hash(i + 2000000011) AS who FROM range({events}) AS r(i)
)
SELECT
    i + 1 AS position,
    CASE
        WHEN kind < 8 THEN 'group.link_clicked'
        WHEN kind < 18 THEN 'live.entered'
        WHEN kind < 28 THEN 'live.watched'
        WHEN kind < 31 THEN 'friend.added'
        WHEN kind < 45 THEN 'mall.visited'
        WHEN kind < 65 THEN 'product.viewed'
        WHEN kind < 70 THEN 'order.placed'
        WHEN kind < 74 THEN 'order.paid'
        WHEN kind < 79 THEN 'cart.added'
        WHEN kind < 90 THEN 'group.message_sent'
        ELSE 'live.liked'
    END AS type,
    make_timestamptz(({first} + i * 2592000000 // {events} + (chance % 3600000)::BIGINT) * 1000) AS occurred_at,
    least(floor(pow((who >> 11)::DOUBLE / 9007199254740992, 1.5) * {persons})::BIGINT, {persons} - 1) + 1 AS person_id,
    CASE WHEN kind BETWEEN 18 AND 27 THEN (chance % 300)::BIGINT END AS seconds
FROM drawn
"""
PARQUET = """
COPY (SELECT position, epoch_ms(occurred_at) AS at, type, person_id, seconds FROM touchpoints ORDER BY position)
TO '{path}' (FORMAT parquet)
"""
WINDOW_FUNNEL = """
SELECT level, count() FROM (
    SELECT person_id, windowFunnel({window})(
        key,
        type = 'group.link_clicked',
        type = 'live.entered',
        type IN ('live.watched', 'live.left') AND ifNull(seconds >= 60, 0),
        type = 'friend.added',
        type IN ('mall.visited', 'product.viewed'),
        type = 'order.placed' AND turn = 1,
        type = 'order.placed' AND turn = 0
    ) AS level
    FROM (
        SELECT person_id, type, seconds, arrayJoin(if(type = 'order.placed', [0, 1], [1])) AS turn,
            toUInt64((at - {first}) * {shift} + position * 2 + turn) AS key
        FROM bench.{table}
        WHERE type IN (
            'group.link_clicked', 'live.entered', 'live.watched', 'live.left', 'friend.added', 'mall.visited',
            'product.viewed', 'order.placed'
        )
    )
    GROUP BY person_id
) GROUP BY level
"""


def main() -> None:
    """Make the events, count, compare, and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="5 M events instead of 10 M, fewer rounds")
    events, rounds = (5_000_000, 3) if parser.parse_args().quick else (10_000_000, 5)
    if find_spec("chdb") is None:
        sys.exit("this compares with embedded ClickHouse: pip install chdb")
    with tempfile.TemporaryDirectory(prefix="funnel-") as directory:
        engine = Engine(Path(directory) / "tables.duckdb", "Asia/Shanghai", sealed=False)
        try:
            print(json.dumps(run(engine, Path(directory), events, rounds)))
        finally:
            engine.close()


def run(engine: Engine, directory: Path, events: int, rounds: int) -> dict[str, Any]:
    """The figures for one size."""
    parquet = directory / "touchpoints.parquet"
    engine.run(TOUCHPOINTS.format(events=events, persons=events // 10, first=FIRST))
    engine.run("CREATE TABLE staff (person_id BIGINT)")
    engine.run(PARQUET.format(path=parquet))
    reader = Reader(engine)
    peer = Peer(directory / "chdb", parquet)
    jobs: dict[str, Callable[[], tuple[int, ...]]] = {
        "ours": lambda: counts(reader, FULL_FUNNEL, window=WINDOW),
        "chdb": lambda: peer.counts("plain"),
        "chdb_tuned": lambda: peer.counts("tuned"),
    }
    answers, seconds = {}, dict.fromkeys(jobs, float("inf"))
    for _ in range(rounds):
        for name, job in jobs.items():
            answers[name], took = timed(job)
            seconds[name] = min(seconds[name], took)
    if len(set(answers.values())) > 1:
        sys.exit(f"the counts differ: {answers}")
    whole, took = timed(lambda: funnel(reader, FULL_FUNNEL, window=WINDOW))
    for name, value in seconds.items():
        print(f"{name:12} {value:7.2f} s   {events / value / 1e6:6.1f} M events/s")
    print(f"{'with times':12} {took:7.2f} s   medians, histogram and everybody's best attempt as well")
    return {
        "events": events,
        "persons": events // 10,
        "counts": list(answers["ours"]),
        "equal": whole.counts == answers["ours"],
        **{f"{name}_seconds": round(value, 3) for name, value in seconds.items()},
        "funnel_seconds": round(took, 3),
        "ratio_to_chdb": round(seconds["chdb"] / seconds["ours"], 2),
        "ratio_to_chdb_tuned": round(seconds["chdb_tuned"] / seconds["ours"], 2),
    }


class Peer:
    """Embedded ClickHouse with the events in tables of its own."""

    def __init__(self, directory: Path, parquet: Path):
        from chdb.session import Session

        self._session = Session(str(directory))
        self._session.query("CREATE DATABASE bench")
        source = f"SELECT * FROM file('{parquet}', Parquet)"
        self._session.query(f"CREATE TABLE bench.plain ENGINE = MergeTree ORDER BY position AS {source}")
        self._session.query(
            "CREATE TABLE bench.tuned (position UInt64, at Int64, type LowCardinality(String), person_id UInt64,"
            f" seconds Nullable(Int64)) ENGINE = MergeTree ORDER BY position AS {source}"
        )

    def counts(self, table: str) -> tuple[int, ...]:
        """Persons by step."""
        window = (WINDOW // 1000 + 1) * SHIFT - 1
        sql = WINDOW_FUNNEL.format(window=window, first=FIRST, shift=SHIFT, table=table)
        rows = [tuple(map(int, line.split(","))) for line in str(self._session.query(sql, "CSV")).split()]
        return tuple(
            sum(persons for level, persons in rows if level >= step) for step in range(1, len(FULL_FUNNEL) + 1)
        )


def timed(job: Callable[[], Any]) -> tuple[Any, float]:
    """What a job answers, and how long that took."""
    begun = time.perf_counter()
    answer = job()
    return answer, time.perf_counter() - begun


if __name__ == "__main__":
    main()
