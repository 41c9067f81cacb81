"""A rebuild: readers and batches go on, a crash leaves the old tables, and what was not named is left alone."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from cdp.errors import ProjectionFailed, UsageError, WorkspaceError
from cdp.log import Log, open_log
from cdp.testing import fixed_clock
from projections import batch, builder, catalog, load, rebuild, schema
from projections import projector as projector_module
from projections.catalog import dependants, views
from projections.projector import Projector
from projections.verify import verify_tables
from tests.projections.histories import log_of
from tests.projections.tables import did

EVENTS = [
    did("mall.visited", "10:00", 1),
    did("group.created", "10:01", group="g1", data={"name": "3栋团购群"}),
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


@pytest.fixture
def projector(log: Log, tmp_path: Path) -> Iterator[Projector]:
    projector = Projector(tmp_path / "t.duckdb", log)
    projector.advance()
    yield projector
    projector.close()


def _tampered(path: Path, log: Log, *statements: str) -> Projector:
    """The tables as somebody changed them behind our back."""
    con = duckdb.connect(str(path))
    for statement in statements:
        con.execute(statement)
    con.close()
    return Projector(path, log)


STILL_AS_WRITTEN = "SELECT BOOL_OR(has_updates) AS some FROM PRAGMA_STORAGE_INFO('touchpoints')"
TAMPERING = ("UPDATE orders SET net_fen = 7", "UPDATE people SET gmv_fen = 8", "UPDATE groups SET name = 'other'")


def test_only_the_views_that_are_named_and_what_reads_them_are_filled_again(
    log: Log, projector: Projector, tmp_path: Path
) -> None:
    # given tables that are wrong in several places
    projector.close()
    wrong = _tampered(tmp_path / "t.duckdb", log, *TAMPERING)

    # when one of them is rebuilt
    again = wrong.rebuild(["orders"])

    # then it is right, and what is made of it, and nothing else was touched
    concerned = dependants(["orders", *(view.name for view in views() if view.everywhere)], views())
    assert set(again) == {name for name in concerned if not _named(name).on_reading}
    assert {"orders", "people", "live_viewers", "rfm"} <= set(again)
    assert not {"groups", "lives", "tags"} & set(again)
    assert wrong.reader().rows("SELECT net_fen FROM orders") == [{"net_fen": 500}]
    assert wrong.reader().rows("SELECT gmv_fen FROM persons") == [{"gmv_fen": 500}]
    assert wrong.reader().rows("SELECT name FROM groups") == [{"name": "other"}]
    wrong.rebuild(["groups"])
    assert verify_tables(wrong, log).ok
    wrong.close()


def _named(name: str) -> catalog.Table:
    return next(view for view in views() if view.name == name)


def test_a_release_with_a_new_and_a_changed_view_fills_these_alone(
    log: Log, projector: Projector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given the next release: one view more, another one changed
    projector.close()
    orders = _named("orders")
    changed = replace(
        orders, sql=orders.sql.replace("COALESCE(money.amount_fen, 0)", "2 * COALESCE(money.amount_fen, 0)")
    )
    new = replace(_named("groups"), name="group_names")
    release = catalog.in_order([*(v for v in views() if v.name != "orders"), changed, new])
    for module in (schema, batch):
        monkeypatch.setattr(module, "views", lambda: release)

    # when it opens tables in which something else was changed by hand
    opened = _tampered(tmp_path / "t.duckdb", log, *TAMPERING)

    # then these are filled, and what reads them; the others are as they were
    assert opened.position == log.head()
    assert opened.reader().rows("SELECT net_fen FROM orders") == [{"net_fen": 1000}]
    assert opened.reader().rows("SELECT gmv_fen FROM persons") == [{"gmv_fen": 1000}]
    assert opened.reader().rows("SELECT name FROM group_names") == [{"name": "3栋团购群"}]
    assert opened.reader().rows("SELECT name FROM groups") == [{"name": "other"}]
    opened.close()


def test_names_that_are_no_views_are_all_told_at_once(projector: Projector) -> None:
    with pytest.raises(UsageError) as refused:
        projector.rebuild(["orders", "nonsense", "touchpoints"])
    told = str(refused.value)
    assert "nonsense: no such table; there are actions" in told
    assert "touchpoints: is made of the log alone" in told
    assert "orders:" not in told


def test_batches_and_readers_go_on_while_all_is_rebuilt_and_nothing_is_lost(log: Log, projector: Projector) -> None:
    # given somebody who reads, and events that arrive and are projected at every step of a rebuild
    heard: list[tuple[str, int, int]] = []
    statuses: list[object] = []
    reader = projector.reader()

    def meanwhile(table: str, done: int, total: int) -> None:
        heard.append((table, done, total))
        if len(heard) % 5 == 1:
            number = len(heard) + 10
            log.append([did("order.paid", "11:00", number, order=f"E{number}", data={"amount_fen": 100})])
            another = threading.Thread(target=projector.advance)
            another.start()
            another.join()
            statuses.append(reader.rows("SELECT COUNT(*) AS n FROM orders WHERE status = 'paid'")[0]["n"])

    # when it is over
    again = projector.rebuild(progress=meanwhile)

    # then everything is there, also what came in between
    assert statuses == list(range(2, len(statuses) + 2))
    assert (projector.position, log.head()) == (log.head(), len(EVENTS) + len(statuses))
    assert {"touchpoints", "identifiers", "orders", "channels"} <= set(again)
    assert heard[0] == ("touchpoints", len(EVENTS), len(EVENTS))
    assert [done for table, done, _ in heard if table != "touchpoints"] == list(range(1, heard[-1][2] + 1))
    log.append([did("order.completed", "12:00", order="E1")])
    projector.advance()
    assert reader.rows("SELECT status FROM orders WHERE order_id = 'E1'") == [{"status": "completed"}]
    assert verify_tables(projector, log).ok


def test_one_rebuild_at_a_time(projector: Projector) -> None:
    refused: list[str] = []

    def another(table: str, done: int, total: int) -> None:
        if not refused:
            with pytest.raises(UsageError, match="being rebuilt already") as error:
                projector.rebuild(["orders"])
            refused.append(str(error.value))

    projector.rebuild(progress=another)
    assert len(refused) == 1
    projector.rebuild(["orders"])


def test_a_rebuild_that_the_disk_has_no_room_for_is_not_begun(
    projector: Projector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "free_disk", lambda path: 1 << 20)
    with pytest.raises(WorkspaceError, match=r"needs about \d+ MB beside .* and 1 MB are free"):
        projector.rebuild()
    assert projector.reader().rows("SELECT status FROM orders") == [{"status": "paid"}]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["t.duckdb", "t.duckdb.wal"]


def test_a_rebuild_of_a_view_that_fails_names_the_event_and_changes_nothing(
    log: Log, projector: Projector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = _named("orders")
    broken = replace(orders, sql=orders.sql.replace("facts.pickup = 1 AS pickup", "ERROR('broken') = '' AS pickup"))
    release = tuple(broken if view.name == "orders" else view for view in views())
    for module in (schema, batch, builder):
        monkeypatch.setattr(module, "views", lambda: release)
    with pytest.raises(
        ProjectionFailed, match=r"projection orders .* at fault is the event at position 4 \(order\.placed, "
    ):
        projector.rebuild()
    assert projector.reader().rows("SELECT status FROM orders") == [{"status": "paid"}]
    assert not (tmp_path / "t.duckdb.rebuild").exists()


def test_empty_tables_over_a_long_log_are_filled_at_once_and_a_failure_leaves_nothing_behind(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a log that is longer than a batch, with events after its last day
    log.append([did("mall.visited", "09:00", n, day="2026-06-20") for n in range(20, 25)])
    monkeypatch.setattr(projector_module, "_BATCH", 4)
    projector = Projector(tmp_path / "t.duckdb", log)

    # when that fails at first
    finish = load.Load.finish
    monkeypatch.setattr(load.Load, "finish", lambda _: 1 // 0)
    with pytest.raises(ProjectionFailed, match=r"touchpoints .* ZeroDivisionError"):
        projector.advance(4)
    monkeypatch.setattr(load.Load, "finish", finish)

    # then the next attempt takes all of it, and the end of the day where it was
    assert projector.advance(4) == log.head()
    assert projector.reader().rows(STILL_AS_WRITTEN) == [{"some": False}]
    fresh = projector.reader().freshness()
    assert (fresh.closed_position, str(fresh.today)) == (len(EVENTS), "2026-06-19")
    assert verify_tables(projector, log).ok
    projector.close()


KILLED = """
import sys
from cdp.log import open_log
from cdp.testing import fixed_clock
from projections.projector import Projector
log = open_log(sys.argv[1], fixed_clock())
projector = Projector(sys.argv[2], log)
while True:
    print("rebuilding", flush=True)
    projector.rebuild()
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_rebuild_killed_at_any_moment_leaves_the_old_tables(tmp_path: Path) -> None:
    # given tables of people who join and buy
    clock = fixed_clock()
    log = open_log(str(tmp_path / "log.sqlite"), clock)
    for n in range(40):
        log.append(
            [
                did("group.joined", "11:00", n, group="g1"),
                did("order.paid", "12:00", n, order=f"E{n}", data={"amount_fen": 100}),
            ]
        )
    projector = Projector(tmp_path / "t.duckdb", log)
    projector.advance(60)
    projector.close()
    log.close()
    dice = random.Random(11)

    # when a process that rebuilds them is killed again and again, while it builds or swaps
    for _ in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(tmp_path / "log.sqlite"), str(tmp_path / "t.duckdb")],
            stdout=subprocess.PIPE,
        )
        assert child.stdout is not None
        assert child.stdout.readline() == b"rebuilding\n"
        time.sleep(dice.random() * 1.2)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()

        # then there are tables, the old or the new ones, whole
        log = open_log(str(tmp_path / "log.sqlite"), clock)
        projector = Projector(tmp_path / "t.duckdb", log)
        assert projector.position in (60, 80)
        assert verify_tables(projector, log).ok
        projector.close()
        log.close()
