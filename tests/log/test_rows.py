"""Many rows a statement: what is asked for is found once, by few statements, whatever the number of values."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdp.sqlite_rows import insert_rows, select_in

SELECT = "SELECT n FROM numbers WHERE even=? AND n IN"


@pytest.fixture(scope="module")
def numbers() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE numbers (even INTEGER, n INTEGER, PRIMARY KEY (even, n)) WITHOUT ROWID")
        assert insert_rows(connection.cursor(), "INSERT INTO numbers", [((n + 1) % 2, n) for n in range(5678)]) == 5678
        yield connection


@given(values=st.lists(st.integers(-5, 6000), unique=True, max_size=40), even=st.integers(0, 1))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_law_what_is_there_is_found_once(numbers: sqlite3.Connection, values: list[int], even: int) -> None:
    found = [n for (n,) in select_in(numbers.cursor(), SELECT, values, [even])]
    assert sorted(found) == sorted(n for n in values if 0 <= n < 5678 and n % 2 != even)


@pytest.mark.parametrize("count", [0, 1, 7, 999, 1000, 4095, 4096, 4097, 5677])
def test_any_number_of_values_is_looked_up(numbers: sqlite3.Connection, count: int) -> None:
    found = select_in(numbers.cursor(), SELECT, list(range(count)), [1])
    assert sorted(found) == [(n,) for n in range(0, count, 2)]


VALUES = st.none() | st.integers(-5, 5) | st.text(max_size=3) | st.binary(max_size=3)


@given(rows=st.lists(st.tuples(st.binary(max_size=3), VALUES, VALUES), max_size=40))
@settings(max_examples=60, deadline=None)
def test_law_rows_stand_there_as_they_were_handed_in(rows: list[tuple[object, ...]]) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE kept (a, b, c)")
        assert insert_rows(connection.cursor(), "INSERT INTO kept", rows) == len(rows)
        assert connection.execute("SELECT * FROM kept ORDER BY rowid").fetchall() == rows
        asked = [row[0] for row in rows]
        found = select_in(connection.cursor(), "SELECT a FROM kept WHERE a IN", asked) if rows else []
        assert sorted(found) == sorted((value,) for value in asked)


def test_few_statements_serve_all_numbers_of_rows(numbers: sqlite3.Connection) -> None:
    numbers.execute("CREATE TEMP TABLE many (n)")
    cursor = Recording(numbers)
    for count in range(1, 3000, 7):
        insert_rows(cursor, "INSERT INTO many", [(n,) for n in range(count)])
    assert len(cursor.statements) <= 11


def test_few_statements_serve_all_numbers_of_values(numbers: sqlite3.Connection) -> None:
    """The driver keeps the last 128, each with room for its parameters."""
    cursor = Recording(numbers)
    for count in range(1, 9000, 7):
        select_in(cursor, SELECT, list(range(count)), [1])
    assert len(cursor.statements) <= 48
    assert max(statement.count("?") for statement in cursor.statements) <= 4097


class Recording(sqlite3.Cursor):
    """Remembers what it was asked."""

    def __init__(self, connection: sqlite3.Connection):
        super().__init__(connection)
        self.statements: set[str] = set()

    def execute(self, statement, parameters=()):  # type: ignore[no-untyped-def]
        self.statements.add(statement)
        return super().execute(statement, parameters)
