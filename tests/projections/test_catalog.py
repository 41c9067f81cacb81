"""The catalogue of tables: every file says enough, and the documentation says the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot

from projections.catalog import base_tables, dependants, in_order, parse, views
from projections.dictionary import FILES, Language, dictionary
from projections.engine import Engine
from projections.schema import prepare

ROOT = Path(__file__).parents[2]
TABLES = {table.name: table for table in (*base_tables(), *views())}


@pytest.fixture(scope="module")
def engine() -> Engine:
    engine = Engine(":memory:", "Asia/Shanghai")
    prepare(engine)
    return engine


def test_every_column_of_every_table_is_documented_in_the_order_it_stands(engine: Engine) -> None:
    for table in TABLES.values():
        columns = [row[0] for row in engine.rows(f"SELECT column_name FROM (DESCRIBE {table.name})")]
        assert [column.name for column in table.columns] == columns, table.name


def test_every_table_and_column_carries_a_comment_in_the_database(engine: Engine) -> None:
    tables = engine.rows(
        "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' AND comment IS NULL UNION ALL "
        "SELECT view_name FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal AND comment IS NULL"
    )
    columns = engine.rows(
        "SELECT table_name, column_name FROM duckdb_columns() "
        "WHERE schema_name = 'main' AND NOT internal AND comment IS NULL"
    )
    assert (tables, columns) == ([], [])


def test_every_text_stands_in_english_and_in_chinese() -> None:
    for table in TABLES.values():
        texts = [(table.en, table.zh), *((c.en, c.zh) for c in table.columns)]
        assert [en for en, _ in texts if re.search("[\u4e00-\u9fff]", en)] == []
        assert [zh for _, zh in texts if not re.search("[\u4e00-\u9fff]", zh)] == [], table.name


@pytest.mark.parametrize("language", FILES)
def test_the_data_dictionary_is_up_to_date_in_both_languages(language: Language) -> None:
    assert (ROOT / "docs" / FILES[language]).read_text(encoding="utf-8") == dictionary(language)


def test_a_view_reads_exactly_what_its_header_names() -> None:
    names = "|".join(TABLES)
    for view in views():
        text = re.sub(r"--.*|'(?:[^']|'')*'", "", view.sql)
        read = set(re.findall(rf"\b(?:FROM|JOIN)\s+({names})\b", text))
        assert read == set(view.depends_on()), view.name


def test_no_view_asks_what_time_it_is_or_uses_words_other_engines_lack() -> None:
    banned = r"\b(now|current_date|current_timestamp|today)\b|GROUP BY ALL|QUALIFY|ARG_M(AX|IN)|DISTINCT ON"
    assert [view.name for view in views() if re.search(banned, view.sql, re.IGNORECASE)] == []


def test_every_view_can_be_said_in_the_dialect_of_spark() -> None:
    for view in views():
        said = sqlglot.transpile(view.sql, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
        assert len(said) == 1, view.name


def test_views_come_after_what_they_read_and_a_change_reaches_all_that_read_it() -> None:
    names = [view.name for view in views()]
    assert names.index("live_visits") < names.index("live_viewers") < names.index("live_sessions")
    assert "live_sessions" in dependants(["lives"], views())
    assert "mall_days" not in dependants(["lives"], views())
    assert in_order(reversed(views())) == views()


@pytest.mark.parametrize(
    "text",
    [
        "-- One sentence only.\n-- key: a\nSELECT 1 AS a",
        "-- A row is one.\n-- 一行。\nSELECT 1 AS a",
        "-- A row is one.\n-- 一行。\n-- key: a\n-- column a: English alone\nSELECT 1 AS a",
        "-- A row is one.\n-- 一行。\n-- key: a\n-- from: touch points\nSELECT 1 AS a",
        "-- A row is one.\n-- 一行。\n-- key: a\n-- lookup: staff\nSELECT 1 AS a",
    ],
)
def test_a_header_that_does_not_say_enough_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"header|needs English|cannot read"):
        parse("broken", text)
