"""Whatever somebody types, a query reads the tables and nothing else: no file, no network, no setting, no bookkeeping.

Every attempt is refused with a reason, or answers nothing that it should not; afterwards everything is answered as before.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

import duckdb
import pytest

from cdp.errors import CdpError, QueryStopped, UsageError
from projections.asking.desk import Desk
from projections.asking.question import Bounds, Setup
from projections.asking.statement import Refused
from tests.asking.shop import Analyst

REFUSED = {
    "a file by its name": "SELECT * FROM '/etc/passwd'",
    "a CSV file by its name": "SELECT * FROM 'x.csv'",
    "a Parquet file by its name": "SELECT * FROM 'orders.parquet'",
    "a file in double quotes": 'SELECT * FROM "/etc/passwd"',
    "a description of a file": "DESCRIBE 'x.parquet'",
    "a summary of a file": "SUMMARIZE 'x.parquet'",
    "an address": "SELECT * FROM 'https://example.com/x.parquet'",
    "read_csv": "SELECT * FROM read_csv('/etc/passwd')",
    "read_csv in a description": "DESCRIBE SELECT * FROM read_csv('/etc/passwd')",
    "read_parquet": "SELECT * FROM read_parquet('/etc/passwd')",
    "read_parquet of the tables' own files": "SELECT * FROM read_parquet('orders/*.parquet')",
    "read_text": "SELECT content FROM read_text('/etc/passwd')",
    "read_blob": "SELECT content FROM read_blob('/proc/self/environ')",
    "read_json": "SELECT * FROM read_json('/etc/passwd')",
    "read_duckdb": "SELECT * FROM read_duckdb('../projections.duckdb')",
    "sniff_csv": "FROM sniff_csv('/etc/passwd')",
    "glob": "SELECT * FROM glob('/**')",
    "parquet_metadata": "SELECT * FROM parquet_metadata('x.parquet')",
    "a function in an odd spelling": "SELECT * FROM \"ReAd_TeXt\"('/etc/passwd')",
    "a function with its schema": "SELECT * FROM system.main.read_text('/etc/passwd')",
    "a function behind a comment": "SELECT * FROM /* no */ read_text/**/('/etc/passwd') -- really",
    "a function deep inside": "SELECT (SELECT max(c) FROM (SELECT content AS c FROM read_text('/etc/passwd')))",
    "a function in a lateral join": "SELECT * FROM orders, LATERAL (SELECT * FROM read_text('/etc/passwd'))",
    "a function in a CTE": "WITH a AS (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM a",
    "COPY": "COPY orders TO '/tmp/stolen.csv'",
    "COPY in a CTE": "WITH a AS (COPY orders TO '/tmp/stolen.csv') SELECT * FROM a",
    "EXPORT": "EXPORT DATABASE '/tmp/stolen'",
    "IMPORT": "IMPORT DATABASE '/tmp/stolen'",
    "ATTACH": "ATTACH '../projections.duckdb' AS live",
    "INSTALL": "INSTALL httpfs",
    "LOAD": "LOAD httpfs",
    "the environment": "SELECT getenv('HOME')",
    "SET": "SET threads = 64",
    "SET GLOBAL": "SET GLOBAL enable_external_access = true",
    "RESET": "RESET enable_external_access",
    "PRAGMA": "PRAGMA enable_external_access",
    "PRAGMA that shows": "PRAGMA database_list",
    "a setting": "SELECT current_setting('secret_directory')",
    "a setting with its schema": "SELECT system.main.current_setting('secret_directory')",
    "settings with their schema": "SELECT * FROM system.main.duckdb_settings()",
    "secrets": "SELECT * FROM duckdb_secrets()",
    "which_secret": "FROM which_secret('x', 's3')",
    "temporary files": "SELECT * FROM duckdb_temporary_files()",
    "databases": "SELECT * FROM duckdb_databases()",
    "extensions": "SELECT * FROM duckdb_extensions()",
    "logs": "SELECT * FROM duckdb_logs()",
    "writing a log": "SELECT write_log('x')",
    "CALL": "CALL pragma_version()",
    "PREPARE": "PREPARE a AS SELECT 1",
    "EXECUTE": "EXECUTE a",
    "DEALLOCATE": "DEALLOCATE a",
    "two statements": "SELECT 1; SELECT 2",
    "two statements and a comment": "SELECT 1 /* ; */ ; -- ;\nSELECT 2",
    "a change after a query": "SELECT 1; DROP VIEW orders",
    "nothing": "",
    "a comment": "-- nothing",
    "semicolons": ";;;",
    "INSERT": "INSERT INTO orders VALUES (1)",
    "INSERT in a CTE": "WITH a AS (INSERT INTO orders SELECT * FROM orders RETURNING *) SELECT * FROM a",
    "UPDATE in a CTE": "WITH a AS (UPDATE orders SET net_fen = 0 RETURNING *) SELECT * FROM a",
    "DELETE in a CTE": "WITH a AS (DELETE FROM orders RETURNING *) SELECT * FROM a",
    "MERGE": "MERGE INTO orders USING persons ON true WHEN MATCHED THEN DELETE",
    "the bookkeeping": "SELECT * FROM internal.progress",
    "the live database": "SELECT * FROM projections.main.orders",
    "a temporary table": "CREATE TEMP TABLE t AS SELECT 1",
    "a table": "CREATE TABLE t AS SELECT 1",
    "a view": "CREATE OR REPLACE VIEW orders AS SELECT 1",
    "a macro": "CREATE MACRO f(a) AS a",
    "a secret": "CREATE SECRET (TYPE s3, KEY_ID 'x')",
    "a variable": "SET VARIABLE x = 1",
    "a variable of the program": "SELECT * FROM wire",
    "PostgreSQL": "SELECT * FROM postgres_scan('host=127.0.0.1', 'public', 'x')",
    "SQLite": "SELECT * FROM sqlite_scan('../log.sqlite', 'events')",
    "a statement in a text": "SELECT * FROM query('SELECT 1')",
    "a table's name in a text": "SELECT * FROM query_table('orders')",
    "a plan in a text": "SELECT json_serialize_plan('SELECT * FROM read_text(''/etc/passwd'')')",
    "a serialized statement": "FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "memory of the process": "SELECT * FROM arrow_scan(1::POINTER, 2::POINTER, 3::POINTER)",
    "memory of the process, named": "SELECT * FROM pandas_scan(140000000000000::POINTER)",
    "a table macro that reads by name": "FROM histogram(orders, net_fen)",
    "EXPLAIN of a file": "EXPLAIN SELECT * FROM read_text('/etc/passwd')",
    "EXPLAIN of a change": "EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1",
    "EXPLAIN behind comments": "/* */ EXPLAIN -- \n ANALYZE COPY orders TO '/tmp/stolen.csv'",
    "VACUUM": "VACUUM",
    "CHECKPOINT": "FORCE CHECKPOINT",
    "USE": "USE system",
    "BEGIN": "BEGIN",
    "another catalog's table": "SELECT * FROM system.information_schema.tables",
}


@pytest.mark.parametrize("sql", REFUSED.values(), ids=REFUSED.keys())
def test_what_a_query_may_not_do_is_refused_with_a_reason(asking: Analyst, sql: str) -> None:
    with pytest.raises(UsageError) as refused:
        asking.rows(sql)
    assert str(refused.value)
    assert_tells_no_place(asking, str(refused.value))
    assert asking.still_answers()
    assert not Path("/tmp/stolen.csv").exists()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "COPY (SELECT 1) TO '{place}/stolen.csv'",
        "ATTACH '{place}/stolen.duckdb'",
        "SET enable_external_access = true",
        "SET threads = 64",
        "LOAD httpfs",
    ],
)
def test_what_would_slip_past_the_look_at_its_text_is_refused_by_the_locked_database(tmp_path: Path, sql: str) -> None:
    """Two locks, so that a new spelling that the one does not know is held by the other."""
    tables = {"orders": {"order_id": "VARCHAR"}}
    spill, elsewhere = tmp_path / "spill", tmp_path / "elsewhere"
    elsewhere.mkdir()
    desk = Desk(
        Setup(
            directory=str(tmp_path), spill=str(spill), timezone="Asia/Shanghai", tables=tables, views={}, comments=[],
            bounds=Bounds(),
        )
    )  # fmt: skip
    with pytest.raises(Refused):
        desk.ask(sql.format(place=elsewhere), {}).fetchall()
    assert desk.ask("SELECT COUNT(*) FROM orders", {}).fetchall() == [(0,)]
    assert list(elsewhere.iterdir()) == []


ANSWERED = [
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM pg_catalog.pg_settings",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM duckdb_views()",
    "SELECT * FROM duckdb_columns()",
    "SELECT * FROM duckdb_functions()",
    "SELECT * FROM pg_catalog.pg_database",
    "SHOW ALL TABLES",
    "SHOW DATABASES",
    "EXPLAIN SELECT * FROM touchpoints",
    "EXPLAIN ANALYZE SELECT COUNT(*) FROM touchpoints",
    "SELECT current_database(), current_schema(), current_user, version()",
]


@pytest.mark.parametrize("sql", ANSWERED)
def test_what_the_catalogue_tells_names_no_place_on_the_machine(asking: Analyst, sql: str) -> None:
    assert_tells_no_place(asking, json.dumps(asking.document(sql, rows=None)))


def assert_tells_no_place(asking: Analyst, said: str) -> None:
    places = [
        str(asking.directory),
        asking.directory.name,
        os.path.expanduser("~") + "/",
        os.getcwd(),
        "/tmp",
        "/proc/",
    ]
    assert [
        place for place in places if place in said.replace("'/tmp/stolen", "'").replace("/proc/self/environ", "")
    ] == []


@pytest.mark.slow
def test_every_function_of_the_database_is_either_harmless_or_refused(asking: Analyst) -> None:
    """A new release brings new functions; whatever reads files, settings or memory has to be known here."""
    con = duckdb.connect()
    named = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type IN ('table', 'table_macro', 'pragma')"
    answered = set()
    for (name,) in con.execute(named).fetchall():
        for arguments in ("", "'orders'", "'/etc/passwd'", "5", "[1]", "'{}'", "1, 2"):
            try:
                asking.rows(f'SELECT * FROM "{name}"({arguments})', rows=10, seconds=5)
            except CdpError:
                continue
            answered.add(name)
    con.close()
    assert answered <= {
        "range", "generate_series", "unnest", "json_each", "json_tree", "duckdb_columns", "duckdb_functions",
        "duckdb_keywords", "duckdb_schemas", "duckdb_settings", "duckdb_tables", "duckdb_types", "duckdb_views",
        "pragma_table_info", "pg_timezone_names", "icu_calendar_names", "repeat", "repeat_row",
    }  # fmt: skip
    assert asking.still_answers()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + "(" * 2000 + "1" + ")" * 2000,
        "SELECT " + "+".join(["1"] * 3000),
        "SELECT " + "CASE WHEN true THEN " * 600 + "1" + " END" * 600,
        "SELECT * FROM " + "(SELECT * FROM " * 300 + "orders" + ")" * 300,
        "SELECT '" + "x" * 200_000 + "'",
        "SELECT \x00",
        "SELECT '\ud800'".encode("utf-8", "replace").decode(),
    ],
    ids=["brackets", "a long sum", "nested cases", "nested queries", "too long", "a zero", "half a character"],
)
def test_texts_that_parsers_stumble_over_are_answered_or_refused(asking: Analyst, sql: str) -> None:
    with contextlib.suppress(UsageError, QueryStopped):
        asking.rows(sql)
    assert asking.still_answers()
