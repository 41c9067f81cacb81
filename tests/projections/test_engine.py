"""The file of tables: what was written in bulk is packed, at a moment when nobody reads."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from pathlib import Path

import pytest

from cdp.errors import WorkspaceError
from projections import engine as engine_module
from projections import readers
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
def test_who_reads_already_may_read_more_while_a_file_waits_to_be_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a file that has lost its patience with somebody who reads
    monkeypatch.setattr(readers, "_PATIENCE", 0.0)
    engine = Engine(tmp_path / "t.duckdb", "Asia/Shanghai")
    engine.run("CREATE TABLE numbers AS SELECT 1 AS n")
    other = Engine(tmp_path / "other.duckdb", "Asia/Shanghai")
    other.run("CREATE TABLE numbers AS SELECT 2 AS n")
    other.close()
    replacing = threading.Thread(target=engine.replace, args=[tmp_path / "other.duckdb"])
    seen: list[object] = []

    def read() -> None:
        with engine.cursor() as cursor:
            seen.append(cursor.rows("SELECT n FROM numbers"))

    with engine.cursor():
        replacing.start()
        replacing.join(0.2)
        newcomer = threading.Thread(target=read)
        newcomer.start()
        newcomer.join(0.2)

        # then only newcomers wait: who reads may need another look to come to an end
        assert newcomer.is_alive()
        read()
        assert seen == [[{"n": 1}]]
    for thread in (replacing, newcomer):
        thread.join(10)
        assert not thread.is_alive()
    assert seen == [[{"n": 1}], [{"n": 2}]]
    engine.close()


@pytest.mark.timeout(30)
def test_a_file_that_is_closed_for_good_is_not_opened_by_whoever_waited_to_replace_it(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "t.duckdb", "Asia/Shanghai")
    Engine(tmp_path / "other.duckdb", "Asia/Shanghai").close()
    told: list[str] = []

    def replace() -> None:
        try:
            engine.replace(tmp_path / "other.duckdb")
        except WorkspaceError as error:
            told.append(str(error))

    waiting = threading.Thread(target=replace)
    with engine.cursor():
        waiting.start()
        waiting.join(0.2)
        engine.close()
        waiting.join(10)
    assert told == [f"{tmp_path / 't.duckdb'} was closed before other tables took its place"]
    assert (tmp_path / "other.duckdb").exists()
    Engine(tmp_path / "t.duckdb", "Asia/Shanghai").close()


@pytest.mark.timeout(30)
def test_settling_does_not_insist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "_PATIENCE", 0.1)
    engine = Engine(tmp_path / "t.duckdb", "Asia/Shanghai")
    engine.run("CREATE TABLE numbers AS SELECT 1 AS n")
    with engine.cursor() as cursor:
        engine.settle()
        assert cursor.rows("SELECT n FROM numbers") == [{"n": 1}]
    assert engine.rows("SELECT n FROM numbers") == [(1,)]
    engine.close()


@pytest.mark.parametrize("first", ["a reader", "a batch", "a small batch"])
def test_a_file_that_could_not_be_opened_again_is_opened_for_whoever_comes_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    # given a file that fails to open again, once
    engine = Engine(tmp_path / "t.duckdb", "Asia/Shanghai")
    engine.run("CREATE TABLE numbers AS SELECT 1 AS n")
    connect, tries = engine_module._connect, iter([WorkspaceError("too many open files")])

    def sometimes(path: str, config: dict[str, str]) -> object:
        for failure in tries:
            raise failure
        return connect(path, config)

    monkeypatch.setattr(engine_module, "_connect", sometimes)
    with pytest.raises(WorkspaceError, match="too many open files"):
        engine.settle()

    # then whoever comes first finds it open
    if first == "a reader":
        with engine.cursor() as cursor:
            assert cursor.rows("SELECT n FROM numbers") == [{"n": 1}]
    with engine.as_written() if first == "a small batch" else nullcontext(), engine.transaction():
        assert engine.run("INSERT INTO numbers VALUES (2)") == 1
    engine.close()
