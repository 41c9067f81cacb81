"""How fast the vault finds somebody by an identifier, and how much memory it takes, with a million people in it.

A vault is filled with phones, a name sealed for each. Then a process of its own, whose caches are empty, looks up people at
random: cold ones, the same ones again, and so many that whatever is remembered has been forgotten; its peak memory is what the
vault needs at most. Beside it, in the same run, bare SQLite with the same identifiers in clear as its primary key: what
a look-up costs without keyed digests, sealing and caches. Erasing is timed too, since its bytes must leave the files.

    python benchmarks/vault.py [--quick] [--people N]

A million people, or 150,000 with --quick. The last line is one JSON object; look-ups are in microseconds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from statistics import quantiles
from typing import Any

from memory import peak_mb

from cdp.events.touchpoint import Identifier
from cdp.vault import SqliteVault, open_vault

PEOPLE, QUICK = 1_000_000, 150_000
BATCH = 1000
COLD, ERASED = 20_000, 20
LIMIT_US, LIMIT_MB = 1000, 300


def phone(number: int) -> Identifier:
    """The identifier of a person."""
    return Identifier(type="phone", value=f"1{39 * 10**8 + number:010}")


def fill(vault: SqliteVault, people: int) -> float:
    """Seconds to give everybody a surrogate and a sealed name."""
    began = time.perf_counter()
    for first in range(0, people, BATCH):
        with vault.batch():
            numbers = vault.surrogates([phone(n) for n in range(first, min(first + BATCH, people))])
            vault.seal([(number, f"王阿姨{number}") for number in numbers])
    return time.perf_counter() - began


def fill_bare(file: Path, people: int) -> None:
    """The same identifiers in a table of their own, in clear."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE people (phone TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID")
        rows = ((phone(n).value, n + 1) for n in range(people))
        connection.executemany("INSERT INTO people VALUES (?,?)", rows)


def look_up(directory: Path, people: int) -> dict[str, Any]:
    """In a process of its own: what looking up costs, and the most memory it took."""
    dice = random.Random(5)
    some = [dice.randrange(people) for _ in range(COLD)]
    before = peak_mb()
    with closing(open_vault(directory)) as vault:
        cold = _times(lambda n: vault.find(phone(n)), some)
        warm = _times(lambda n: vault.find(phone(n)), some)
        for first in range(0, people, BATCH):  # whatever is remembered is now forgotten
            vault.surrogates([phone(n) for n in range(first, min(first + BATCH, people))])
        opened = _times(lambda n: vault.open([f"v:{n + 1}"]), some[:2000])
        erased = _times(lambda n: vault.erase([n + 1]), range(ERASED))
    with closing(sqlite3.connect(directory / "bare.sqlite")) as bare:
        ask = "SELECT number FROM people WHERE phone = ?"
        peer = _times(lambda n: bare.execute(ask, (phone(n).value,)).fetchone(), some)
    return {
        **_told("cold", cold), **_told("warm", warm), **_told("bare_sqlite", peer), **_told("open_text", opened),
        **_told("erase", erased), "peak_mb": peak_mb(), "before_mb": before,
    }  # fmt: skip


def _times(what: Callable[[int], object], numbers: Iterable[int]) -> list[float]:
    times = []
    for number in numbers:
        began = time.perf_counter()
        what(number)
        times.append((time.perf_counter() - began) * 1e6)
    return times


def _told(name: str, times: list[float]) -> dict[str, float]:
    cuts = quantiles(times, n=100)
    return {f"{name}_p50_us": round(cuts[49], 1), f"{name}_p99_us": round(cuts[98], 1)}


def measure(people: int) -> dict[str, Any]:
    """The whole benchmark, in a directory that goes at the end."""
    with tempfile.TemporaryDirectory(prefix="vault-") as name:
        directory = Path(name)
        with closing(open_vault(directory)) as vault:
            seconds = fill(vault, people)
        fill_bare(directory / "bare.sqlite", people)
        size = (directory / "vault.sqlite").stat().st_size
        command = [sys.executable, __file__, "--look-up", str(directory), "--people", str(people)]
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found: dict[str, Any] = json.loads(run.stdout)
    return {
        "benchmark": "vault", "people": people, "made_per_second": round(people / seconds), **found,
        "bytes_per_person": round(size / people), "limit_us": LIMIT_US, "within_limit": found["cold_p99_us"] < LIMIT_US,
        "limit_mb": LIMIT_MB, "memory_within_limit": found["peak_mb"] < LIMIT_MB, "cpus": os.cpu_count(),
    }  # fmt: skip


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} people")
    parser.add_argument("--people", type=int, default=0)
    parser.add_argument("--look-up", type=Path, metavar="DIRECTORY", help=argparse.SUPPRESS)
    options = parser.parse_args()
    people = options.people or (QUICK if options.quick else PEOPLE)
    if options.look_up:
        print(json.dumps(look_up(options.look_up, people)))
        return
    found = measure(people)
    print(
        f"{people:,} people: found in {found['cold_p50_us']} µs, 99 % in {found['cold_p99_us']} µs (bare SQLite "
        f"{found['bare_sqlite_p50_us']} and {found['bare_sqlite_p99_us']}), peak {found['peak_mb']} MiB, "
        f"{found['bytes_per_person']} bytes a person"
    )
    print(json.dumps(found))


if __name__ == "__main__":
    main()
