"""`cdp export`: single tables in any format, all from one moment, or all tables as a published version."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import polars as pl
import pytest

from cdp.errors import NotFound, UsageError, WorkspaceError
from projections.catalog import base_tables, views
from tests.operations.shop import Shop, open_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    with open_shop(tmp_path_factory.mktemp("shop")) as shop:
        who = [{"type": "phone", "value": "13800000001"}]
        shop.post(
            *(
                {"id": f"o{n}", "source": "mall", "type": "order.paid", "occurred_at": f"2026-06-{10 + n}T12:00:00+08:00",
                 "who": who, "data": {"amount_fen": 100 * n}, "context": {"order": f"370511505847120892{n}"}}
                for n in range(3)
            )
        )  # fmt: skip
        yield shop


def test_a_table_is_exported_in_every_format(shop: Shop, tmp_path: Path) -> None:
    for form in ("csv", "excel", "ndjson", "json", "arrow", "parquet"):
        told = shop.ask("export", to=str(tmp_path / form), tables=["orders"], format=form)
        assert told["rows"] == {"orders": 3}
        assert told["position"] == shop.system.log.head()
    assert (
        pl.read_csv(tmp_path / "csv" / "orders.csv", schema_overrides={"order_id": pl.String})["order_id"][2]
        == "3705115058471208922"
    )
    with (tmp_path / "excel" / "orders.csv").open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.DictReader(file))["order_id"].startswith("\t")
    assert json.loads((tmp_path / "ndjson" / "orders.jsonl").read_text().splitlines()[0])["net_fen"] == 0
    assert len(json.loads((tmp_path / "json" / "orders.json").read_text())["rows"]) == 3
    assert pl.read_ipc_stream(tmp_path / "arrow" / "orders.arrows").height == 3
    assert pl.read_parquet(tmp_path / "parquet" / "orders.parquet")["net_fen"].to_list() == [0, 100, 200]
    for form in ("csv", "parquet"):
        assert not [p for p in (tmp_path / form).iterdir() if p.name.startswith(".")]


def test_days_of_touchpoints_are_a_directory_that_is_replaced_as_a_whole(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "touchpoints" / "day=1999-01-01").mkdir(parents=True)
    shop.ask("export", to=str(tmp_path), tables=["touchpoints", "touchpoints"])
    read = pl.read_parquet(tmp_path / "touchpoints" / "**" / "*.parquet", hive_partitioning=True)
    assert read.height == shop.system.log.head()
    assert not (tmp_path / "touchpoints" / "day=1999-01-01").exists()


def test_all_tables_go_into_one_directory(shop: Shop, tmp_path: Path) -> None:
    told = shop.ask("export", to=str(tmp_path), format="csv")
    assert (
        set(told["rows"])
        == {table.name for table in (*base_tables(), *views())}
        == {p.stem for p in tmp_path.iterdir()}
    )


def test_what_cannot_be_exported_is_told_and_leaves_nothing(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no table oders; there are actions"):
        shop.ask("export", to=str(tmp_path / "a"), tables=["oders"])
    with pytest.raises(UsageError, match="no format 'xlsx'"):
        shop.ask("export", to=str(tmp_path / "a"), tables=["orders"], format="xlsx")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WorkspaceError, match="cannot export to"):
        shop.ask("export", to=str(tmp_path / "file"), tables=["orders"])
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    with pytest.raises(NotFound):
        shop.ask("exports", to=str(tmp_path))


def test_an_exported_file_is_its_owners_to_change_and_what_is_published_is_not(shop: Shop, tmp_path: Path) -> None:
    shop.ask("export", to=str(tmp_path / "mine"), tables=["orders"])
    (tmp_path / "mine" / "orders.parquet").write_bytes(b"mine now")
    assert shop.ask("sql", sql="SELECT COUNT(*) AS n FROM orders") == [{"n": 3}]
    shop.ask("publish", to=str(tmp_path / "published"))
    assert (tmp_path / "published" / "current" / "orders.parquet").stat().st_mode & 0o222 == 0
