"""The file of tables: what was written in bulk is packed, at a moment when nobody reads."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from projections import engine as engine_module
from projections.engine import Engine

UNPACKED = "SELECT BOOL_OR(has_updates) FROM PRAGMA_STORAGE_INFO('numbers')"


def test_a_file_is_settled_when_whoever_reads_has_finished(tmp_path: Path) -> None:
    # given rows that were written and changed in bulk, and somebody who reads them
    engine = Engine(tmp_path / "t.duckdb", "Asia/Shanghai")
    engine.run("CREATE TABLE numbers AS SELECT n FROM RANGE(1000) AS every(n)")
    engine.run("UPDATE numbers SET n = n + 1")
    assert engine.rows(UNPACKED) == [(True,)]
    settling = threading.Thread(target=engine.settle)
    with engine.cursor() as cursor:
        # when the file is to be settled
        settling.start()
        settling.join(0.2)

        # then it waits
        assert settling.is_alive()
        assert cursor.rows("SELECT SUM(n) AS sum FROM numbers") == [{"sum": 500500}]
    settling.join(10)
    assert not settling.is_alive()

    # and everything is there, in its place in the file
    assert engine.rows(UNPACKED) == [(False,)]
    assert not (tmp_path / "t.duckdb.wal").exists()
    with engine.cursor() as cursor:
        assert cursor.rows("SELECT SUM(n) AS sum FROM numbers") == [{"sum": 500500}]
    engine.close()


def test_tables_in_memory_stay_where_they_are() -> None:
    engine = Engine(":memory:", "Asia/Shanghai")
    engine.run("CREATE TABLE numbers AS SELECT 1 AS n")
    engine.settle()
    assert engine.rows("SELECT n FROM numbers") == [(1,)]
    engine.close()


@pytest.mark.timeout(30)
def test_who_reads_already_may_read_more_while_a_file_waits_to_be_settled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a file that has lost its patience with somebody who reads
    monkeypatch.setattr(engine_module, "_PATIENCE", 0.0)
    engine = Engine(tmp_path / "t.duckdb", "Asia/Shanghai")
    engine.run("CREATE TABLE numbers AS SELECT 1 AS n")
    settling = threading.Thread(target=engine.settle)
    seen: list[object] = []

    def read() -> None:
        with engine.cursor() as cursor:
            seen.append(cursor.rows("SELECT n FROM numbers"))

    with engine.cursor():
        settling.start()
        settling.join(0.2)
        newcomer = threading.Thread(target=read)
        newcomer.start()
        newcomer.join(0.2)

        # then only newcomers wait: who reads may need another look to come to an end
        assert newcomer.is_alive()
        read()
        assert seen == [[{"n": 1}]]
    for thread in (settling, newcomer):
        thread.join(10)
        assert not thread.is_alive()
    assert seen == [[{"n": 1}]] * 2
    engine.close()
