"""Every definition is complete, runs as it is published, and cannot be broken down in a way that its rows do not allow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from cdp.errors import NotFound, UsageError
from projections.metrics import Metric, measure, metric, metrics
from projections.metrics.reference import FILES, Language, reference
from projections.metrics.registry import parse, relations
from projections.metrics.statement import columns_of
from projections.periods import Period
from projections.read import Reader
from tests.projections.tables import tables_of

ROOT = Path(__file__).parents[2]
ALL = list(metrics().values())
WEEK = Period(date(2026, 6, 15), date(2026, 6, 21))


@pytest.fixture(scope="module")
def nothing() -> Iterator[Reader]:
    with tables_of([]) as reader:
        yield reader


def test_every_metric_of_the_domain_is_defined() -> None:
    assert {
        "live_viewers", "average_watch", "peak_concurrent", "likes", "comments", "live_interaction_rate", "lead_rate",
        "live_conversion", "live_gmv", "reservations", "attendance_rate", "messages", "active_members", "interaction_rate",
        "activity_participation", "leave_rate", "promotion_share", "live_promotion_share", "visitors", "cart_rate",
        "pay_conversion", "spend_per_buyer", "average_order", "repurchase_rate", "pickup_rate", "cac", "ltv", "ltv_cac",
        "first_year_ltv", "rfm",
    } <= metrics().keys()  # fmt: skip


@pytest.mark.parametrize("one", ALL, ids=lambda m: m.name)
def test_every_text_stands_in_english_and_in_chinese(one: Metric) -> None:
    for said in (one.label, one.definition, one.period, *(d.label for d in one.dimensions)):
        assert not re.search("[\u4e00-\u9fff]", said.en)
        assert re.search("[\u4e00-\u9fff]", said.zh)


@pytest.mark.parametrize("one", ALL, ids=lambda m: m.name)
def test_where_nothing_happened_counts_are_zero_and_ratios_are_unknown(nothing: Reader, one: Metric) -> None:
    with nothing.snapshot() as tables:
        figure = measure(tables, one, WEEK).total.now
    assert figure.value == (None if one.is_ratio else one.empty)
    assert one.empty in (None, 0)
    assert one.empty is None or one.unit in ("persons", "count", "fen")


@pytest.mark.parametrize("one", ALL, ids=lambda m: m.name)
def test_a_dimension_and_the_days_can_be_asked_for_together(nothing: Reader, one: Metric) -> None:
    with nothing.snapshot() as tables:
        for dimension in one.dimensions[:1]:
            assert measure(tables, one, WEEK, by=[dimension.name, "day"], before=WEEK.before()).rows == ()


@pytest.mark.slow
@pytest.mark.parametrize("one", ALL, ids=lambda m: m.name)
def test_every_dimension_and_the_days_can_be_asked_for(nothing: Reader, one: Metric) -> None:
    with nothing.snapshot() as tables:
        for dimension in one.dimensions:
            assert measure(tables, one, WEEK, by=[dimension.name, "day"], before=WEEK.before()).rows == ()
        assert [row.period for row in measure(tables, one, WEEK, by=["day"]).rows] == list(WEEK.pieces("day"))


@pytest.mark.parametrize("one", ALL, ids=lambda m: m.name)
def test_columns_say_whose_they_are_wherever_relations_are_joined(one: Metric) -> None:
    """So that a look-up that nothing needs can be left out, and no other relation's column takes its place."""
    parsed = sqlglot.parse_one(one.sql, dialect="duckdb")
    for select in parsed.find_all(exp.Select):
        if select.args.get("joins"):
            bare = [c.name for c in columns_of(select) if not c.table and c.name != "slice"]
            assert bare == []


@pytest.mark.parametrize("one", ALL, ids=lambda m: m.name)
def test_a_place_is_kept_for_the_dimension(one: Metric) -> None:
    assert re.findall(r"NULL AS slice", one.sql)


def test_every_shared_relation_is_read_by_several_metrics() -> None:
    assert relations()
    for relation in relations():
        assert sum(relation in one.relations() for one in ALL) > 1, relation.name


def test_what_is_not_there_is_said_with_what_may_be_meant() -> None:
    with pytest.raises(NotFound, match="no metric 'visitor'; did you mean 'visitors'"):
        metric("visitor")


def test_a_wrong_break_down_is_said_with_all_that_are_right(nothing: Reader) -> None:
    with nothing.snapshot() as tables:
        for by in (["bilding"], ["building; DROP TABLE orders"], ["people.building"]):
            with pytest.raises(UsageError, match="by building, first_channel, day, week, month"):
                measure(tables, metric("visitors"), WEEK, by=by)
        for by in (["day", "week"], ["building", "first_channel"]):
            with pytest.raises(UsageError, match="one dimension"):
                measure(tables, metric("visitors"), WEEK, by=by)
        with pytest.raises(UsageError, match="take longer ones"):
            measure(tables, metric("visitors"), Period(date(2020, 1, 1), date(2026, 1, 1)), by=["day"])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("-- area: nowhere", "area"),
        ("-- unit: parsec", "unit"),
        ("-- label: Only English", "label"),
        ("-- period: Only English", "period"),
        ("-- dimension by: persons.x | X", "dimension by"),
        ("-- kept: orders by day", "kept"),
    ],
)
def test_a_definition_that_does_not_say_enough_is_refused(line: str, message: str) -> None:
    lines = ["-- A.", "-- 甲。", "-- area: mall", "-- label: A | 甲", "-- unit: count", "-- period: A | 甲"]
    whole = "\n".join([*lines, "SELECT days.period, NULL AS slice, COUNT(*) AS value FROM days GROUP BY 1, 2"])
    assert parse("fine", whole).label.zh == "甲"
    with pytest.raises(ValueError, match=rf"odd\.sql.*{message}"):
        parse("odd", "\n".join([*lines, line, "SELECT 1"]))


@pytest.mark.parametrize("language", FILES)
def test_the_reference_is_up_to_date_in_both_languages(language: Language) -> None:
    assert (ROOT / "docs" / FILES[language]).read_text(encoding="utf-8") == reference(language)
