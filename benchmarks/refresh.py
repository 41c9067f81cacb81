"""What a thousand new events cost, of a thousand persons, as the history grows.

A batch is what a server applies at once: events that are in the log already become rows of `touchpoints`, persons that turn out
to be one are merged, and every view follows, all in one durable transaction. One in ten of them happened days before it is told;
orders of earlier days are paid, made ready, picked up and refunded. Days, groups, lives and orders all grow with the history.

`growth` is the median at the longest history over the median at the shortest; `median` is that at the longest. `day_closed` is
what the end of a day costs, at which all that depends on everybody is computed anew.

    python benchmarks/refresh.py [--quick]

100 k, 1 M and 10 M events, with `--quick` 100 k and 1 M. The last line is one JSON object; times are seconds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from memory import peak_mb
from shop_history import ZONE, append_batch, close_day, shop_of, write_log

from cdp.clock import SystemClock
from cdp.log import open_log
from projections.projector import Projector

GROWTH_MOST, MEDIAN_MOST = 2.0, 1.0
NEW, BATCHES = 1_000, 7
MEMORY_MB = 1536
"""What a workspace gives its tables, unless it says otherwise."""


def main() -> None:
    """Make histories, apply batches, and say how long they took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="up to 1 M events instead of 10 M")
    sizes = []
    for events in (100_000, 1_000_000) if parser.parse_args().quick else (100_000, 1_000_000, 10_000_000):
        with tempfile.TemporaryDirectory(prefix="refresh-") as directory:
            sizes.append(measure(Path(directory), events))
        print(json.dumps(sizes[-1]), flush=True)
    print(json.dumps({"sizes": sizes, **judged(sizes)}))


def measure(directory: Path, events: int) -> dict[str, Any]:
    """The figures for a history of so many events."""
    path, shop = directory / "log.sqlite", shop_of(events)
    write_log(path, shop)
    log = open_log(path, SystemClock())
    projector = Projector(directory / "tables.duckdb", log, timezone=ZONE, memory=MEMORY_MB << 20)
    projector.build(log.head())
    batches = []
    for number in range(BATCHES):
        append_batch(path, shop, NEW, number)
        batches.append(timed(projector))
    close_day(path, shop)
    closing = timed(projector)
    projector.close()
    log.close()
    # The first batch finds cold what the others find warm.
    median = round(statistics.median(batches[1:]), 3)
    return {"events": events, "median": median, "batches": batches, "day_closed": closing, "peak_mb": peak_mb()}


def judged(sizes: list[dict[str, Any]]) -> dict[str, Any]:
    """The longest history beside the shortest, and what is allowed."""
    shortest, longest = sizes[0]["median"], sizes[-1]["median"]
    growth = round(longest / shortest, 2)
    return {
        "growth": growth,
        "growth_most": GROWTH_MOST,
        "median": longest,
        "median_most": MEDIAN_MOST,
        "holds": growth <= GROWTH_MOST and longest < MEDIAN_MOST,
    }


def timed(projector: Projector) -> float:
    """Seconds in which the tables come to the end of the log."""
    began = time.perf_counter()
    projector.advance()
    return round(time.perf_counter() - began, 3)


if __name__ == "__main__":
    main()
