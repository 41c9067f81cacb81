"""Published files: complete, described, swapped in as one, and readable without us."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from cdp.errors import WorkspaceError
from cdp.log import Log
from projections.catalog import base_tables, views
from projections.manifest import read_manifest
from projections.projector import Projector
from projections.publish import publish
from tests.projections.histories import log_of
from tests.projections.tables import did

NAMES = {table.name for table in (*base_tables(), *views())}


@pytest.fixture
def log() -> Iterator[Log]:
    log = log_of(
        [
            did("mall.visited", "23:59", 1),
            did(
                "order.paid", "10:00", 1, order="E1", day="2026-06-20", data={"amount_fen": 500, "categories": ["粽子"]}
            ),
            did("day.closed", "23:59", data={"day": "2026-06-19"}),
        ]
    )
    yield log
    log.close()


@pytest.fixture
def projector(log: Log, tmp_path: Path) -> Iterator[Projector]:
    projector = Projector(tmp_path / "t.duckdb", log)
    projector.advance()
    yield projector
    projector.close()


def test_every_table_is_published_with_position_rows_columns_and_digest(projector: Projector, tmp_path: Path) -> None:
    manifest = publish(projector, tmp_path / "published")
    current = tmp_path / "published" / "current"
    assert current.resolve().name == "3"
    assert read_manifest(current) == manifest
    assert (manifest.position, manifest.today, manifest.timezone) == (3, "2026-06-19", "Asia/Shanghai")
    tables = {table.name: table for table in manifest.tables}
    assert set(tables) == NAMES
    assert (tables["orders"].rows, tables["touchpoints"].rows, tables["live_sessions"].rows) == (1, 3, 0)
    assert tables["orders"].columns["categories"] == "VARCHAR[]"
    assert tables["orders"].sha256 == hashlib.sha256((current / "orders.parquet").read_bytes()).hexdigest()
    assert sorted(p.name for p in (current / "touchpoints").iterdir()) == ["day=2026-06-19", "day=2026-06-20"]
    assert json.loads((current / "manifest.json").read_text())["position"] == 3


def test_any_duckdb_or_polars_reads_it_while_the_projector_holds_its_file(projector: Projector, tmp_path: Path) -> None:
    publish(projector, tmp_path / "published")
    con = duckdb.connect()
    con.execute((tmp_path / "published" / "cdp.sql").read_text())
    assert con.execute("SELECT order_id, person_id, net_fen, categories FROM orders").fetchall() == [
        ("E1", 1, 500, ["粽子"])
    ]
    assert con.execute("SELECT day, COUNT(*) FROM touchpoints GROUP BY day ORDER BY day").fetchall()[1][1] == 1
    described = {row[0]: row[1] for row in con.execute("DESCRIBE touchpoints").fetchall()}
    assert (described["day"], described["occurred_at"]) == ("DATE", "TIMESTAMP WITH TIME ZONE")
    con.close()
    frame = pl.read_parquet(tmp_path / "published" / "current" / "orders.parquet")
    assert frame["net_fen"].to_list() == [500]


def test_publishing_the_same_state_twice_writes_nothing(projector: Projector, tmp_path: Path) -> None:
    first = publish(projector, tmp_path / "published")
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "published" / "3").rglob("*.parquet")}
    assert publish(projector, tmp_path / "published") == first
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "published" / "3").rglob("*.parquet")} == before


def test_old_versions_are_pruned_and_a_reader_of_the_one_before_is_not_disturbed(
    projector: Projector, log: Log, tmp_path: Path
) -> None:
    published = tmp_path / "published"
    publish(projector, published)
    opened = (published / "current").resolve()
    for n in range(3):
        log.append([did("mall.visited", "10:00", 50 + n)])
        projector.advance()
        publish(projector, published, keep=timedelta(0))
        if n == 0:
            assert pl.read_parquet(opened / "orders.parquet").height == 1
    versions = {p.name for p in published.iterdir() if p.is_dir() and not p.is_symlink()}
    assert versions == {"4", "5", "6"}
    assert (published / "current").resolve().name == "6"


def test_a_version_stays_for_a_while_after_another_took_its_place(
    projector: Projector, log: Log, tmp_path: Path
) -> None:
    published = tmp_path / "published"

    def versions_after_another() -> list[str]:
        log.append([did("mall.visited", "10:00", 60)])
        projector.advance()
        publish(projector, published, keep=timedelta(hours=2))
        return sorted(p.name for p in published.iterdir() if p.is_dir() and not p.is_symlink())

    publish(projector, published, keep=timedelta(hours=2))
    for _ in range(3):
        seen = versions_after_another()
    assert seen == ["3", "4", "5", "6"]
    # the second took the place of the first three hours ago, the third that of the second just now
    for version, hours in (("3", 4), ("4", 3)):
        then = time.time() - hours * 3600
        os.utime(published / version / "manifest.json", (then, then))
    assert versions_after_another() == ["4", "5", "6", "7"]


def test_what_a_crash_left_unfinished_is_not_current_and_goes_away(projector: Projector, tmp_path: Path) -> None:
    leftover = tmp_path / "published" / ".2.unfinished"
    leftover.mkdir(parents=True)
    (leftover / "orders.parquet").write_bytes(b"half")
    publish(projector, tmp_path / "published")
    assert not leftover.exists()


def test_a_directory_that_cannot_be_written_is_told_in_one_sentence(projector: Projector, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WorkspaceError, match="cannot publish to"):
        publish(projector, tmp_path / "file" / "published")


def test_tables_without_a_single_event_can_be_published(tmp_path: Path) -> None:
    log = log_of([])
    empty = Projector(tmp_path / "t.duckdb", log)
    publish(empty, tmp_path / "published")
    con = duckdb.connect()
    con.execute((tmp_path / "published" / "cdp.sql").read_text())
    assert con.execute("SELECT COUNT(*) FROM orders").fetchall() == [(0,)]
    con.close()
    empty.close()
    log.close()
