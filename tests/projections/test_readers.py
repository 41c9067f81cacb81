"""Published files in other people's programs, as docs/analysts.md shows them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.dataset as ds
import pytest

from projections.projector import Projector
from projections.publish import publish
from tests.projections.histories import log_of
from tests.projections.tables import did

EVENTS = [
    did("mall.visited", "00:30", 1),
    did("order.paid", "00:10", 1, order="E1", day="2026-06-20", data={"amount_fen": 500, "categories": ["粽子"]}),
    did("day.closed", "23:59", data={"day": "2026-06-19"}),
]


@pytest.fixture(scope="module")
def current(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("readers")
    log = log_of(EVENTS)
    projector = Projector(directory / "t.duckdb", log)
    projector.advance()
    publish(projector, directory / "published")
    # The tables are held by this process all the while.
    yield directory / "published" / "current"
    projector.close()
    log.close()


def test_duckdb_finds_views_comments_and_the_clock_of_the_shop(current: Path) -> None:
    con = duckdb.connect()
    con.execute((current / "cdp.sql").read_text(encoding="utf-8"))
    assert con.execute("SELECT CAST(occurred_at AS DATE) = day FROM touchpoints").fetchall() == [(True,)] * 3
    said = "SELECT comment FROM duckdb_columns() WHERE table_name = 'orders' AND column_name = 'net_fen'"
    assert "分" in con.execute(said).fetchall()[0][0]
    (comment,) = con.execute("SELECT comment FROM duckdb_views() WHERE view_name = 'orders'").fetchall()[0]
    assert comment.startswith("A row is one order")
    con.close()


def test_polars_reads_all_days_lazily_and_times_on_the_clock_of_the_shop(current: Path) -> None:
    touchpoints = pl.scan_parquet(current / "touchpoints" / "**" / "*.parquet", hive_partitioning=True)
    assert touchpoints.collect_schema()["occurred_at"] == pl.Datetime("us", "Asia/Shanghai")
    found = touchpoints.filter(pl.col("type") == "order.paid").select("day", "amount_fen", "occurred_at").collect()
    assert (str(found["day"][0]), found["amount_fen"][0]) == ("2026-06-20", 500)
    assert found["occurred_at"].dt.hour().to_list() == [0]
    assert pl.read_parquet(current / "orders.parquet")["categories"].to_list() == [["粽子"]]


def test_arrow_reads_the_days_as_one_table(current: Path) -> None:
    touchpoints = ds.dataset(current / "touchpoints", partitioning="hive").to_table()
    touchpoints.validate(full=True)
    assert sorted(touchpoints["day"].to_pylist()) == ["2026-06-19", "2026-06-19", "2026-06-20"]


@pytest.mark.slow
def test_pandas_reads_tables_and_times_on_the_clock_of_the_shop(current: Path) -> None:
    pandas = pytest.importorskip("pandas")
    orders = pandas.read_parquet(current / "orders.parquet")
    assert orders["net_fen"].tolist() == [500]
    touchpoints = pandas.read_parquet(current / "touchpoints")
    assert len(touchpoints) == 3
    assert str(touchpoints["occurred_at"].dt.tz) == "Asia/Shanghai"
    assert touchpoints[touchpoints["type"] == "order.paid"]["occurred_at"].dt.hour.tolist() == [0]
