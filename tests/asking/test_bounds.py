"""What a query may take of the machine: time, memory, disk, rows, turns. Beyond it the query ends, and nothing else does."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from pathlib import Path

import pytest

from cdp.errors import QueryStopped, TooManyQueries, UsageError, WorkspaceError
from projections.asking.asker import Asker
from projections.asking.inquiry import Inquiry
from projections.asking.question import Bounds, Question
from tests.asking.shop import Analyst, analyst
from tests.projections.tables import did

ENDLESS = "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"
IDLE = "SELECT sleep_ms(60000)"
CROSSED = "SELECT COUNT(*) FROM range(1000000) AS a, range(1000000) AS b WHERE a.range + b.range = -1"
LONG = "SELECT range, repeat('长', 100) AS text FROM range(10000000)"


@pytest.mark.parametrize(
    "sql", [IDLE, pytest.param(ENDLESS, marks=pytest.mark.slow), pytest.param(CROSSED, marks=pytest.mark.slow)],
    ids=["sleep", "recursion", "cross join"],
)  # fmt: skip
def test_a_query_that_takes_too_long_is_stopped_and_the_next_one_is_answered(asking: Analyst, sql: str) -> None:
    began = time.monotonic()
    with pytest.raises(QueryStopped, match=r"longer than 0\.4 s") as stopped:
        asking.rows(sql, seconds=0.4)
    assert stopped.value.why == "time"
    assert time.monotonic() - began < 5
    assert asking.still_answers()


BOMBS = {
    "one text": "SELECT length(repeat('x', 2000000000))",
    "texts in one vector": "SELECT SUM(length(repeat('x' || range, 100000000))) FROM range(2000)",
    "doubling": "WITH RECURSIVE a(n, s) AS (SELECT 1, 'xxxxxxxx' UNION ALL SELECT n + 1, s || s FROM a WHERE n < 60) SELECT MAX(length(s)) FROM a",
    "a list": "SELECT length(range(1000000000))",
    "a list of rows": "SELECT length(list(range)) FROM range(1000000000)",
    "a text of rows": "SELECT length(string_agg(repeat('x', 1000), '')) FROM range(100000000)",
    "distinct rows": "SELECT COUNT(DISTINCT md5(range::VARCHAR) || md5((range + 1)::VARCHAR)) FROM range(100000000)",
    "sorted rows": "SELECT MAX(r) FROM (SELECT row_number() OVER (ORDER BY hash(range), md5(range::VARCHAR)) AS r FROM range(300000000))",
    "a wide row": "SELECT repeat('x', 200000000) AS a, repeat('y', 200000000) AS b",
    "json": "SELECT length(to_json(range(300000000))::VARCHAR)",
    "formats": "SELECT length(format('{:>1000000000}', 'x'))",
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name == "one text" else pytest.mark.slow) for name in BOMBS]
)  # fmt: skip
def test_a_query_that_wants_all_memory_is_stopped_and_the_next_one_is_answered(asking: Analyst, name: str) -> None:
    before = resident()
    with pytest.raises((QueryStopped, UsageError)) as stopped:
        asking.rows(BOMBS[name], seconds=60)
    assert isinstance(stopped.value, UsageError) or "256 MiB of memory" in str(stopped.value), stopped.value
    assert resident() - before < 64 << 20, "the memory was this process's own"
    assert asking.still_answers()
    assert not list(asking.projector.parts.directory.glob(".spill*")), "what it wrote to disk is still there"


def resident() -> int:
    """Bytes of memory of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGESIZE")


def test_an_answer_ends_after_the_rows_that_were_asked_for_and_says_so(asking: Analyst) -> None:
    began = time.monotonic()
    document = asking.document("SELECT range FROM range(100000000000)", rows=20_000)
    assert (len(document["rows"]), document["row_count"], document["truncated"]) == (20_000, 20_000, True)
    assert time.monotonic() - began < 5, "what nobody asked for was computed"
    exactly = asking.document("SELECT range FROM range(20000)", rows=20_000)
    assert (exactly["row_count"], exactly["truncated"]) == (20_000, False)
    assert [row["range"] for row in document["rows"]] == list(range(20_000))


def test_an_order_holds_over_all_batches(asking: Analyst) -> None:
    lines = asking.bytes(
        "SELECT (range * 7919) % 1000003 AS n, [1] AS l FROM range(60000) ORDER BY 1 DESC", "ndjson", None
    )
    numbers = [json.loads(line)["n"] for line in lines.splitlines()]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 60_000


def test_whoever_takes_an_answer_slowly_keeps_nobody_from_writing_and_takes_no_memory(tmp_path: Path) -> None:
    with analyst(tmp_path) as asking, asking.asker.open(Question(sql=LONG, format="ndjson", seconds=10)) as inquiry:
        inquiry.begin()
        position, before = inquiry.head.position, resident()
        assert inquiry.piece()
        # the tables go on, and the answer is still that of the position it named
        asking.log.append([did("mall.visited", "12:00", 3)])
        asking.projector.advance()
        assert asking.projector.position > position
        time.sleep(0.3)
        taken = sum(len(piece) for piece, _ in zip(inquiry.pieces(), range(12), strict=False))
        assert taken > 2_000_000
        assert resident() - before < 64 << 20


def test_a_query_that_is_cancelled_ends_at_once(asking: Analyst) -> None:
    stopped = []

    def ask() -> None:
        with inquiry, pytest.raises(QueryStopped) as error:
            inquiry.begin()
        stopped.append((error.value.why, time.monotonic()))

    inquiry = asking.asker.open(Question(sql=IDLE))
    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(0.4)
    cancelled = time.monotonic()
    inquiry.cancel()
    thread.join(10)
    assert stopped[0][0] == "cancelled"
    assert stopped[0][1] - cancelled < 1
    assert asking.still_answers()


def begun(inquiry: Inquiry) -> threading.Thread:
    """A thread in which an endless query runs until it is stopped."""

    def begin() -> None:
        with contextlib.suppress(QueryStopped):
            inquiry.begin()

    thread = threading.Thread(target=begin)
    thread.start()
    time.sleep(0.5)
    return thread


def test_so_many_queries_run_at_once_and_so_many_wait_and_closing_ends_them_all(asking: Analyst) -> None:
    asker = Asker(asking.projector.parts, Bounds(memory_mb=256, at_once=1, wait=0.2))
    first = asker.open(Question(sql=IDLE))
    thread = begun(first)
    with asker.open(Question(sql="SELECT 1")) as second, pytest.raises(TooManyQueries):
        second.begin()
    asker.close()
    thread.join(10)
    assert not thread.is_alive()
    first.close()
    with asker.open(Question(sql="SELECT 1")) as third, pytest.raises(QueryStopped):
        third.begin()
    assert asking.still_answers()


def test_a_process_that_does_not_start_is_told_and_the_next_one_is_tried(
    asking: Analyst, monkeypatch: pytest.MonkeyPatch
) -> None:
    asker = Asker(asking.projector.parts, Bounds())
    monkeypatch.setattr("projections.asking.child._MODULE", "projections.asking.nothing")
    with asker.open(Question(sql="SELECT 1")) as inquiry, pytest.raises(QueryStopped, match="did not start"):
        inquiry.begin()
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with asker.open(Question(sql="SELECT 1")) as inquiry, pytest.raises(QueryStopped, match="cannot be started"):
        inquiry.begin()
    monkeypatch.undo()
    with asker.open(Question(sql="SELECT 1 AS a", format="csv")) as inquiry:
        inquiry.begin()
        assert b"".join(inquiry.pieces()) == b'"a"\n1\n'
    asker.close()


def test_parts_that_cannot_be_kept_are_told_in_one_sentence_without_a_place(tmp_path: Path) -> None:
    with analyst(tmp_path) as asking:
        (tmp_path / "projections.parts").write_text("in the way")
        with pytest.raises(WorkspaceError, match=r"^projections\.parts cannot be used: ") as told:
            asking.rows("SELECT COUNT(*) FROM orders")
        assert str(tmp_path) not in str(told.value)
        (tmp_path / "projections.parts").unlink()
        assert asking.still_answers()
