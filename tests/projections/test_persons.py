"""Persons, put together by hand from what happened to them under several identifiers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cdp.events.event import DECISIONS, Who
from cdp.testing import event, person
from projections.read import Reader
from tests.projections.tables import at, did, local, paid, tables_of

UNIONID = Who("unionid", "", 3)
ANONYMOUS = Who("anonymous_id", "", 1)
HISTORY = [
    # an anonymous visitor comes through a poster, and is known a day later: the history comes along
    event("mall.visited", who=ANONYMOUS, occurred_at=at("09:00", "2026-06-17"), context={"channel": "poster"}),
    event("friend.added", who=(person(2), UNIONID), occurred_at=at("09:30"), data={"staff": "wang"}, context={"channel": "live"}),
    event("person.linked", who=(UNIONID, ANONYMOUS), occurred_at=at("10:00"), data={"by": "老王"}),
    did("friend.added", "11:00", 2, data={"staff": "li"}),
    # told late, and out of order: the latest in time counts
    did("person.profile_changed", "12:00", 2, data={"building": "5栋"}),
    did("person.profile_changed", "11:30", 2, data={"building": "3栋", "gender": "female"}),
    did("tag.added", "12:00", 2, data={"tag": "端午家宴", "by": "journey"}),
    did("tag.added", "12:05", 2, data={"tag": "VIP", "by": "staff"}),
    did("tag.added", "12:10", 2, data={"tag": "VIP", "by": "rule"}),
    did("tag.removed", "12:20", 2, data={"tag": "端午家宴", "by": "staff"}),
    did("tag.added", "12:30", 2, data={"tag": "安心", "by": "staff"}),
    did("order.paid", "12:00", 2, order="E1", data={"amount_fen": 1000}),
    did("order.paid", "23:30", 2, order="E2", data={"amount_fen": 2001}),
    did("order.paid", "00:10", 2, order="E3", day="2026-06-20", data={"amount_fen": 500}),
    event(
        "journey.entered", who=(person(2), UNIONID), source=DECISIONS, stream="run/r1", occurred_at=at("23:59", "2026-06-21"),
        data={"journey": "welcome", "run": "r1", "version": 2, "trigger_type": "friend.added"},
    ),
    # 10 left the shop, 11 is a stranger, 12 is staff, 13 has only asked to be a friend
    did("friend.added", "08:00", 10, data={"staff": "wang"}),
    did("friend.removed", "09:00", 10, data={"staff": "wang", "by": "customer"}),
    did("mall.visited", "08:00", 11),
    did("person.profile_changed", "08:00", 12, data={"is_staff": True}),
    did("friend.added", "08:00", 13, data={"staff": "wang", "half": True}),
]  # fmt: skip


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with tables_of(HISTORY) as tables:
        yield tables


def test_a_person_is_all_their_identifiers_together(reader: Reader) -> None:
    row = reader.rows(
        "SELECT * EXCLUDE (first_order_at, last_order_at, expected_next_order_at) FROM persons WHERE person_id = 1"
    )[0]
    times = {name: local(row.pop(name)) for name in ("first_seen", "last_seen", "friend_since")}
    assert times == {
        "first_seen": "06-17 09:00:00",
        "last_seen": "06-20 00:10:00",
        "friend_since": "06-19 11:00:00",
    }
    assert row == {
        "person_id": 1,
        "building": "5栋",
        "channel": "poster",
        "is_friend": True,
        "friend_staff": "li",
        "lifecycle": "repeat",
        "orders": 3,
        "paid_orders": 3,
        "gmv_fen": 3501,
        "average_spend_fen": 1167,
        "ltv_fen": 3501,
        "rhythm_days": None,
        "recency_score": None,
        "frequency_score": None,
        "monetary_score": None,
        "rfm_segment": None,
        "lives_watched": 0,
        "watch_seconds": 0,
        "groups": 0,
        "tags": ["VIP", "安心"],
        "is_staff": False,
        "events": 14,
    }


def test_late_identification_gives_every_earlier_event_to_the_person(reader: Reader) -> None:
    assert reader.rows("SELECT DISTINCT person_id FROM touchpoints WHERE subject IN (1, 2, 3)") == [{"person_id": 1}]
    rows = reader.rows(
        "SELECT surrogate, person_id, owner_kind FROM identifiers WHERE person_id = 1 ORDER BY surrogate"
    )
    assert [(row["surrogate"], row["owner_kind"]) for row in rows] == [
        (1, "person"), (2, "person"), (3, "person"), (1001, "order"), (1002, "order"), (1003, "order"),
    ]  # fmt: skip


def test_everybody_is_at_one_stage(reader: Reader) -> None:
    rows = reader.rows(
        "SELECT person_id, lifecycle, is_friend, is_staff FROM persons WHERE person_id > 1 ORDER BY person_id"
    )
    assert [tuple(row.values()) for row in rows] == [
        (10, "lost", False, False),
        (11, "stranger", False, False),
        (12, "stranger", False, True),
        (13, "stranger", False, False),
    ]


def test_the_next_order_is_expected_by_the_persons_own_rhythm() -> None:
    history = [
        # 7 and 10 days between the days of 1, the median of which is 8.5, so 9; two orders on one day are one day
        paid(1, 1, "2026-06-01", 100),
        paid(2, 1, "2026-06-08", 100),
        paid(3, 1, "2026-06-08", 100, clock="18:00"),
        paid(4, 1, "2026-06-18", 100, clock="09:30"),
        # an order that went back whole and one that was not paid are no part of it
        paid(5, 1, "2026-06-19", 100),
        did("order.refunded", "13:00", order="E5"),
        did("order.placed", "13:00", 1, order="E6", data={"amount_fen": 100}),
        # two days are no rhythm, three are one
        paid(7, 2, "2026-06-01", 100),
        paid(8, 2, "2026-06-08", 100),
        *(paid(10 + n, 3, f"2026-06-{day:02}", 100) for n, day in enumerate((1, 4, 5))),
    ]
    with tables_of(history, "persons") as tables:
        rows = tables.rows("SELECT rhythm_days, expected_next_order_at FROM persons ORDER BY person_id")
    assert [(row["rhythm_days"], local(row["expected_next_order_at"])) for row in rows] == [
        (9, "06-27 09:30:00"), (None, ""), (2, "06-07 12:00:00"),
    ]  # fmt: skip


def test_tags_have_a_history(reader: Reader) -> None:
    rows = reader.rows('SELECT tag, "by", valid_from, valid_to FROM tags ORDER BY valid_from')
    assert [(row["tag"], row["by"], local(row["valid_from"]), local(row["valid_to"])) for row in rows] == [
        ("端午家宴", "journey", "06-19 12:00:00", "06-19 12:20:00"),
        ("VIP", "staff", "06-19 12:05:00", ""),
        ("安心", "staff", "06-19 12:30:00", ""),
    ]
