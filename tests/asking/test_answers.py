"""Answers: the same rows in every format, at the position they name, and mistakes with their place in the text."""

from __future__ import annotations

import io
import json
import threading
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from cdp.errors import UsageError
from cdp.events.event import Event
from projections.asking.asker import Asker
from projections.asking.question import Bounds, Question
from projections.catalog import base_tables, views
from projections.projector import Projector
from tests.asking.shop import Analyst, analyst
from tests.projections.histories import histories, log_of
from tests.projections.tables import did

ORDERS = "SELECT order_id, person_id, paid_at, paid_day, categories, net_fen FROM orders ORDER BY order_id"


def test_a_query_sees_what_came_in_before_it(tmp_path: Path) -> None:
    with analyst(tmp_path) as asking:
        assert asking.document("SELECT COUNT(*) AS n FROM touchpoints")["rows"] == [{"n": 4}]
        asking.log.append([did("order.paid", "12:00", 1, order="E3", data={"amount_fen": 5})])
        asking.projector.advance()
        for sql in ("SELECT COUNT(*) AS n FROM touchpoints", "SELECT COUNT(*) + 2 AS n FROM orders"):
            document = asking.document(sql)
            assert (document["position"], document["rows"]) == (5, [{"n": 5}])


@pytest.mark.slow
def test_law_every_answer_fits_its_position_however_many_ask_while_events_come_in(tmp_path: Path) -> None:
    wrong: list[object] = []

    def keep_asking() -> None:
        while not over.is_set():
            document = asking.document(
                "SELECT COUNT(*) AS n, MAX(position) AS last, (SELECT COUNT(*) FROM orders) AS o FROM touchpoints"
            )
            (row,) = document["rows"]
            # every order is one event, the first four events hold two orders
            if not row["n"] == row["last"] == document["position"] == row["o"] + 2:
                wrong.append(document)

    over = threading.Event()
    with analyst(tmp_path, Bounds(at_once=3, wait=60)) as asking:
        askers = [threading.Thread(target=keep_asking) for _ in range(3)]
        for asker in askers:
            asker.start()
        for number in range(30):
            asking.log.append([did("order.paid", "12:00", number % 9, order=f"E{10 + number}", data={"amount_fen": 5})])
            asking.projector.advance()
            if number % 10 == 9:
                asking.projector.rebuild()
        over.set()
        for asker in askers:
            asker.join()
    assert wrong == []


@pytest.mark.slow
@settings(max_examples=3, deadline=None)
@given(histories(10, 25))
def test_law_a_query_sees_every_table_as_it_stands_at_the_position_of_the_answer(
    tmp_path_factory: pytest.TempPathFactory, events: list[Event]
) -> None:
    directory, log = tmp_path_factory.mktemp("law"), log_of(events)
    projector = Projector(directory / "t.duckdb", log)
    asker = Asker(projector.parts, Bounds())
    names = [table.name for table in (*base_tables(), *views())]
    sql = " UNION ALL ".join(
        f"SELECT '{n}' AS name, COUNT(*) AS n, SUM(CAST(HASH(t) AS HUGEINT)) % 1000003 AS h FROM {n} AS t"
        for n in names
    )
    while True:
        projector.advance(7)
        with asker.open(Question(sql=sql)) as inquiry:
            inquiry.begin()
            document = json.loads(b"".join(inquiry.pieces()))
        assert document["position"] == projector.position
        assert sorted(map(str, document["rows"])) == sorted(map(str, projector.reader().rows(sql)))
        if projector.position == log.head():
            break
    asker.close()
    projector.close()
    log.close()


def test_every_format_holds_the_same_rows(asking: Analyst, tmp_path: Path) -> None:
    document = asking.document(ORDERS)
    assert document["columns"][0] == {"name": "order_id", "type": "VARCHAR"}
    assert document["rows"][0] == {
        "order_id": "E1", "person_id": 1, "paid_at": "2026-06-19T10:10:00+08:00", "paid_day": "2026-06-19",
        "categories": ["粽子"], "net_fen": 500,
    }  # fmt: skip
    assert (document["position"], document["today"], document["truncated"]) == (4, "2026-06-19", False)

    lines = [json.loads(line) for line in asking.bytes(ORDERS, "ndjson").splitlines()]
    assert lines == document["rows"]

    arrow = pa.ipc.open_stream(asking.bytes(ORDERS, "arrow"))
    assert arrow.schema.field("paid_at").type == pa.timestamp("us", "Asia/Shanghai")
    assert arrow.schema.metadata[b"cdp.position"] == b"4"
    parquet = pq.read_table(io.BytesIO(asking.bytes(ORDERS, "parquet")))
    assert parquet.to_pylist() == arrow.read_all().to_pylist()
    assert parquet.column("net_fen").to_pylist() == [500, 900]
    assert pl.read_ipc_stream(asking.bytes(ORDERS, "arrow"))["net_fen"].to_list() == [500, 900]

    csv = asking.bytes(ORDERS, "csv").decode()
    assert csv.splitlines()[1] == '"E1",1,"2026-06-19 10:10:00+08",2026-06-19,"[""粽子""]",500'
    (tmp_path / "orders.csv").write_text(csv, encoding="utf-8")
    assert duckdb.read_csv(str(tmp_path / "orders.csv")).select("net_fen").fetchall() == [(500,), (900,)]


def test_spreadsheets_get_their_mark_whole_numbers_of_orders_and_no_formulas(asking: Analyst) -> None:
    cells = "SELECT '3705115058471208928' AS no, '=1+1' AS f, '-2' AS g, '端午' AS t, TIMESTAMPTZ '2026-06-19 20:00+08' AS at, NULL AS n, -5 AS m"
    said = asking.bytes(cells, "excel")
    assert said.startswith(b"\xef\xbb\xbf")
    assert (
        said.decode("utf-8-sig").splitlines()[1]
        == '"\t3705115058471208928","\'=1+1","\'-2","端午","2026-06-19 20:00:00",,-5'
    )


VALUES: dict[str, Any] = {
    "170141183460469231731687303715884105727::HUGEINT": 2**127 - 1,
    "SUM(1)": 1,
    "1.50::DECIMAL(5, 2)": 1.5,
    "'nan'::DOUBLE": None,
    "{'a': 'inf'::DOUBLE, 'b': [1.5]}": {"a": None, "b": [1.5]},
    "{'a': [DATE '2026-06-19']}": {"a": ["2026-06-19"]},
    "MAP {'k': 1}": {"k": 1},
    "'{\"a\": [1,\n 2]}'::JSON": {"a": [1, 2]},
    "INTERVAL 3 DAY": "3 days",
    "TIME '10:00'": "10:00:00",
    "TIMESTAMP '2026-06-19 10:00'": "2026-06-19T10:00:00",
    "TIMESTAMP_NS '2026-06-19 10:00:00.123456789'": "2026-06-19 10:00:00.123456789",
    "'ab'::BLOB": "YWI=",
    "'101'::BIT": "101",
    "'x'::ENUM('x', 'y')": "x",
    "UUID '00000000-0000-0000-0000-000000000001'": "00000000-0000-0000-0000-000000000001",
    "union_value(k := 1)": {"k": 1},
    "NULL": None,
    "[]": [],
    "true": True,
}


def test_values_of_every_type_have_a_form_in_json_and_csv(asking: Analyst) -> None:
    sql = "SELECT " + ", ".join(f"{value} AS v{number}" for number, value in enumerate(VALUES))
    (row,) = asking.rows(sql)
    assert list(row.values()) == list(VALUES.values())
    assert json.loads(asking.bytes(sql, "ndjson")) == row
    for form in ("csv", "excel"):
        assert asking.bytes(sql, form).count(b"v19") == 1  # type: ignore[arg-type]


def test_a_value_without_a_form_says_what_to_do(asking: Analyst) -> None:
    with pytest.raises(UsageError, match="CAST the column to VARCHAR"):
        asking.rows("SELECT DATE 'infinity' AS d")
    assert asking.rows("SELECT CAST(DATE 'infinity' AS VARCHAR) AS d") == [{"d": "infinity"}]
    with pytest.raises(UsageError, match="parquet"):
        asking.bytes("SELECT INTERVAL 3 DAY AS i", "parquet")


def test_columns_of_one_name_do_not_swallow_each_other(asking: Analyst) -> None:
    assert asking.rows("SELECT 1 AS a, 2 AS a, 3 AS a_2, 4 AS a") == [{"a": 1, "a_2": 2, "a_2_2": 3, "a_3": 4}]


def test_an_answer_without_rows_still_has_its_columns(asking: Analyst) -> None:
    assert asking.document("SELECT order_id FROM orders WHERE FALSE")["columns"] == [
        {"name": "order_id", "type": "VARCHAR"}
    ]
    assert asking.bytes("SELECT order_id FROM orders WHERE FALSE", "csv") == b'"order_id"\n'
    for form, read in (("arrow", pl.read_ipc_stream), ("parquet", pl.read_parquet)):
        assert read(asking.bytes("SELECT order_id FROM orders WHERE FALSE", form)).schema == {"order_id": pl.String}  # type: ignore[arg-type]


def test_an_arrow_stream_that_ends_early_says_so_at_its_end(asking: Analyst) -> None:
    reader = pa.ipc.open_stream(asking.bytes("SELECT * FROM range(100)", "arrow", 10))
    told = []
    while True:
        try:
            batch, metadata = reader.read_next_batch_with_custom_metadata()
        except StopIteration:
            break
        told.append((batch.num_rows, metadata and metadata[b"cdp.truncated"]))
    assert told == [(10, None), (0, b"true")]


MISTAKES = {
    "SELEC 1": (1, 1),
    "SELECT nope FROM orders": (1, 8),
    "SELECT '粽子',\n  nope FROM orders": (2, 3),
    "SELECT *\nFROM orders\nWHERE foo(net_fen)": (3, 7),
    "SELECT * FROM oders": (1, 15),
    "EXPLAIN\nSELECT nope FROM orders": (2, 8),
    "SELECT 'abc'::INT": (1, 13),
    "SELECT '端午', read_text('x') FROM orders": (1, 14),
    "SELECT * FROM orders, read_text('x')": (1, 23),
    "SELECT $a + nope FROM orders": (1, 13),
}


@pytest.mark.parametrize("sql", MISTAKES)
def test_a_mistake_is_named_with_its_line_and_column(asking: Analyst, sql: str) -> None:
    with pytest.raises(UsageError) as wrong:
        asking.rows(sql, **({"a": 1} if "$a" in sql else {}))
    (problem,) = wrong.value.problems
    line, column = MISTAKES[sql]
    assert (problem.file, problem.line, problem.path) == ("sql", line, f"column {column}")
    assert "Error" not in problem.message


def test_a_misspelt_table_is_guessed(asking: Analyst) -> None:
    with pytest.raises(UsageError, match="did you mean touchpoints"):
        asking.rows("SELECT * FROM touchpoint")


def test_parameters_are_values_and_never_sql(asking: Analyst) -> None:
    assert asking.rows("SELECT order_id FROM orders WHERE net_fen > $least AND $on", least=600, on=True) == [
        {"order_id": "E2"}
    ]
    assert asking.rows("SELECT $a AS a, $b AS b, $c AS c", a="'; DROP TABLE orders --", b=None, c=[1, 2]) == [
        {"a": "'; DROP TABLE orders --", "b": None, "c": [1, 2]}
    ]
    with pytest.raises(UsageError, match=r"no value for \$a, \$b"):
        asking.rows("SELECT $a, $b")
    with pytest.raises(UsageError, match=r"no parameter \$x"):
        asking.rows("SELECT 1", x=1)


def test_comments_of_tables_and_columns_are_there_to_browse(asking: Analyst) -> None:
    said = asking.rows("SELECT comment FROM duckdb_columns() WHERE table_name = 'orders' AND column_name = 'net_fen'")
    assert "分" in said[0]["comment"]
    assert {row["name"] for row in asking.rows("SHOW TABLES")} == {t.name for t in (*base_tables(), *views())}
    described = asking.rows("DESCRIBE orders")
    assert {"column_name": "net_fen", "column_type": "BIGINT"}.items() <= described[6].items()
    assert asking.rows("SUMMARIZE orders")


@pytest.mark.slow
def test_tables_without_a_single_event_are_asked_too(tmp_path: Path) -> None:
    log = log_of([])
    projector = Projector(tmp_path / "t.duckdb", log)
    asker = Asker(projector.parts, Bounds())
    with asker.open(Question(sql="SELECT COUNT(*) AS n, MAX(day) AS d FROM touchpoints", format="ndjson")) as inquiry:
        inquiry.begin()
        assert json.loads(b"".join(inquiry.pieces())) == {"n": 0, "d": None}
        assert inquiry.head.recorded_at == ""
    asker.close()
    projector.close()
    log.close()
