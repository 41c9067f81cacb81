"""Cohorts and what they were worth month by month, computed by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

from projections.read import Reader
from tests.projections.tables import closed, configured, did, paid, tables_of

STAFF = 99
HISTORY = [
    did("friend.added", "08:00", 1, day="2026-04-01", channel="poster", data={"staff": "wang"}),
    did("friend.added", "08:00", 2, day="2026-04-01", channel="live", data={"staff": "wang"}),
    did("friend.added", "08:00", 3, day="2026-04-01", channel="poster", data={"staff": "wang"}),
    # April: 1 comes back in the same month and in June, 2 in May, of which a part goes back
    paid(1, 1, "2026-04-10", 1000),
    paid(2, 1, "2026-04-20", 500),
    paid(3, 2, "2026-04-30", 2000),
    paid(4, 2, "2026-05-05", 600),
    did("order.refunded", "12:00", order="E4", day="2026-06-02", data={"amount_fen": 100, "refund": "r"}),
    paid(5, 1, "2026-06-01", 700),
    # May: 3 buys twice on one day, which is no repurchase, and again in June; 5's order in April went back whole
    paid(6, 3, "2026-05-02", 1000),
    paid(7, 3, "2026-05-02", 500),
    paid(8, 3, "2026-06-10", 300),
    paid(9, 5, "2026-04-08", 800),
    did("order.refunded", "12:00", order="E9", day="2026-04-09"),
    paid(10, 5, "2026-05-08", 900),
    # June: 4 before and 7 after the 15th
    paid(11, 4, "2026-06-05", 400),
    paid(12, 7, "2026-06-16", 250),
    # staff are no customers
    did("person.profile_changed", "07:00", STAFF, data={"is_staff": True}),
    paid(13, STAFF, "2026-04-16", 250),
]
APRIL, MAY, JUNE = date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)


def curve(reader: Reader, *names: str, channel: str | None = None) -> list[tuple[Any, ...]]:
    """Some columns of the cohorts of a channel, or of all customers together."""
    rows = reader.rows(
        "SELECT * FROM cohorts WHERE channel IS NOT DISTINCT FROM $channel ORDER BY cohort_month, age",
        {"channel": channel},
    )
    return [tuple(row[name] for name in names) for row in rows]


def test_cohorts_grow_month_by_month_and_the_last_month_is_open() -> None:
    with tables_of([*HISTORY, closed("2026-06-15")], "cohorts") as reader:
        observed = ("cohort_month", "age", "state", "customers", "buyers", "repurchased", "gmv_fen", "cumulative_fen")
        assert curve(reader, *observed) == [
            (APRIL, 0, "complete", 2, 2, 1, 3500, 3500),
            (APRIL, 1, "complete", 2, 1, 2, 500, 4000),
            (APRIL, 2, "open", 2, 1, 2, 700, 4700),
            (MAY, 0, "complete", 2, 2, 0, 2400, 2400),
            (MAY, 1, "open", 2, 1, 1, 300, 2700),
            (JUNE, 0, "open", 1, 1, 0, 400, 400),
        ]
        # only April has seen its second month end: 4000 / 3500
        assert curve(reader, "month", "retention", "repurchase_share", "ltv_fen", "projected_ltv_fen") == [
            (APRIL, 1.0, 0.5, 1750, 1750),
            (MAY, 0.5, 1.0, 2000, 2000),
            (JUNE, 0.5, 1.0, 2350, None),
            (MAY, 1.0, 0.0, 1200, 1200),
            (JUNE, 0.5, 0.5, 1350, 1371),
            (JUNE, 1.0, 0.0, 400, None),
        ]


def test_what_is_not_seen_yet_is_projected_by_the_growth_of_all_cohorts_together() -> None:
    with tables_of([*HISTORY, closed("2026-06-30")], "cohorts", "persons") as reader:
        # into the second month 6700 / 5900, into the third 4700 / 4000
        assert curve(reader, "cohort_month", "age", "state", "ltv_fen", "projected_ltv_fen") == [
            (APRIL, 0, "complete", 1750, 1750),
            (APRIL, 1, "complete", 2000, 2000),
            (APRIL, 2, "complete", 2350, 2350),
            (MAY, 0, "complete", 1200, 1200),
            (MAY, 1, "complete", 1350, 1350),
            (MAY, 2, "projected", None, 1586),
            (JUNE, 0, "complete", 325, 325),
            (JUNE, 1, "projected", None, 369),
            (JUNE, 2, "projected", None, 434),
        ]


def test_cohorts_stand_by_channel_of_the_first_touch_as_well() -> None:
    with tables_of([*HISTORY, closed("2026-06-30")], "cohorts", "persons") as reader:
        names = ("cohort_month", "age", "customers", "cumulative_fen", "projected_ltv_fen")
        assert curve(reader, *names, channel="poster") == [
            (APRIL, 0, 1, 1500, 1500),
            (APRIL, 1, 1, 1500, 1500),
            (APRIL, 2, 1, 2200, 2200),
            (MAY, 0, 1, 1500, 1500),
            (MAY, 1, 1, 1800, 1800),
            (MAY, 2, 1, None, 2115),
        ]
        assert curve(reader, *names[:4], channel="live") == [
            (APRIL, 0, 1, 2000),
            (APRIL, 1, 1, 2500),
            (APRIL, 2, 1, 2500),
        ]
        assert {row[0] for row in curve(reader, "cohort_month", channel="")} == {MAY, JUNE}


def test_ltv_is_gross_margin_where_the_workspace_states_one() -> None:
    margin = configured(customers={"gross_margin": 0.4})
    with tables_of([*HISTORY, margin, closed("2026-06-30")], "cohorts", "persons") as reader:
        assert curve(reader, "ltv_fen", "projected_ltv_fen")[:3] == [(700, 700), (800, 800), (940, 940)]
        assert reader.rows("SELECT gmv_fen, ltv_fen FROM persons WHERE person_id = 1") == [
            {"gmv_fen": 2200, "ltv_fen": 880}
        ]


def test_a_cohort_is_followed_for_three_years_and_projected_for_one() -> None:
    old, new = paid(21, 21, "2022-01-05", 100), paid(22, 22, "2026-05-05", 100)
    with tables_of([old, new, closed("2026-06-30")], "cohorts", "persons") as reader:
        rows = curve(reader, "cohort_month", "age", "state")
    first, last = date(2022, 1, 1), date(2026, 5, 1)
    assert [row[1] for row in rows if row[0] == first] == list(range(36))
    assert [row[1:] for row in rows if row[0] == last] == [
        (age, "complete" if age < 2 else "projected") for age in range(12)
    ]
