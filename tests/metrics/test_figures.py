"""Every metric over the same week, beside the figure worked out by hand from its definition."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from projections.metrics import Figure, measure, metric, metrics, text
from projections.periods import Period
from projections.read import Snapshot
from tests.metrics.shop import WEEK, history
from tests.projections.tables import did, tables_of

TOTALS = {
    # 1, 2 and 3
    "live_viewers": Figure(3),
    # 1800 + 1800 + 600 in a, 300 in c, 600 + 3600 in b, over six viewings
    "average_watch": Figure(1450, 8700, 6),
    "peak_concurrent": Figure(3),
    "likes": Figure(3),
    "comments": Figure(1),
    # 1 liked, 2 commented, 3 only looked
    "live_interaction_rate": Figure(2 / 3, 2, 3),
    # 2 and 3 were no friends; 2 became one in b
    "lead_rate": Figure(1 / 2, 1, 2),
    # 1 bought after a, 2 in b
    "live_conversion": Figure(2 / 3, 2, 3),
    # 2000 that count for a and c alike, and 4000 of b
    "live_gmv": Figure(6000),
    "reservations": Figure(2),
    "attendance_rate": Figure(1 / 2, 1, 2),
    "live_promotion_share": Figure(1 / 4, 1, 4),
    # g1 has 1 and 3 left, g2 has 4 and 1
    "members": Figure(4),
    "messages": Figure(4),
    "active_members": Figure(4),
    # 1 and 2 on the 15th, 4 on the 20th; g1 has 3, 3, 4, 4, 3, 2, 2 members and g2 1, 1, 1, 2, 2, 2, 2 when the days begin
    "interaction_rate": Figure(3 / 32, 3, 32),
    # 1 and 2 of 1, 2, 3 and 5
    "activity_participation": Figure(2 / 4, 2, 4),
    "joined": Figure(2),
    "gone": Figure(2),
    # 2 and 5 of the four that were there and the two that came
    "leave_rate": Figure(2 / 6, 2, 6),
    "posts": Figure(8),
    "promotion_share": Figure(2 / 4, 2, 4),
    # 1, 2 and 6
    "visitors": Figure(3),
    "cart_rate": Figure(1 / 3, 1, 3),
    "pay_conversion": Figure(2 / 3, 2, 3),
    "orders": Figure(3),
    "paid_orders": Figure(5),
    "buyers": Figure(3),
    "gmv": Figure(7500),
    "refunded": Figure(4000),
    # what nobody known bought is no spend of theirs
    "spend_per_buyer": Figure(2333, 7000, 3),
    "average_order": Figure(1500, 7500, 5),
    # 1 paid on two days, 2 on one; what 4 bought was refunded in full
    "repurchase_rate": Figure(1 / 2, 1, 2),
    "pickup_rate": Figure(2 / 3, 2, 3),
    # seven of the poster's ten days, and the flyer
    "cost": Figure(1000),
    # 5 to 9; of these 7 and 9 bought for good
    "new_persons": Figure(5),
    "new_customers": Figure(2),
    "cac": Figure(500, 1000, 2),
    # 40 % of 3000 and of 500
    "ltv": Figure(700, 1400, 2),
    "ltv_cac": Figure(1.4, 1400, 1000),
    # no month began in this week
    "first_year_ltv": Figure(None),
    # 1 and 2; what 4 bought was refunded in full
    "rfm": Figure(2),
}
BROKEN_DOWN = {
    ("live_viewers", "live"): {"a": 3, "b": 2, "c": 1},
    ("live_viewers", "building"): {"3栋": 2, "5栋": 1},
    ("average_watch", "live"): {"a": 1400, "b": 2100, "c": 300},
    ("peak_concurrent", "live"): {"a": 3, "b": 2, "c": 1},
    ("lead_rate", "live"): {"a": 0, "b": 1, "c": None},
    ("live_conversion", "live"): {"a": 1 / 3, "b": 1 / 2, "c": 1},
    ("live_gmv", "live"): {"a": 2000, "b": 4000, "c": 2000},
    ("live_gmv", "first_channel"): {"poster": 2000, "live-b": 4000},
    ("attendance_rate", "live"): {"a": 1 / 2, "b": 0},
    ("active_members", "group"): {"g1": 3, "g2": 2},
    ("interaction_rate", "group"): {"g1": 2 / 21, "g2": 1 / 11},
    ("interaction_rate", "interest"): {None: 2 / 21, "烘焙": 1 / 11},
    ("activity_participation", "activity"): {"包粽子": 1 / 2},
    ("leave_rate", "building"): {"3栋": 2 / 4, None: 0},
    ("posts", "kind"): {"knowledge": 4, "promotion": 3, "feeling": 1},
    ("posts", "place"): {"group": 4, "live": 4},
    ("visitors", "building"): {"3栋": 2, None: 1},
    ("gmv", "building"): {"3栋": 7000, None: 500},
    ("gmv", "store"): {"east": 4000, None: 3500},
    ("gmv", "live"): {"b": 4000, None: 3500},
    ("buyers", "first_channel"): {"poster": 1, "live-b": 1, None: 1},
    ("pickup_rate", "building"): {"3栋": 2 / 3},
    ("cost", "channel"): {"poster": 700, "flyer": 300},
    ("new_persons", "channel"): {"poster": 2, "live-b": 1, None: 2},
    ("cac", "channel"): {"poster": 700, "live-b": None, "flyer": None},
    ("ltv", "channel"): {"poster": 1200, "live-b": 200},
    ("ltv_cac", "channel"): {"poster": 1200 / 700, "live-b": None, "flyer": None},
    ("rfm", "segment"): {"general_develop": 2},
    ("rfm", "frequency_score"): {"1": 1, "2": 1},
}


@pytest.fixture(scope="module")
def tables() -> Iterator[Snapshot]:
    with tables_of(history()) as reader, reader.snapshot() as snapshot:
        yield snapshot


def test_every_metric_has_its_figure_here() -> None:
    assert TOTALS.keys() == metrics().keys()


@pytest.mark.parametrize("name", TOTALS)
def test_the_figure_of_the_week_is_the_one_worked_out_by_hand(tables: Snapshot, name: str) -> None:
    assert measure(tables, metric(name), WEEK).total.now == TOTALS[name]


@pytest.mark.parametrize("name", TOTALS)
def test_the_statement_as_it_is_published_gives_the_same_figure(tables: Snapshot, name: str) -> None:
    (row,) = tables.rows(text(metric(name)), {"since": WEEK.since, "until": WEEK.until})
    assert row["value"] == TOTALS[name].value


@pytest.mark.parametrize(("name", "dimension"), BROKEN_DOWN)
def test_broken_down_it_has_the_figures_worked_out_by_hand(tables: Snapshot, name: str, dimension: str) -> None:
    found = measure(tables, metric(name), WEEK, by=[dimension]).rows
    assert {row.slice: row.now.value for row in found} == BROKEN_DOWN[name, dimension]


def test_the_first_year_is_observed_where_it_is_over_and_projected_where_it_is_not() -> None:
    events = [
        did("order.paid", "10:00", 1, order="E1", day="2025-01-10", data={"amount_fen": 1000}),
        did("order.paid", "10:00", 1, order="E2", day="2025-03-10", data={"amount_fen": 500}),
        did("order.paid", "10:00", 2, order="E3", day="2026-05-10", data={"amount_fen": 600}),
        did("day.closed", "00:01", day="2026-06-22", data={"day": "2026-06-21"}),
    ]
    with tables_of(events) as reader, reader.snapshot() as tables:
        asked = Period(date(2025, 1, 1), date(2026, 6, 21))
        total = measure(tables, metric("first_year_ltv"), asked).total.now
        by = measure(tables, metric("first_year_ltv"), asked, by=["cohort"]).rows
    # the first cohort grew by half in its first year, and so is the second one expected to
    assert total == Figure(1200, 2400, 2)
    assert {row.slice: row.now.value for row in by} == {"2025-01-01": 1500, "2026-05-01": 900}


def test_on_the_day_it_is_dismissed_a_group_still_has_its_members_and_the_day_after_none() -> None:
    events = [
        did("group.created", "09:00", day="2026-06-01", data={"name": "三栋群"}, group="g"),
        did("group.joined", "09:00", 1, day="2026-06-01", group="g"),
        did("group.dismissed", "12:00", day="2026-06-16", group="g"),
        did("mall.visited", "12:00", 2, day="2026-06-17"),
    ]
    days = {day: Period(date(2026, 6, day), date(2026, 6, day)) for day in (15, 16, 17)}
    with tables_of(events) as reader, reader.snapshot() as tables:
        found = {day: measure(tables, metric("members"), period).total.now.value for day, period in days.items()}
    assert found == {15: 1, 16: 1, 17: 0}


def test_who_pays_twice_on_one_day_has_not_come_back() -> None:
    days = {1: (15, 15), 2: (15, 16), 3: (15,)}
    events = [
        did("order.paid", "10:00", who, order=f"E{who}{n}", day=f"2026-06-{day}", data={"amount_fen": 100})
        for who, paid in days.items()
        for n, day in enumerate(paid)
    ]
    with tables_of(events) as reader, reader.snapshot() as tables:
        assert measure(tables, metric("repurchase_rate"), WEEK).total.now == Figure(1 / 3, 1, 3)


def test_a_customer_of_no_known_channel_is_no_channel_s_acquisition() -> None:
    cost = {"channel": "poster", "fen": 1000, "since": "2026-06-15", "until": "2026-06-15"}
    events = [
        did("cost.recorded", "12:00", day="2026-06-15", data=cost),
        did("order.paid", "10:00", 1, order="E1", day="2026-06-15", data={"amount_fen": 100}, channel="poster"),
        did("order.paid", "10:00", 2, order="E2", day="2026-06-15", data={"amount_fen": 900}),
    ]
    with tables_of(events) as reader, reader.snapshot() as tables:
        found = {name: measure(tables, metric(name), WEEK).total.now for name in ("new_customers", "cac", "ltv_cac")}
    assert found == {"new_customers": Figure(2), "cac": Figure(1000, 1000, 1), "ltv_cac": Figure(0.1, 100, 1000)}


def test_of_days_that_do_not_reach_the_last_closed_one_nobody_knows_the_segments(tables: Snapshot) -> None:
    assert measure(tables, metric("rfm"), WEEK.before()).total.now == Figure(None)


def test_day_by_day_persons_count_on_every_day_they_come(tables: Snapshot) -> None:
    found = measure(tables, metric("visitors"), WEEK, by=["day"]).rows
    assert [row.now.value for row in found] == [2, 1, 0, 1, 0, 1, 0]
    assert [row.period for row in found] == list(WEEK.pieces("day"))


def test_a_dimension_and_days_together(tables: Snapshot) -> None:
    found = measure(tables, metric("posts"), Period(date(2026, 6, 15), date(2026, 6, 17)), by=["day", "kind"]).rows
    assert [(row.period.since.day, row.slice, row.now.value) for row in found] == [
        (15, "knowledge", 1), (15, "promotion", 0), (15, "feeling", 0),
        (16, "knowledge", 3), (16, "promotion", 2), (16, "feeling", 1),
        (17, "knowledge", 0), (17, "promotion", 1), (17, "feeling", 0),
    ]  # fmt: skip


def test_beside_the_days_before_with_the_change(tables: Snapshot) -> None:
    row = measure(tables, metric("visitors"), WEEK, before=WEEK.before()).total
    assert row.before == Figure(1)
    assert (row.change, row.change_share) == (2, 2.0)
    unknown = measure(tables, metric("pickup_rate"), WEEK, before=WEEK.before()).total
    assert (unknown.before, unknown.change, unknown.change_share) == (Figure(None), None, None)


def test_each_day_beside_its_counterpart(tables: Snapshot) -> None:
    days = measure(tables, metric("visitors"), WEEK, by=["day"], before=WEEK.before()).rows
    # the visit of the 10th, a Wednesday
    assert [row.before.value for row in days if row.before] == [0, 0, 1, 0, 0, 0, 0]


def test_days_to_come_are_no_days_on_which_nothing_happened(tables: Snapshot) -> None:
    later = Period(WEEK.since, WEEK.until + timedelta(days=365))
    found = measure(tables, metric("interaction_rate"), later).total.now
    # two groups of two members each, from Monday to the last event of all, on Thursday the 25th
    assert found.denominator == 32 + 4 * 4
