"""Figures of a live, computed by hand from the definitions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from projections.read import Reader
from tests.projections.tables import at, did, local, tables_of

L = {"live": "l1"}
STAFF = 99
HISTORY = [
    did("live.started", "20:00", data={"title": "端午家宴"}, **L),
    did("live.ended", "21:00", **L),
    # 1 was a friend before; in two visits that overlap from 20:10 to 20:20, so 20:10-20:30 counts once: 20 minutes
    did("friend.added", "09:00", 1, data={"staff": "wang"}),
    did("live.reserved", "12:00", 1, **L),
    did("live.entered", "20:10", 1, data={"session": "a"}, **L),
    did("live.entered", "20:15", 1, data={"session": "b"}, **L),
    did("live.left", "20:20", 1, data={"session": "a"}, **L),
    did("live.left", "20:30", 1, data={"session": "b"}, **L),
    did("live.liked", "20:16", 1, data={"count": 5}, **L),
    # 2 came before the start, and nobody saw them leave: present for the whole hour; a friend 24 h after the end
    did("live.entered", "19:55", 2, **L),
    did("live.liked", "20:01", 2, **L),
    did("live.commented", "20:01", 2, **L),
    did("friend.added", "21:00", 2, day="2026-06-20", data={"staff": "wang"}),
    # 3 was polled: 40 minutes in total, more than the ten between entering and leaving; a friend one second too late
    did("live.entered", "20:20", 3, **L),
    did("live.left", "20:30", 3, **L),
    did("live.watched", "20:40", 3, data={"total_seconds": 1200}, **L),
    did("live.watched", "21:10", 3, data={"total_seconds": 2400}, **L),
    did("friend.added", "21:00:01", 3, day="2026-06-20", data={"staff": "wang"}),
    # 4 had been a friend and was so no more when entering; became one again in the room, and bought
    did("friend.added", "08:00", 4, data={"staff": "wang"}),
    did("friend.removed", "09:00", 4, data={"staff": "wang", "by": "customer"}),
    did("live.reserved", "12:00", 4, **L),
    did("live.entered", "20:30", 4, **L),
    did("live.left", "20:40", 4, **L),
    did("friend.added", "20:35", 4, data={"staff": "li"}),
    did("live.product_clicked", "20:36", 4, data={"product": "zongzi"}, **L),
    did("order.placed", "20:37", 4, order="E1", data={"amount_fen": 5000}),
    did("order.paid", "20:38", 4, order="E1", data={"amount_fen": 5000}),
    did("order.refunded", "23:00", order="E1", data={"amount_fen": 1000, "refund": "r"}),
    # 1 placed an order before entering, one in time that stays unpaid, and one after the 24 hours
    did("order.paid", "20:05", 1, order="E2", data={"amount_fen": 900}),
    did("order.placed", "20:20", 1, order="E3", data={"amount_fen": 900}),
    did("order.paid", "21:00:01", 1, order="E4", day="2026-06-20", data={"amount_fen": 900}),
    # 5 reserved and did not come; 6 came to the replay only; 7 is only a like
    did("live.reserved", "12:00", 5, **L),
    did("live.entered", "21:30", 6, **L),
    did("live.liked", "20:59", 7, **L),
    # staff count nowhere
    did("person.profile_changed", "08:00", STAFF, data={"is_staff": True}),
    did("live.entered", "20:00", STAFF, **L),
    did("live.reserved", "12:00", STAFF, **L),
    did("live.liked", "20:01", STAFF, data={"count": 100}, **L),
    # of another live nobody told the start or the end: it is taken to have lasted a day, and closes a day later
    did("live.entered", "20:00", 8, live="l2"),
    did("live.entered", "20:00", 9, live="l2"),
    did("order.paid", "20:00", 8, order="E8", day="2026-06-21", data={"amount_fen": 300}),
    did("order.paid", "20:01", 9, order="E9", day="2026-06-21", data={"amount_fen": 300}),
]


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with tables_of(HISTORY) as tables:
        yield tables


def test_a_live_session_has_the_figures_of_its_definitions(reader: Reader) -> None:
    row = reader.rows("SELECT * EXCLUDE (started_at, ended_at) FROM live_sessions WHERE live_id = 'l1'")[0]
    assert row == {
        "live_id": "l1",
        "title": "端午家宴",
        "day": date(2026, 6, 19),
        "viewers": 5,  # 1, 2, 3, 4, 7
        "average_watch_seconds": (1200 + 3600 + 2400 + 600 + 0) / 5,
        "peak_concurrent": 3,  # 1, 2 and 3 from 20:20 to 20:30; 4 comes as they go
        "likes": 7,
        "comments": 1,
        "shares": 0,
        "clicks": 1,
        "interaction_rate": 3 / 5,
        "newcomers": 4,  # 2, 3, 4, 7
        "leads": 2,  # 2 and 4
        "lead_rate": 2 / 4,
        "buyers": 1,
        "conversion_rate": 1 / 5,
        "orders": 1,
        "gmv_fen": 4000,
        "reservations": 3,  # 1, 4, 5
        "attended": 2,
        "attendance_rate": 2 / 3,
    }


def test_a_viewer_is_who_entered_between_start_and_end(reader: Reader) -> None:
    rows = reader.rows(
        "SELECT person_id, entered_at, left_at FROM live_viewers WHERE live_id = 'l1' ORDER BY person_id"
    )
    assert [(row["person_id"], local(row["entered_at"]), local(row["left_at"])) for row in rows] == [
        (1, "06-19 20:10:00", "06-19 20:30:00"),
        (2, "06-19 20:00:00", "06-19 21:00:00"),
        (3, "06-19 20:20:00", "06-19 20:30:00"),
        (4, "06-19 20:30:00", "06-19 20:40:00"),
        (5, "", ""),
        (7, "06-19 20:59:00", ""),
    ]


def test_a_viewer_row_says_whether_they_were_friends_and_became_buyers(reader: Reader) -> None:
    rows = reader.rows(
        "SELECT person_id, was_friend, became_friend_at, paid_order_at, reserved FROM live_viewers "
        "WHERE live_id = 'l1' AND person_id <= 4 ORDER BY person_id"
    )
    assert [
        (r["person_id"], r["was_friend"], local(r["became_friend_at"]), local(r["paid_order_at"]), r["reserved"])
        for r in rows
    ] == [
        (1, True, "", "", True),
        (2, False, "06-20 21:00:00", "", False),
        (3, False, "", "", False),
        (4, False, "06-19 20:35:00", "06-19 20:37:00", True),
    ]


def test_watch_time_is_told_by_visits_and_by_polling_and_the_larger_counts(reader: Reader) -> None:
    rows = reader.rows(
        "SELECT person_id, present_seconds, polled_seconds, watch_seconds FROM live_viewers "
        "WHERE live_id = 'l1' ORDER BY person_id"
    )
    assert [tuple(row.values()) for row in rows] == [
        (1, 1200, None, 1200),
        (2, 3600, None, 3600),
        (3, 600, 2400, 2400),
        (4, 600, None, 600),
        (5, None, None, 0),
        (7, None, None, 0),
    ]


def test_ratios_without_a_denominator_are_null_and_a_running_live_has_no_end(reader: Reader) -> None:
    row = reader.rows(
        "SELECT viewers, peak_concurrent, lead_rate, attendance_rate, ended_at FROM live_sessions WHERE live_id = 'l2'"
    )
    assert row == [{"viewers": 2, "peak_concurrent": 2, "lead_rate": 0.0, "attendance_rate": None, "ended_at": None}]


def test_where_nobody_told_of_coming_and_going_nobody_knows_how_many_were_there_at_once() -> None:
    """Platforms that are polled tell how long somebody watched, and not when."""
    events = [
        did("live.started", "20:00", live="polled"),
        did("live.watched", "20:30", 1, data={"total_seconds": 900}, live="polled"),
        did("live.liked", "20:10", 2, live="polled"),
        did("live.ended", "21:00", live="polled"),
        did("live.started", "20:00", live="empty"),
        did("live.reserved", "12:00", 1, live="empty"),
        did("live.ended", "21:00", live="empty"),
        did("live.entered", "20:10", 1, live="glance"),
        did("live.left", "20:10", 1, live="glance"),
    ]
    with tables_of(events) as reader:
        lives = reader.rows("SELECT live_id, viewers, peak_concurrent FROM live_sessions ORDER BY live_id")
        assert [tuple(row.values()) for row in lives] == [("empty", 0, 0), ("glance", 1, 0), ("polled", 2, None)]
        minutes = reader.rows("SELECT live_id, MAX(present) AS p FROM live_minutes GROUP BY live_id ORDER BY live_id")
        assert [tuple(row.values()) for row in minutes] == [("empty", 0), ("glance", 0), ("polled", None)]


def test_orders_count_from_the_very_moment_of_coming_in_to_the_last_one() -> None:
    events = [
        did("live.started", "20:00", **L),
        did("live.entered", "20:10", 1, **L),
        did("live.ended", "21:00", **L),
        did("order.paid", "20:09:59", 1, order="E1", data={"amount_fen": 1}),
        did("order.paid", "20:10", 1, order="E2", data={"amount_fen": 10}),
        did("order.paid", "21:00", 1, order="E3", day="2026-06-20", data={"amount_fen": 100}),
        did("order.paid", "21:00:01", 1, order="E4", day="2026-06-20", data={"amount_fen": 1000}),
    ]
    with tables_of(events) as reader:
        (live,) = reader.rows("SELECT buyers, orders, gmv_fen FROM live_sessions")
        (viewer,) = reader.rows("SELECT orders, gmv_fen FROM live_viewers")
        assert live == {"buyers": 1, "orders": 2, "gmv_fen": 110}
        assert viewer == {"orders": 2, "gmv_fen": 110}
        assert [r["order_id"] for r in reader.rows("SELECT order_id FROM live_orders ORDER BY order_id")] == [
            "E2",
            "E3",
        ]


def test_a_live_that_nobody_ended_does_not_claim_every_later_order(reader: Reader) -> None:
    rows = reader.rows("SELECT person_id, orders, gmv_fen FROM live_viewers WHERE live_id = 'l2' ORDER BY person_id")
    assert [tuple(row.values()) for row in rows] == [(8, 1, 300), (9, 0, 0)]


def test_a_live_minute_tells_who_was_there_and_what_they_did(reader: Reader) -> None:
    rows = reader.rows("SELECT * EXCLUDE (live_id) FROM live_minutes WHERE live_id = 'l1' ORDER BY minute")
    assert len(rows) == 61  # from 20:00 to 21:00, both minutes included
    told = {local(row.pop("minute"))[6:11]: tuple(row.values()) for row in rows}
    #                        present, entered, left, likes, comments, shares, clicks, orders, gmv
    assert told["20:00"] == (1, 1, 0, 0, 0, 0, 0, 0, 0)
    assert told["20:01"] == (1, 0, 0, 1, 1, 0, 0, 0, 0)
    assert told["20:02"] == (1, 0, 0, 0, 0, 0, 0, 0, 0)
    assert told["20:10"] == (2, 1, 0, 0, 0, 0, 0, 0, 0)
    assert told["20:16"] == (2, 0, 0, 5, 0, 0, 0, 0, 0)
    assert told["20:20"] == (3, 1, 0, 0, 0, 0, 0, 0, 0)
    assert told["20:29"] == (3, 0, 0, 0, 0, 0, 0, 0, 0)
    assert told["20:30"] == (2, 1, 2, 0, 0, 0, 0, 0, 0)  # 4 comes as 1 and 3 go
    assert told["20:36"] == (2, 0, 0, 0, 0, 0, 1, 0, 0)
    assert told["20:37"] == (2, 0, 0, 0, 0, 0, 0, 1, 4000)
    assert told["20:40"] == (1, 0, 1, 0, 0, 0, 0, 0, 0)
    assert told["20:59"] == (1, 0, 0, 1, 0, 0, 0, 0, 0)
    assert told["21:00"] == (0, 0, 1, 0, 0, 0, 0, 0, 0)


def test_minutes_add_up_to_their_live(reader: Reader) -> None:
    minutes = reader.rows(
        "SELECT live_id, MAX(present) AS peak_concurrent, CAST(SUM(likes) AS BIGINT) AS likes, "
        "CAST(SUM(comments) AS BIGINT) AS comments, CAST(SUM(clicks) AS BIGINT) AS clicks "
        "FROM live_minutes GROUP BY live_id ORDER BY live_id"
    )
    lives = "SELECT live_id, peak_concurrent, likes, comments, clicks FROM live_sessions ORDER BY live_id"
    assert minutes == reader.rows(lives)


def test_the_orders_of_a_live_are_those_its_viewers_placed_in_time(reader: Reader) -> None:
    rows = reader.rows("SELECT * FROM live_orders ORDER BY live_id, order_id")
    assert [(r["live_id"], r["order_id"], r["person_id"], local(r["ordered_at"]), r["net_fen"]) for r in rows] == [
        ("l1", "E1", 4, "06-19 20:37:00", 4000),
        ("l2", "E8", 8, "06-21 20:00:00", 300),
    ]


def test_a_live_that_nobody_ended_has_minutes_as_far_as_something_is_known_and_no_more_than_a_day() -> None:
    events = [
        did("live.started", "20:00", **L),
        did("live.entered", "20:01", 1, **L),
        did("live.liked", "20:03", 1, **L),
        did("live.started", "20:00", live="l3"),
        did("live.ended", "20:00", day="2026-06-25", live="l3"),
        did("live.started", "20:00", live="l4"),
    ]
    with tables_of(events) as reader:
        rows = reader.rows("SELECT live_id, COUNT(*) AS n, MAX(present) AS p FROM live_minutes GROUP BY 1 ORDER BY 1")
        assert [tuple(row.values()) for row in rows] == [("l1", 4, 1), ("l3", 1440, 0), ("l4", 1, 0)]


def test_a_live_that_nobody_told_the_start_of_began_when_the_first_came_or_as_it_was_announced() -> None:
    announced = {"starts_at": at("20:00", "2026-06-25")}
    events = [
        did("live.entered", "23:50", 1, live="untold"),
        did("live.reserved", "12:00", 1, live="announced"),
        did("live.scheduled", "12:00", data=announced, live="announced"),
        did("live.reserved", "12:00", 1, live="unknown"),
    ]
    with tables_of(events) as tables:
        rows = tables.rows("SELECT live_id, day FROM live_sessions ORDER BY live_id")
    assert [(row["live_id"], row["day"]) for row in rows] == [
        ("announced", date(2026, 6, 25)), ("unknown", None), ("untold", date(2026, 6, 19)),
    ]  # fmt: skip
