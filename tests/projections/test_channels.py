"""Costs and customers by channel and month, computed by hand; refreshed when a day is closed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from cdp.events.fields import MOST_FEN
from projections.projector import Projector
from projections.verify import verify_tables
from tests.projections.histories import log_of
from tests.projections.tables import closed, configured, did, tables_of

HISTORY = [
    # 20 days in June and 10 in July
    did(
        "cost.recorded", "09:00", data={"channel": "poster", "fen": 3000, "since": "2026-06-11", "until": "2026-07-10"}
    ),
    did("friend.added", "10:00", 1, channel="poster", data={"staff": "wang"}),
    did("friend.added", "10:00", 2, channel="poster", data={"staff": "wang"}),
    did("friend.added", "10:00", 3, channel="live", data={"staff": "wang"}),
    did("order.paid", "11:00", 1, order="E1", channel="live", data={"amount_fen": 9000}),
    did("order.refunded", "12:00", order="E1", data={"amount_fen": 1000, "refund": "r"}),
]


def test_channels_are_computed_when_a_day_is_closed_and_carry_their_own_position(tmp_path: Path) -> None:
    # given a history in which no day was closed yet
    log = log_of(HISTORY)
    projector = Projector(tmp_path / "t.duckdb", log)
    reader = projector.reader()
    projector.advance()
    assert reader.rows("SELECT * FROM channels") == []

    # when the day is closed, and more happens afterwards
    log.append([did("day.closed", "23:59", data={"day": "2026-06-19"})])
    position = projector.advance()
    log.append([did("order.paid", "08:00", 2, order="E2", day="2026-06-20", data={"amount_fen": 1000})])
    projector.advance()

    # then the channels stand as of the closing, and verify looks at them there
    rows = reader.rows("SELECT * FROM channels ORDER BY channel, month")
    assert [tuple(row.values()) for row in rows] == [
        ("live", date(2026, 6, 1), None, 1, 0, 0, None, None, None, None),
        ("poster", date(2026, 6, 1), 2000, 2, 1, 8000, 2000, 8000, 4.0, True),
        ("poster", date(2026, 7, 1), 1000, 0, 0, 0, None, None, None, None),
    ]
    assert reader.freshness().closed_position == position < projector.position
    assert verify_tables(projector, log).ok
    projector.close()
    log.close()


def test_ltv_is_gross_margin_where_one_is_stated_and_may_then_be_unhealthy() -> None:
    with tables_of(
        [*HISTORY, configured(customers={"gross_margin": 0.25}), closed("2026-06-19")], "channels"
    ) as reader:
        row = reader.rows("SELECT * FROM channels WHERE channel = 'poster' AND cost_fen = 2000")[0]
    assert (row["gmv_fen"], row["ltv_fen"], row["ltv_cac"], row["healthy"]) == (8000, 2000, 1.0, False)


def test_healthy_is_above_three_and_three_is_not() -> None:
    events = []
    for number, (channel, fen) in enumerate([("at", 3000), ("above", 3001)], 1):
        cost = {"channel": channel, "fen": 1000, "since": "2026-06-19", "until": "2026-06-19"}
        events += [
            did("cost.recorded", "09:00", data=cost),
            did("order.paid", "10:00", number, order=f"E{number}", channel=channel, data={"amount_fen": fen}),
        ]
    with tables_of([*events, closed("2026-06-19")], "channels") as reader:
        rows = reader.rows("SELECT channel, ltv_cac, healthy FROM channels ORDER BY ltv_cac")
    assert [tuple(row.values()) for row in rows] == [("at", 3.0, False), ("above", 3.001, True)]


def test_no_fen_of_a_cost_is_lost_between_the_months() -> None:
    costs = [("a", 100, "2026-01-31", "2026-04-01"), ("b", MOST_FEN, "0001-01-01", "9999-12-31")]
    told = [
        did("cost.recorded", "09:00", data={"channel": channel, "fen": fen, "since": since, "until": until})
        for channel, fen, since, until in costs
    ]
    with tables_of([*told, closed("2026-06-19")], "channels") as reader:
        rows = reader.rows("SELECT channel, CAST(SUM(cost_fen) AS BIGINT) AS fen FROM channels GROUP BY 1 ORDER BY 1")
        months = reader.rows("SELECT cost_fen FROM channels WHERE channel = 'a' ORDER BY month")
    assert rows == [{"channel": "a", "fen": 100}, {"channel": "b", "fen": MOST_FEN}]
    # 61 days: one of January, 28 of February, 31 of March, one of April
    assert [row["cost_fen"] for row in months] == [1, 46, 51, 2]


def test_days_that_no_calendar_has_and_periods_that_end_before_they_begin_cost_nothing() -> None:
    periods = [("2026-02-30", "2026-03-01"), ("2026-02-01", "2026-02-31"), ("2026-03-02", "2026-03-01")]
    told = [
        did("cost.recorded", "09:00", data={"channel": "a", "fen": 100, "since": since, "until": until})
        for since, until in periods
    ]
    with tables_of([*told, closed("2026-06-19")], "channels") as reader:
        assert reader.rows("SELECT * FROM channels") == []
