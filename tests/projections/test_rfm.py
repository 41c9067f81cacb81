"""Customers by recency, frequency and money, scored by hand."""

from __future__ import annotations

from itertools import count

import pytest

from cdp.app.customer_settings import Customers, Rfm
from cdp.events.event import Event
from tests.projections.tables import closed, configured, did, paid, tables_of

STAFF = 99
CUTS = {"recency_days": [3, 10, 20, 40], "frequency": [2, 3, 4, 5], "monetary_fen": [1000, 2000, 3000, 4000]}
SEGMENTS = {
    1: ("important_value", "重要价值"),
    2: ("important_develop", "重要发展"),
    3: ("important_keep", "重要保持"),
    4: ("important_win_back", "重要挽留"),
    5: ("general_value", "一般价值"),
    6: ("general_develop", "一般发展"),
    7: ("general_keep", "一般保持"),
    8: ("general_win_back", "一般挽留"),
}
_numbers = count(1)


def bought(who: int, last_day: int, times: int, fen: int) -> list[Event]:
    """So many orders for so much in all, the last of them on that day of June."""
    days = [f"2026-06-{last_day - n:02}" for n in range(times)]
    return [paid(next(_numbers), who, day, fen // times) for day in days]


HISTORY = [
    *bought(1, 28, 3, 3000),
    *bought(2, 20, 1, 2000),
    *bought(3, 9, 4, 4000),
    *bought(4, 9, 2, 2000),
    *bought(5, 10, 3, 1800),
    *bought(6, 30, 1, 999),
    *bought(7, 9, 5, 1000),
    *bought(8, 1, 1, 500),
    # beyond the window of 100 days, so that nothing is left but the recency; and one day inside it
    paid(101, 9, "2026-03-22", 9000),
    paid(102, 10, "2026-03-23", 9000),
    # refunded in full, unpaid, paid after the day, and staff: no customers
    paid(103, 11, "2026-06-20", 500),
    did("order.refunded", "13:00", order="E103", day="2026-06-20"),
    did("order.placed", "12:00", 12, order="E104", day="2026-06-20", data={"amount_fen": 500}),
    paid(105, 13, "2026-07-01", 500),
    did("person.profile_changed", "07:00", STAFF, data={"is_staff": True}),
    paid(106, STAFF, "2026-06-20", 500),
]


def test_scores_follow_the_cut_points_and_segments_the_scores() -> None:
    settings = configured(rfm={"method": "cuts", "window_days": 100, **CUTS})
    with tables_of([*HISTORY, settings, closed("2026-06-30")], "persons") as reader:
        rows = reader.rows("SELECT * FROM rfm ORDER BY person_id")
        persons = reader.rows("SELECT * FROM persons WHERE person_id IN (1, 12) ORDER BY person_id")
    names = (
        "person_id",
        "recency_days",
        "frequency",
        "monetary_fen",
        "recency_score",
        "frequency_score",
        "monetary_score",
    )
    assert [tuple(row[name] for name in names) for row in rows] == [
        (1, 2, 3, 3000, 5, 3, 4),
        (2, 10, 1, 2000, 4, 1, 3),
        (3, 21, 4, 4000, 2, 4, 5),
        (4, 21, 2, 2000, 2, 2, 3),
        (5, 20, 3, 1800, 3, 3, 2),
        (6, 0, 1, 999, 5, 1, 1),
        (7, 21, 5, 1000, 2, 5, 2),
        (8, 29, 1, 500, 2, 1, 1),
        (9, 100, 0, 0, 1, 1, 1),
        (10, 99, 1, 9000, 1, 1, 5),
    ]
    assert {row["person_id"]: (row["segment"], row["segment_zh"]) for row in rows if row["person_id"] < 9} == SEGMENTS
    assert {str(row["day"]) for row in rows} == {"2026-06-30"}
    # and everybody's row of `persons` says the same
    scores = ("recency_score", "frequency_score", "monetary_score", "rfm_segment")
    assert [tuple(row[name] for name in scores) for row in persons] == [
        (5, 3, 4, "important_value"), (None, None, None, None),
    ]  # fmt: skip


def test_quartiles_score_customers_against_each_other_and_equal_ones_alike() -> None:
    # given ten customers: four who bought once, three of them for the same sum
    settings = configured(rfm={"method": "quartiles", "window_days": 100})
    with tables_of([*HISTORY, settings, closed("2026-06-30")], "persons") as reader:
        rows = reader.rows(
            "SELECT person_id, recency_score, frequency_score, monetary_score FROM rfm ORDER BY person_id"
        )
    # the longest ago: 9, 10, 8, then 3, 4 and 7 alike, 5, 2, 1, 6; the rarest: 9, then 2, 6, 8 and 10 alike, 4, 1 and 5, 3, 7;
    # the least money: 9, 8, 6, 7, 5, 2 and 4 alike, 1, 3, 10
    assert [tuple(row.values()) for row in rows] == [
        (1, 4, 3, 3), (2, 3, 1, 3), (3, 2, 4, 4), (4, 2, 3, 3), (5, 3, 3, 2),
        (6, 4, 1, 1), (7, 2, 4, 2), (8, 1, 1, 1), (9, 1, 1, 1), (10, 1, 1, 4),
    ]  # fmt: skip


def test_before_any_day_is_over_nobody_is_scored() -> None:
    with tables_of(HISTORY, "rfm") as reader:
        assert reader.rows("SELECT * FROM rfm") == []


@pytest.mark.parametrize("recorded", [(), (configured(),)], ids=["nothing recorded", "an older release's settings"])
def test_the_defaults_of_the_tables_are_those_of_the_settings(recorded: tuple[Event, ...]) -> None:
    with tables_of([did("mall.visited", "10:00", 1), *recorded], "settings") as reader:
        row = reader.rows("SELECT * FROM settings")[0]
    rfm, customers = Rfm(), Customers()
    assert row == {
        "told_by": "workspace.configured",
        "gross_margin": customers.gross_margin,
        "least_support": customers.least_support,
        "rfm_method": rfm.method,
        "rfm_window_days": rfm.window_days,
        "rfm_recency_days": list(rfm.recency_days),
        "rfm_frequency": list(rfm.frequency),
        "rfm_monetary_fen": list(rfm.monetary_fen),
    }
