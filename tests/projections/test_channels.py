"""Costs and customers by channel and month, computed by hand; refreshed when a day is closed."""

from __future__ import annotations

from datetime import date

from projections.projector import Projector
from projections.verify import verify_tables
from tests.projections.histories import log_of
from tests.projections.tables import did

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


def test_channels_are_computed_when_a_day_is_closed_and_carry_their_own_position() -> None:
    # given a history in which no day was closed yet
    log = log_of(HISTORY)
    projector = Projector(":memory:", log)
    reader = projector.reader()
    projector.advance()
    assert reader.rows("SELECT * FROM channels") == []

    # when the day is closed, and more happens afterwards
    log.append([did("day.closed", "23:59", data={"day": "2026-06-19"})])
    closed = projector.advance()
    log.append([did("order.paid", "08:00", 2, order="E2", day="2026-06-20", data={"amount_fen": 1000})])
    projector.advance()

    # then the channels stand as of the closing, and verify looks at them there
    rows = reader.rows("SELECT * FROM channels ORDER BY channel, month")
    assert [tuple(row.values()) for row in rows] == [
        ("live", date(2026, 6, 1), None, 1, 0, 0, None, None, None),
        ("poster", date(2026, 6, 1), 2000, 2, 1, 8000, 2000, 8000, 4.0),
        ("poster", date(2026, 7, 1), 1000, 0, 0, 0, None, None, None),
    ]
    assert reader.freshness().closed_position == closed < projector.position
    assert verify_tables(projector, log).ok
    projector.close()
    log.close()
