"""Parts: always what the tables hold, written once, there as long as somebody reads them, and right after any crash."""

from __future__ import annotations

import hashlib
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings

from cdp.events.event import Event
from cdp.log import Log, open_log
from cdp.testing import event, fixed_clock
from projections.catalog import base_tables, views
from projections.manifest import Manifest, read_manifest
from projections.projector import Projector
from projections.publish import publish
from projections.read import Snapshot
from tests.projections.histories import histories, log_of, splits
from tests.projections.tables import at, did

NAMES = [table.name for table in (*base_tables(), *views())]
EVENTS = [
    did("mall.visited", "10:00", 1, day="2026-06-18"),
    did("mall.visited", "10:00", 2, day="2026-06-19"),
    did("order.paid", "11:00", 2, order="E1", data={"amount_fen": 500}),
    did("day.closed", "23:59", data={"day": "2026-06-19"}),
]


@pytest.fixture(scope="module")
def log() -> Iterator[Log]:
    log = log_of(EVENTS)
    yield log
    log.close()


@pytest.fixture(scope="module")
def projector(log: Log, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Projector]:
    projector = Projector(tmp_path_factory.mktemp("parts") / "t.duckdb", log)
    projector.advance()
    yield projector
    projector.close()


def contents(version: Path, manifest: Manifest) -> dict[str, tuple[int, int]]:
    """Rows and digest of every table of a published version, as any DuckDB sees it."""
    con = duckdb.connect()
    try:
        con.execute((version / "cdp.sql").read_text(encoding="utf-8").split("COMMENT", 1)[0])
        return {t.name: con.execute(_digest(t.name, t.columns)).fetchall()[0] for t in manifest.tables}  # type: ignore[misc]
    finally:
        con.close()


def of_tables(projector: Projector, manifest: Manifest) -> dict[str, tuple[int, int]]:
    """The same of the tables themselves."""
    rows = {t.name: projector.reader().rows(_digest(t.name, t.columns))[0] for t in manifest.tables}
    return {name: (row["n"], int(row["h"])) for name, row in rows.items()}


def _digest(name: str, columns: dict[str, str]) -> str:
    listed = ", ".join(f'"{column}"' for column in columns)
    return f"SELECT COUNT(*) AS n, COALESCE(SUM(CAST(HASH({listed}) AS HUGEINT)), 0) % 1000000007 AS h FROM {name}"


def files(directory: Path) -> dict[str, int]:
    """Every Parquet file below, and the very file that stands behind its name."""
    return {p.relative_to(directory).as_posix(): p.stat().st_ino for p in directory.rglob("*.parquet")}


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(histories(10, 30), splits(3))
def test_law_what_is_published_is_what_the_tables_hold_after_any_batches(
    tmp_path_factory: pytest.TempPathFactory, events: list[Event], split: list[tuple[int, bool]]
) -> None:
    directory, log = tmp_path_factory.mktemp("law"), log_of(events)
    projector = Projector(directory / "t.duckdb", log)
    for size, restarted in [*split, (len(events), False)]:
        if restarted:
            projector.close()
            projector = Projector(directory / "t.duckdb", log)
        projector.advance(size)
        manifest = publish(projector, directory / "published")
        assert contents(directory / "published" / "current", manifest) == of_tables(projector, manifest)
    projector.close()
    log.close()


def test_only_what_changed_is_written_again(projector: Projector, log: Log, tmp_path: Path) -> None:
    first = publish(projector, tmp_path / "published")
    before = files((tmp_path / "published" / "current").resolve())
    assert contents(tmp_path / "published" / "current", first) == of_tables(projector, first)
    log.append([did("mall.visited", "20:00", 2)])
    projector.advance()
    second = publish(projector, tmp_path / "published")
    assert contents(tmp_path / "published" / "current", second) == of_tables(projector, second)
    after = files((tmp_path / "published" / "current").resolve())
    changed = {path for path in after if after[path] != before.get(path)}
    assert "touchpoints/day=2026-06-19/data.parquet" in changed
    assert changed & {"touchpoints/day=2026-06-18/data.parquet", "orders.parquet", "live_sessions.parquet"} == set()


def test_a_merge_writes_the_days_again_on_which_the_persons_did_something(
    projector: Projector, log: Log, tmp_path: Path
) -> None:
    first = publish(projector, tmp_path / "published")
    before = files((tmp_path / "published" / "current").resolve())
    both = (*EVENTS[0].who, *EVENTS[1].who)
    log.append([event("person.linked", who=both, occurred_at=at("08:00", "2026-06-20"), data={"by": "老王"})])
    projector.advance()
    second = publish(projector, tmp_path / "published")
    assert contents(tmp_path / "published" / "current", second) == of_tables(projector, second)
    digests = [{t.name: t.sha256 for t in manifest.tables} for manifest in (first, second)]
    assert digests[0]["touchpoints"] != digests[1]["touchpoints"]
    after = files((tmp_path / "published" / "current").resolve())
    assert before["touchpoints/day=2026-06-19/data.parquet"] != after["touchpoints/day=2026-06-19/data.parquet"]
    assert before["touchpoints/day=2026-06-18/data.parquet"] == after["touchpoints/day=2026-06-18/data.parquet"]


def test_a_part_stays_as_long_as_somebody_holds_it_and_goes_afterwards(projector: Projector, log: Log) -> None:
    with projector.parts.held(["touchpoints"]) as content:
        (old,) = [part for part in content.parts["touchpoints"] if part.day == "2026-06-19"]
        log.append([did("mall.visited", "20:00", 2)])
        projector.advance()
        with projector.parts.held(["touchpoints"]) as newer:
            assert old not in newer.parts["touchpoints"]
        assert (projector.parts.directory / old.path).exists()
    assert not (projector.parts.directory / old.path).exists()


def test_tables_go_on_being_written_while_parts_are(
    projector: Projector, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go_on, real = threading.Event(), threading.Event(), Snapshot.freshness

    def slow(state: Snapshot, *arguments: object) -> object:
        reached.set()
        assert go_on.wait(20)
        return real(state)

    monkeypatch.setattr(Snapshot, "freshness", slow)
    positions = []

    def hold() -> None:
        with projector.parts.held(NAMES) as content:
            positions.append(content.freshness.position)

    holding = threading.Thread(target=hold)
    holding.start()
    assert reached.wait(20)
    before = projector.position
    log.append([did("mall.visited", "20:00", 2)])
    assert projector.advance() == before + 1
    go_on.set()
    holding.join(20)
    assert positions in ([before], [before + 1])


@pytest.mark.slow
def test_the_log_of_another_shop_shares_nothing_with_what_was_written_before(tmp_path: Path) -> None:
    log = log_of(EVENTS)
    first = Projector(tmp_path / "t.duckdb", log)
    first.advance()
    publish(first, tmp_path / "published")
    first.close()
    other = log_of([did("mall.visited", "10:00", 1, day=f"2026-06-{17 + n}") for n in range(4)])
    second = Projector(tmp_path / "t.duckdb", other)
    second.advance()
    manifest = publish(second, tmp_path / "published")
    current = tmp_path / "published" / "current"
    assert current.resolve().name == "4.1"
    assert contents(current, manifest) == of_tables(second, manifest)
    second.close()
    other.close()
    log.close()


CODE = """
import sys
from datetime import timedelta
from cdp.log import open_log
from cdp.testing import fixed_clock
from projections.projector import Projector
from projections.publish import publish
log = open_log(sys.argv[1], fixed_clock())
projector = Projector(sys.argv[2], log)
print("ready", flush=True)
while projector.position < log.head():
    projector.advance(2)
    publish(projector, sys.argv[3], keep=timedelta(seconds=20))
    print(projector.position, flush=True)
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_whoever_reads_sees_whole_versions_however_often_the_publisher_is_killed(tmp_path: Path) -> None:
    log = open_log(str(tmp_path / "log.sqlite"), fixed_clock())
    log.append([did("mall.visited", "10:00", n % 5, day=f"2026-06-{10 + n % 9}") for n in range(800)])
    published, draw, told = tmp_path / "published", random.Random(11), 0
    seen: set[int] = set()
    for _ in range(8):
        arguments = [tmp_path / "log.sqlite", tmp_path / "t.duckdb", published]
        child = subprocess.Popen([sys.executable, "-c", CODE, *map(str, arguments)], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        told = int(child.stdout.readline())
        until = time.monotonic() + draw.uniform(0.1, 0.9)
        while time.monotonic() < until:
            seen.add(whole(published / "current"))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        assert whole(published / "current") >= told
    projector = Projector(tmp_path / "t.duckdb", log)
    manifest = publish(projector, published)
    assert contents(published / "current", manifest) == of_tables(projector, manifest)
    assert not [p for p in published.iterdir() if p.name.startswith(".")]
    indexed = files(projector.parts.directory)
    assert set(files((published / "current").resolve()).values()) <= set(indexed.values())
    projector.close()
    log.close()
    assert len(seen) > 1


def whole(current: Path) -> int:
    """The position of the current version, every file of which must be what its manifest says."""
    version = current.resolve()
    manifest = read_manifest(version)
    for table in manifest.tables:
        found = sorted(version.glob(table.path))
        sums = [hashlib.sha256(file.read_bytes()).hexdigest() for file in found]
        lines = [f"{file.relative_to(version).as_posix()} {digest}\n" for file, digest in zip(found, sums, strict=True)]
        whole = sums[0] if len(sums) == 1 else hashlib.sha256("".join(lines).encode()).hexdigest()
        assert (table.name, whole) == (table.name, table.sha256)
    return manifest.position
