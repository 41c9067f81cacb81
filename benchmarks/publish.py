"""How long publishing takes beside plain copies of the same tables, and how fast rows come through SQL beside the files.

A year of touchpoints, mixed as a shop's are, made from hashes, and every view over them. Timed apart:

* `first`: the first publication, with a file a day, digests, manifest and links; `first_ratio` is its time over that of
  DuckDB's own `COPY` of every table into one file each, with the same compression.
* `again`: after a thousand new touchpoints of a thousand persons, which changed five views, the largest among them.
* `same`: when nothing changed.
* `fresh`: the first query after such a change, over `touchpoints`, answered over up-to-date files; `warm`: once more.
* `arrow`: all touchpoints as an Arrow stream through the process apart, piece by piece as the server sends them;
  `arrow_ratio` is its time over that of DuckDB reading the published files into the same batches.
* `doors`: how long the middle and the slowest of many small writes took beside a query that uses all it may.

    python benchmarks/publish.py [--quick]

`--quick` is 1 M touchpoints, otherwise 10 M. The last line is one JSON object; times are seconds.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from cdp.clock import SystemClock
from cdp.errors import QueryStopped
from cdp.log import open_log
from cdp.testing import event, person
from projections.asking.asker import Asker
from projections.asking.question import Bounds, Question
from projections.catalog import base_tables, kept, views
from projections.engine import Engine
from projections.parts import Parts
from projections.publish import publish
from projections.schema import fill, prepare

NAMES = [table.name for table in (*base_tables(), *views())]
KEPT = kept(NAMES)
CHANGED = ("orders", "persons", "live_viewers", "mall_visitors", "group_actives")
"""Views in which a thousand touchpoints of today change something."""
NEW = 1000
FIRST = 1_740_000_000_000
"""Milliseconds since the epoch of the first touchpoint; the last comes a year later."""
TOUCHPOINTS = """
INSERT INTO touchpoints BY NAME
WITH drawn AS (
    SELECT i, hash(i) % 100 AS kind, hash(i + 1000000007) AS chance, hash(i + 2000000011) AS who FROM range({first}, {last}) AS r(i)
),
happened AS (
    SELECT
        *,
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
        make_timestamptz(({begin} + i * 31104000000 // {events} + (chance % 3600000)::BIGINT) * 1000) AS occurred_at,
        least(floor(pow((who >> 11)::DOUBLE / 9007199254740992, 1.5) * {persons})::BIGINT, {persons} - 1) + 1 AS person_id
    FROM drawn
)
SELECT
    i + 1 AS position,
    'evt-' || substr(md5(i::VARCHAR), 1, 20) AS id,
    CASE WHEN kind < 30 THEN 'wecom/main' WHEN kind < 60 THEN 'youzan/main' ELSE 'http' END AS source,
    type,
    occurred_at,
    occurred_at + INTERVAL 2 SECOND AS recorded_at,
    CAST(occurred_at AS DATE) AS day,
    person_id,
    person_id AS subject,
    CASE WHEN kind < 31 THEN 'ch-' || (chance % 20) END AS channel,
    CASE WHEN kind BETWEEN 8 AND 27 OR kind >= 90 THEN 'live-' || (i * 360 // {events}) END AS live_id,
    CASE WHEN kind < 8 OR kind BETWEEN 79 AND 89 THEN 'g' || (chance % 20) END AS group_id,
    CASE WHEN kind BETWEEN 65 AND 73 THEN (370511505847120892 + i)::VARCHAR END AS order_id,
    CASE WHEN kind BETWEEN 45 AND 78 THEN 'p' || (chance % 500) END AS product_id,
    CASE WHEN kind BETWEEN 28 AND 30 THEN 'wang' END AS staff_id,
    CASE WHEN kind BETWEEN 65 AND 73 THEN (chance % 20000)::BIGINT END AS amount_fen,
    CASE WHEN kind BETWEEN 18 AND 27 THEN (chance % 3000)::BIGINT END AS seconds,
    FALSE AS historical,
    CASE
        WHEN kind BETWEEN 65 AND 73 THEN '{{"amount_fen":' || (chance % 20000) || ',"categories":["粽子"]}}'
        WHEN kind BETWEEN 18 AND 27 THEN '{{"total_seconds":' || (chance % 3000) || '}}'
        ELSE '{{}}'
    END AS data
FROM happened
"""
BUSY = "SELECT COUNT(*) FROM range(10000000) AS a, range(10000000) AS b WHERE a.range + b.range = -1"


def main() -> None:
    """Make the tables, publish, ask, and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="1 M touchpoints instead of 10 M")
    events = 1_000_000 if parser.parse_args().quick else 10_000_000
    with tempfile.TemporaryDirectory(prefix="publish-") as directory:
        print(json.dumps(run(Path(directory), events)))


@dataclass
class Tables:
    """What publishing needs of a projector."""

    parts: Parts


def run(directory: Path, events: int) -> dict[str, Any]:
    """The figures for one size."""
    engine = Engine(directory / "tables.duckdb", "Asia/Shanghai")
    prepare(engine)
    figures: dict[str, Any] = {"events": events, "fill": timed(lambda: take(engine, 0, events, events, KEPT))}
    tables, published = Tables(Parts(engine)), directory / "published"
    figures["first"] = timed(lambda: publish(tables, published))
    figures["copy"] = timed(lambda: copy_all(engine, directory / "copies"))
    figures["first_ratio"] = round(figures["first"] / figures["copy"], 2)
    figures["same"] = timed(lambda: publish(tables, published))
    take(engine, events, events + NEW, events, CHANGED)
    figures["again"] = timed(lambda: publish(tables, published))
    asker = Asker(tables.parts, Bounds())
    ask(asker, "SELECT 1")
    take(engine, events + NEW, events + 2 * NEW, events, ())
    count = "SELECT type, COUNT(*) AS n, COUNT(DISTINCT person_id) AS persons FROM touchpoints GROUP BY type"
    figures["fresh"] = timed(lambda: ask(asker, count))
    figures["warm"] = timed(lambda: ask(asker, count))
    figures["arrow"] = timed(lambda: ask(asker, "SELECT * FROM touchpoints"))
    figures["read"] = timed(lambda: read_all(published / "current"))
    figures["arrow_ratio"] = round(figures["arrow"] / figures["read"], 2)
    figures["doors"] = {"alone": writes(directory / "alone.sqlite")}
    with busy(asker):
        figures["doors"]["beside"] = writes(directory / "beside.sqlite")
    asker.close()
    engine.close()
    figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return figures


def take(engine: Engine, first: int, last: int, events: int, names: Collection[str]) -> None:
    """Add touchpoints, compute these views, and say up to where the tables know."""
    with engine.transaction():
        engine.run(TOUCHPOINTS.format(first=first, last=last, events=events, persons=events // 10, begin=FIRST))
        for view in views():
            if view.name in names and not view.on_reading:
                fill(engine, view)
        engine.run("UPDATE internal.progress SET position = ?, closed_position = ?", [last, last])


def copy_all(engine: Engine, into: Path) -> None:
    """What DuckDB takes for the same rows, one file a table."""
    into = engine.parts / into.name
    into.mkdir()
    for name in NAMES:
        engine.run(f"COPY {name} TO '{into / name}.parquet' (FORMAT parquet, COMPRESSION zstd)")


def ask(asker: Asker, sql: str) -> int:
    """The bytes of an Arrow stream, taken as they come."""
    with asker.open(Question(sql=sql, format="arrow")) as inquiry:
        inquiry.begin()
        return sum(map(len, inquiry.pieces()))


def read_all(current: Path) -> int:
    """The same rows read from the published files, in batches of the same size."""
    con = duckdb.connect(config={"threads": Bounds().threads})
    con.execute((current / "cdp.sql").read_text(encoding="utf-8"))
    count = sum(batch.num_rows for batch in con.sql("SELECT * FROM touchpoints").to_arrow_reader(8192))
    con.close()
    return count


def writes(path: Path) -> dict[str, float]:
    """Small durable writes to a log, one after the other: milliseconds of the middle and of the slowest."""
    log = open_log(str(path), SystemClock())
    took = []
    for number in range(300):
        began = time.perf_counter()
        log.append([event("mall.visited", who=(person(number),), occurred_at=SystemClock().now())])
        took.append((time.perf_counter() - began) * 1000)
    log.close()
    return {"median_ms": round(statistics.median(took), 2), "slowest_ms": round(max(took), 2)}


@contextmanager
def busy(asker: Asker) -> Iterator[None]:
    """Within the block, a query uses all that it may."""
    inquiry = asker.open(Question(sql=BUSY))

    def begin() -> None:
        try:
            inquiry.begin()
        except QueryStopped:
            inquiry.close()

    thread = threading.Thread(target=begin)
    thread.start()
    time.sleep(1)
    try:
        yield
    finally:
        inquiry.cancel()
        thread.join()


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    began = time.perf_counter()
    work()
    return round(time.perf_counter() - began, 3)


if __name__ == "__main__":
    main()
