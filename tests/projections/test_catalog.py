"""The catalogue of tables: every file says enough, and the documentation says the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot

from projections.catalog import Lookup, base_tables, dependants, in_order, parse, views
from projections.dictionary import FILES, Language, dictionary
from projections.engine import Engine
from projections.schema import prepare

ROOT = Path(__file__).parents[2]
TABLES = {table.name: table for table in (*base_tables(), *views())}


PROMISED = {
    "touchpoints": "position id source type occurred_at recorded_at person_id subject channel live_id group_id campaign_id "
    "order_id product_id staff_id store_id amount_fen seconds data",
    "persons": "person_id building channel first_seen last_seen is_friend lifecycle orders paid_orders lives_watched groups "
    "events gmv_fen average_spend_fen recency_score frequency_score monetary_score rfm_segment expected_next_order_at ltv_fen "
    "tags",
    "identifiers": "surrogate type scope person_id",
    "tags": "person_id tag by valid_from valid_to",
    "orders": "order_id person_id placed_at paid_at amount_fen refunded_fen net_fen status",
    "order_items": "order_id product_id quantity amount_fen",
    "carts": "person_id product_id added_at status abandoned_at",
    "pickups": "order_id due_at picked_up_at status",
    "live_sessions": "live_id started_at ended_at viewers average_watch_seconds peak_concurrent interaction_rate lead_rate "
    "conversion_rate gmv_fen reservations attendance_rate",
    "live_viewers": "live_id person_id entered_at watch_seconds present_seconds polled_seconds was_friend became_friend_at",
    "live_minutes": "live_id minute present",
    "groups": "group_id name building interest created_at dismissed_at",
    "group_members": "group_id person_id joined_at left_at",
    "group_days": "group_id day messages active_members members_start interaction_rate leave_rate",
    "mall_days": "day visitors cart_rate pay_conversion spend_per_buyer_fen average_order_fen pickup_rate",
    "product_days": "product_id day views carts carts_abandoned buyers net_fen",
    "channels": "channel month cost_fen new_customers cac_fen ltv_fen ltv_cac",
    "cohorts": "cohort_month channel age customers retention ltv_fen projected_ltv_fen",
    "rfm": "person_id recency_days frequency monetary_fen segment",
    "recommendations": "product_id recommended_id both_buyers support confidence lift",
    "campaigns": "campaign_id name t_date persons gmv_fen cost_fen",
    "content": "place place_id week knowledge feeling interaction promotion promotion_share",
    "journeys": "journey state version runs goals",
    "journey_runs": "run_id journey person_id entered_at left_at reason",
    "journey_steps": "run_id step visit kind at",
    "actions": "action_id run_id journey person_id outcome reason",
    "metrics": "name definition sql unit",
    "data_quality": "day source failed late conflicts lag_median_seconds lag_p95_seconds lag_max_seconds",
}
"""Tables and columns that notebooks and programs outside rely on: more may come, none of these goes or changes its name."""


def test_what_was_promised_to_analysts_is_there() -> None:
    missing = {
        f"{table}.{column}"
        for table, columns in PROMISED.items()
        for column in columns.split()
        if table not in TABLES or column not in {known.name for known in TABLES[table].columns}
    }
    assert missing == set()


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
        "-- A row is one.\n-- 一行。\n-- key: a\n-- lookup: staff on a < b < c via d\nSELECT 1 AS a",
        "-- A row is one.\n-- 一行。\n-- key: a\n-- lookup: staff on a < b, c < d via e\nSELECT 1 AS a",
    ],
)
def test_a_header_that_does_not_say_enough_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"header|needs English|cannot read"):
        parse("broken", text)


@pytest.mark.parametrize("said", ["*", "a, *", "o.*", "o. *", "DISTINCT o.*"])
def test_a_view_that_names_no_columns_is_refused(said: str) -> None:
    header = "-- A row is one.\n-- 一行。\n-- key: a\n-- from: orders on a\n"
    with pytest.raises(ValueError, match=r"broken\.sql: name the columns instead of \*"):
        parse("broken", f"{header}SELECT {said} FROM orders AS o")
    assert parse("sound", f"{header}SELECT COUNT(*) * 2 AS a, o.b * 3 AS b FROM orders AS o").key == ("a",)


def test_a_header_says_what_matters_only_later_and_how_rows_lie() -> None:
    view = parse(
        "sized",
        "-- A row is one.\n-- 一行。\n-- key: a, day\n-- order: a\n-- lookup: sizes on a, began < day via moves\nSELECT 1 AS a",
    )
    assert view.lookups == (Lookup("sizes", ("a",), "moves", ("began", "day")),)
    assert view.rows().endswith(" ORDER BY a")


def test_lookups_and_orders_name_columns_that_there_are() -> None:
    for view in views():
        own = {column.name for column in view.columns}
        assert {*view.order} <= own, view.name
        for look in view.lookups:
            read, via = ({column.name for column in TABLES[name].columns} for name in (look.relation, look.via))
            assert {*look.on, *look.before[:1]} <= read, view.name
            assert {*look.on, *look.before[1:]} <= via, view.name
