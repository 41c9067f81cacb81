"""The projector: what a crash, a failure, a restart, a second process and another release leave behind."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import cast

import duckdb
import pyarrow as pa
import pytest

from cdp.clock import to_datetime
from cdp.codec import encode
from cdp.errors import CdpError, Culprit, ProjectionFailed, UsageError, WorkspaceError
from cdp.events.event import Event
from cdp.log import Log
from cdp.ports import EventReader, StoredRow
from projections import batch, catalog, intake, schema
from projections.engine import Engine
from projections.projector import Projector
from projections.read import Reader
from projections.verify import compare, verify_tables
from tests.projections.histories import log_of
from tests.projections.tables import did, tables_of

EVENTS = [
    did("mall.visited", "10:00", 1),
    did("friend.added", "10:05", 1, data={"staff": "wang"}),
    did("order.placed", "10:10", 1, order="E1", data={"amount_fen": 500}),
    did("order.paid", "10:11", order="E1", data={"amount_fen": 500}),
    did("day.closed", "23:59", data={"day": "2026-06-19"}),
]


@pytest.fixture
def log() -> Iterator[Log]:
    log = log_of(EVENTS)
    yield log
    log.close()


@pytest.fixture(scope="module")
def tables() -> Iterator[Reader]:
    """Tables of which is only read."""
    with tables_of(EVENTS, "orders") as reader:
        yield reader


def test_the_position_moves_with_the_tables(log: Log, tmp_path: Path) -> None:
    projector = Projector(tmp_path / "t.duckdb", log)
    reader = projector.reader()
    assert (projector.position, reader.freshness().position) == (0, 0)

    assert projector.advance(2) == 2
    assert reader.freshness().position == 2
    assert reader.freshness().today is None
    assert reader.rows("SELECT COUNT(*) AS n FROM touchpoints") == [{"n": 2}]

    assert projector.advance() == log.head() == 5
    assert projector.advance() == 5
    fresh = reader.freshness()
    assert (fresh.position, str(fresh.today), fresh.closed_position) == (5, "2026-06-19", 5)
    assert fresh.recorded_at == log.read(4)[0].recorded_at
    projector.close()


def test_a_restart_goes_on_where_the_last_batch_ended(log: Log, tmp_path: Path) -> None:
    first = Projector(tmp_path / "t.duckdb", log)
    first.advance(3)
    first.close()

    second = Projector(tmp_path / "t.duckdb", log)
    assert second.position == 3
    second.advance()
    # the refund's owner was learned before the restart
    assert second.reader().rows("SELECT person_id, status FROM orders") == [{"person_id": 1, "status": "paid"}]
    assert verify_tables(second, log).ok
    second.close()


def test_a_failing_view_stops_the_projection_and_leaves_the_last_committed_state(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a view that cannot be computed once an order is there
    projector = Projector(tmp_path / "t.duckdb", log)
    projector.advance(2)
    orders = next(view for view in catalog.views() if view.name == "orders")
    broken = replace(
        orders, sql=orders.sql.replace("facts.pickup = 1 AS pickup", "ERROR('a broken view') = '' AS pickup")
    )
    views = tuple(broken if view.name == "orders" else view for view in catalog.views())
    monkeypatch.setattr(batch, "views", lambda: views)

    # when the batch with the order comes, again and again
    for _ in range(2):
        with pytest.raises(ProjectionFailed, match=r"projection orders .* position 5: .*a broken view") as failure:
            projector.advance()
        assert (failure.value.view, failure.value.position) == ("orders", 5)

    # then nothing of it is there, and after a fix nothing is missing
    assert (projector.position, projector.reader().freshness().position) == (2, 2)
    assert projector.reader().rows("SELECT COUNT(*) AS n FROM touchpoints") == [{"n": 2}]
    monkeypatch.undo()
    assert projector.advance() == 5
    assert verify_tables(projector, log).ok
    projector.close()


class LogWithADayThatIsNone:
    """A log whose only event names a day that no calendar has."""

    def stored(self, after: int, limit: int) -> list[StoredRow]:
        never = Event(id="x", source="t", type="day.closed", occurred_at=0, data={"day": "x"})
        return [(1, "workspace", never.type, encode(never))][after:]

    def head(self) -> int:
        return 1


@pytest.mark.parametrize("works", [True, False])
def test_statements_are_planned_as_they_are_written_for_the_length_of_a_small_batch(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, works: bool
) -> None:
    def planning() -> str:
        (row,) = projector.reader().rows("SELECT CURRENT_SETTING('disabled_optimizers') AS left_out")
        return str(row["left_out"])

    def refresh(*_: object) -> None:
        during.append(planning())
        if not works:
            raise ProjectionFailed("orders", 1, "no")

    during: list[str] = []
    projector = Projector(tmp_path / "t.duckdb", log)
    monkeypatch.setattr(batch, "refresh", refresh)
    with nullcontext() if works else pytest.raises(ProjectionFailed):
        projector.advance(4)

    assert "join_order" in during[0]
    assert planning() == ""

    during.clear()
    monkeypatch.setattr(batch, "refresh", lambda *_: during.append(planning()))
    projector.advance()
    projector.close()
    assert during[-1] == "", "the end of a day looks at everything"


def test_what_went_wrong_is_told_even_where_nothing_can_be_put_back(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refresh(engine: Engine, _: object) -> None:
        engine.close()
        raise ProjectionFailed("orders", 1, "the database gave up")

    projector = Projector(tmp_path / "t.duckdb", log)
    monkeypatch.setattr(batch, "refresh", refresh)
    monkeypatch.setattr(projector, "_find", lambda failure, _: failure)
    with pytest.raises(ProjectionFailed, match="the database gave up"):
        projector.advance(4)


def test_an_event_that_cannot_be_extracted_stops_the_projection(tmp_path: Path) -> None:
    projector = Projector(tmp_path / "t.duckdb", cast(EventReader, LogWithADayThatIsNone()))
    with pytest.raises(ProjectionFailed, match=r"projection touchpoints .* position 1: ValueError"):
        projector.advance()
    assert (projector.position, projector.reader().rows("SELECT * FROM touchpoints")) == (0, [])
    projector.close()


def test_a_second_process_gets_one_sentence(log: Log, tmp_path: Path) -> None:
    path = tmp_path / "t.duckdb"
    projector = Projector(path, log)
    code = f"""
from cdp.errors import WorkspaceError
from cdp.testing import memory_log
from projections.projector import Projector
try:
    Projector({str(path)!r}, memory_log())
except WorkspaceError as error:
    print(error)
"""
    second = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    projector.close()
    assert second.stdout.splitlines() == [
        f"{path} is in use by another process; stop that server, or ask it instead of opening the file"
    ]


def test_a_file_of_somebody_elses_is_left_alone(log: Log, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.duckdb"
    con = duckdb.connect(str(foreign))
    con.execute("CREATE TABLE mine AS SELECT 1 AS x")
    con.close()
    with pytest.raises(WorkspaceError, match="database of something else"):
        Projector(foreign, log)
    con = duckdb.connect(str(foreign))
    assert con.execute("SELECT x FROM mine").fetchall() == [(1,)]
    con.close()

    text = tmp_path / "notes.txt"
    text.write_text("not a database" * 1000)
    with pytest.raises(WorkspaceError, match="cannot be opened"):
        Projector(text, log)
    with pytest.raises(WorkspaceError, match="cannot be opened"):
        Projector(tmp_path / "nowhere" / "t.duckdb", log)


def test_a_changed_view_is_filled_again_at_start_with_all_that_read_it(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Projector(tmp_path / "t.duckdb", log)
    first.advance()
    first.close()

    orders = next(view for view in catalog.views() if view.name == "orders")
    doubled = replace(
        orders, sql=orders.sql.replace("COALESCE(money.amount_fen, 0)", "2 * COALESCE(money.amount_fen, 0)")
    )
    views = tuple(doubled if view.name == "orders" else view for view in catalog.views())
    monkeypatch.setattr(schema, "views", lambda: views)
    second = Projector(tmp_path / "t.duckdb", log)
    assert second.position == 5
    assert second.reader().rows("SELECT net_fen FROM orders") == [{"net_fen": 1000}]
    assert second.reader().rows("SELECT gmv_fen FROM persons") == [{"gmv_fen": 1000}]
    second.close()


def test_another_time_zone_starts_the_tables_again(log: Log, tmp_path: Path) -> None:
    first = Projector(tmp_path / "t.duckdb", log)
    first.advance()
    first.close()

    second = Projector(tmp_path / "t.duckdb", log, timezone="America/Los_Angeles")
    assert second.position == 0
    second.advance()
    assert [str(row["day"]) for row in second.reader().rows("SELECT DISTINCT day FROM touchpoints ORDER BY day")] == [
        "2026-06-18",
        "2026-06-19",
    ]
    second.close()


@pytest.mark.parametrize(
    "events",
    [EVENTS[:2], [*EVENTS[:2], *(did("mall.visited", "10:00", 8) for _ in range(9))]],
    ids=["a log that is behind the tables", "a log that went another way"],
)
def test_tables_of_another_log_start_again(log: Log, tmp_path: Path, events: list[Event]) -> None:
    first = Projector(tmp_path / "t.duckdb", log)
    first.advance()
    first.close()
    restored = log_of(events)
    second = Projector(tmp_path / "t.duckdb", restored)
    assert second.position == 0
    assert second.advance() == len(events)
    assert verify_tables(second, restored).ok
    second.close()
    restored.close()


def test_a_rebuild_swaps_in_and_readers_go_on(log: Log, tmp_path: Path) -> None:
    projector = Projector(tmp_path / "t.duckdb", log)
    reader = projector.reader()
    projector.advance(3)
    projector.rebuild()
    assert projector.position == 5
    assert reader.rows("SELECT status FROM orders") == [{"status": "paid"}]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["t.duckdb"]
    log.append([did("order.completed", "12:00", order="E1")])
    assert projector.advance() == 6
    assert reader.rows("SELECT status FROM orders") == [{"status": "completed"}]
    assert verify_tables(projector, log).ok
    projector.close()


def test_verify_names_the_first_row_that_differs(log: Log, tmp_path: Path) -> None:
    # given tables that somebody changed behind our back
    projector, other = Projector(tmp_path / "t.duckdb", log), Projector(tmp_path / "other.duckdb", log)
    projector.advance()
    other.advance()
    assert compare(projector.reader(), other.reader()) == []
    projector.close()
    con = duckdb.connect(str(tmp_path / "t.duckdb"))
    con.execute("UPDATE orders SET net_fen = 7")
    con.execute("DELETE FROM mall_days")
    con.close()

    # when they are compared with the log
    projector = Projector(tmp_path / "t.duckdb", log)
    report = verify_tables(projector, log)

    # then it is told what is wrong, and where
    assert not report.ok
    assert [str(difference) for difference in report.differences] == [
        "mall_days: the row day = 2026-06-19 is missing",
        "orders: in the row order_id = E1, net_fen is 7, the log says 500",
    ]
    assert report.as_dict()["ok"] is False
    assert {entry["table"]: entry["rows"] for entry in report.as_dict()["tables"]}["touchpoints"] == 5
    projector.close()
    other.close()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM orders",
        "COMMIT; DELETE FROM orders; SELECT 1",
        "CREATE TABLE mine AS SELECT 1 AS x",
        "COPY orders TO 'orders.csv'",
        "SET threads = 1",
        "PRAGMA version",
        "",
    ],
)
def test_a_reader_takes_one_query_and_nothing_else(tables: Reader, statement: str) -> None:
    with pytest.raises(UsageError, match="not one query"):
        tables.rows(statement)
    assert tables.rows("SELECT COUNT(*) AS n FROM orders") == [{"n": 1}]


def test_readers_in_many_threads_never_see_half_a_batch(tmp_path: Path) -> None:
    events = [did("order.paid", "10:00", n, order=f"E{n}", data={"amount_fen": 100}) for n in range(1, 31)]
    log = log_of(events)
    projector = Projector(tmp_path / "t.duckdb", log)
    reader = projector.reader()
    torn: list[object] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            with reader.snapshot() as state:
                orders = state.rows("SELECT COUNT(*) AS n, COUNT(DISTINCT person_id) AS p FROM orders")[0]
                day = state.rows(
                    "SELECT COALESCE(SUM(paid_orders), 0) AS n, COALESCE(SUM(buyers), 0) AS p FROM mall_days"
                )[0]
                if orders != day or orders["n"] != state.freshness().position:
                    torn.append((orders, day, state.freshness()))

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    while projector.position < log.head():
        projector.advance(5)
    done.set()
    for thread in threads:
        thread.join()
    assert torn == []
    projector.close()
    log.close()


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_text('{file}')",
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM lent",
    ],
)
def test_a_query_reads_tables_and_neither_files_nor_our_variables(log: Log, tmp_path: Path, query: str) -> None:
    lent = pa.table({"x": [1]})
    file = tmp_path / "vault.key"
    file.write_text("secret")
    projector = Projector(tmp_path / "t.duckdb", log)
    with pytest.raises(UsageError, match=r"disabled by configuration|does not exist"):
        projector.reader().rows(query.format(file=file))
    assert lent.num_rows == 1
    projector.close()


def test_rows_are_plain_python_and_a_wrong_query_is_wrong_usage(log: Log, tmp_path: Path) -> None:
    projector = Projector(tmp_path / "t.duckdb", log)
    projector.advance()
    reader = projector.reader()
    row = reader.rows(
        "SELECT SUM(amount_fen) AS fen, AVG(amount_fen) AS mean, MIN(occurred_at) AS at, MIN(day) AS day, "
        "LIST(DISTINCT order_id) AS orders, NULL AS nothing FROM touchpoints WHERE order_id = ?",
        ["E1"],
    )[0]
    assert [type(value).__name__ for value in row.values()] == ["int", "float", "datetime", "date", "list", "NoneType"]
    assert (row["fen"], row["orders"]) == (1000, ["E1"])
    assert row["at"] == to_datetime(EVENTS[2].occurred_at)
    assert reader.rows("SELECT $a + $b AS sum", {"a": 1, "b": 2}) == [{"sum": 3}]
    with pytest.raises(UsageError, match="nonsense"):
        reader.rows("SELECT nonsense FROM orders")
    projector.close()


def test_the_event_at_fault_is_named_and_everything_before_it_is_taken_in(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a view that cannot be computed once something was refunded, and a batch in the middle of which that happens
    refunded = did("order.refunded", "12:00", order="E1", data={"amount_fen": 100})
    log.append([*(did("mall.visited", "11:00", n) for n in range(20, 33)), refunded, did("mall.visited", "13:00", 40)])
    projector = Projector(tmp_path / "t.duckdb", log)
    profiles = next(view for view in catalog.views() if view.name == "orders")
    broken = replace(
        profiles,
        sql=profiles.sql.replace(
            "facts.pickup = 1 AS pickup", "IF(money.refunded_fen > 0, ERROR('no'), TRUE) AS pickup"
        ),
    )
    views = tuple(broken if view.name == "orders" else view for view in catalog.views())
    monkeypatch.setattr(batch, "views", lambda: views)

    # when it is tried, again and again
    for _ in range(2):
        with pytest.raises(ProjectionFailed) as failure:
            _catch_up(projector, log)

        # then the failure says which event it is, and what came before it is in the tables
        assert failure.value.event == Culprit(19, "order.refunded", refunded.id)
        assert f"at fault is the event at position 19 (order.refunded, id '{refunded.id}')" in str(failure.value)
        assert projector.position == 18
        assert projector.reader().rows("SELECT COUNT(*) AS n FROM mall_visitors") == [{"n": 14}]

    # and once it is mended everything is taken in
    monkeypatch.undo()
    _catch_up(projector, log)
    assert verify_tables(projector, log).ok
    projector.close()


def _catch_up(projector: Projector, log: Log) -> None:
    while projector.position < log.head():
        projector.advance()


def test_what_no_event_is_to_blame_for_is_not_laid_at_ones_door(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    projector = Projector(tmp_path / "t.duckdb", log)
    tries = []

    def full(*_: object) -> None:
        tries.append(projector.position)
        raise CdpError("the disk is full")

    monkeypatch.setattr(intake.Intake, "take", full)
    with pytest.raises(ProjectionFailed, match="the disk is full") as failure:
        projector.advance()
    assert (failure.value.event, tries) == (None, [0])
    projector.close()
