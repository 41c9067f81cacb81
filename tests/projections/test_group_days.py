"""Figures of a group day by day, computed by hand from the definitions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from projections.read import Reader
from tests.projections.histories import log_of
from tests.projections.tables import did, projector_of, tables_of

G = {"group": "g3"}
STAFF = 99
HISTORY = [
    did("group.created", "08:00", data={"name": "3栋邻里群", "building": "3栋"}, **G),
    # the 19th: 1, 2, 3 and 4 join, 4 leaves again; 1 writes twice on the very day of joining
    *(did("group.joined", "09:00", who, **G) for who in (1, 2, 3, 4)),
    did("group.message_sent", "10:00", 1, **G),
    did("group.message_sent", "10:01", 1, **G),
    did("group.left", "12:00", 4, data={"scene": "left"}, **G),
    did("content.posted", "18:00", data={"kind": "promotion"}, **G),
    did("content.posted", "18:05", data={"kind": "knowledge"}, **G),
    # the 20th, with 1, 2, 3 there from the start: 2 clicks, 1 checks in, 5 joins and writes, 3 is removed
    did("group.link_clicked", "10:00", 2, day="2026-06-20", **G),
    did("group.checked_in", "10:00", 1, day="2026-06-20", **G),
    did("group.joined", "11:00", 5, day="2026-06-20", **G),
    did("group.message_sent", "11:30", 5, day="2026-06-20", **G),
    did("group.left", "12:00", 3, day="2026-06-20", data={"scene": "removed"}, **G),
    # staff write and count nowhere
    did("person.profile_changed", "07:00", STAFF, data={"is_staff": True}),
    did("group.joined", "07:00", STAFF, **G),
    did("group.message_sent", "07:30", STAFF, day="2026-06-20", **G),
    # the 22nd: only 6 leaves, whom nobody saw join: a member from the beginning
    did("group.left", "09:00", 6, day="2026-06-22", **G),
]


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with tables_of(HISTORY) as tables:
        yield tables


def test_group_days_have_the_figures_of_their_definitions(reader: Reader) -> None:
    rows = reader.rows("SELECT * EXCLUDE (group_id, name, building, activities) FROM group_days ORDER BY day")
    names = [
        "day", "messages", "active_members", "members_start", "members_end", "joined", "left",
        "link_clicks", "check_ins", "interaction_rate", "leave_rate", "posts", "promotion_posts",
    ]  # fmt: skip
    assert [tuple(row[name] for name in names) for row in rows] == [
        (date(2026, 6, 19), 2, 1, 1, 4, 4, 1, 0, 0, 0 / 1, 1 / 5, 2, 1),
        (date(2026, 6, 20), 1, 3, 4, 4, 1, 1, 1, 1, 2 / 4, 1 / 5, 0, 0),
        (date(2026, 6, 22), 0, 0, 4, 3, 0, 1, 0, 0, 0 / 4, 1 / 4, 0, 0),
    ]


def test_a_group_carries_its_name_and_building(reader: Reader) -> None:
    assert reader.rows("SELECT DISTINCT name, building FROM group_days") == [{"name": "3栋邻里群", "building": "3栋"}]


def test_persons_know_in_how_many_groups_they_are_now(reader: Reader) -> None:
    rows = reader.rows("SELECT person_id, groups FROM persons WHERE NOT is_staff ORDER BY person_id")
    assert [tuple(row.values()) for row in rows] == [(1, 1), (2, 1), (3, 0), (4, 0), (5, 1), (6, 0)]


def test_the_members_of_a_group_are_known_for_every_day_until_the_last_that_is_over() -> None:
    closed = did("day.closed", "00:00", day="2026-06-24", data={"day": "2026-06-23"})
    with tables_of([*HISTORY, closed], "member_days") as reader:
        rows = reader.rows("SELECT day, members_start, members_end FROM member_days ORDER BY day")
        assert [tuple(row.values()) for row in rows] == [
            (date(2026, 6, 19), 1, 4),
            (date(2026, 6, 20), 4, 4),
            (date(2026, 6, 21), 4, 4),
            (date(2026, 6, 22), 4, 3),
            (date(2026, 6, 23), 3, 3),
        ]
        # and who they were, by the query that docs/projections.md gives
        for row in rows:
            members = reader.rows(
                """SELECT person_id FROM group_members LEFT JOIN staff USING (person_id)
                   WHERE group_id = 'g3' AND staff.since IS NULL
                     AND (joined_day IS NULL OR joined_day <= $day) AND (left_day IS NULL OR left_day > $day)""",
                {"day": row["day"]},
            )
            assert len(members) == row["members_end"]


def test_a_dismissed_group_has_no_days_after_its_last() -> None:
    ended = [
        did("group.dismissed", "20:00", day="2026-06-21", **G),
        did("day.closed", "00:00", day="2026-06-24", data={"day": "2026-06-23"}),
    ]
    with tables_of([*HISTORY, *ended], "member_days") as reader:
        assert reader.rows("SELECT MAX(day) AS last FROM member_days") == [{"last": date(2026, 6, 21)}]


def test_before_any_day_is_over_no_day_has_members() -> None:
    with tables_of(HISTORY) as reader:
        assert reader.rows("SELECT * FROM member_days") == []


def test_days_long_gone_follow_what_is_learned_of_people_beside_the_day_that_it_is_learned_on() -> None:
    """In one batch somebody turns out to be staff, who wrote days ago, and somebody writes today."""
    before = [did("group.message_sent", "10:00", who, **G) for who in (1, 2)]
    learned = [
        did("person.profile_changed", "09:00", 1, day="2026-06-22", data={"is_staff": True}),
        did("group.message_sent", "09:30", 2, day="2026-06-22", **G),
    ]
    with (
        log_of([*before, *learned]) as log,
        projector_of(log) as followed,
        tables_of([*before, *learned], "group_days") as at_once,
    ):
        followed.advance(len(before))
        followed.advance()
        asked = "SELECT day, messages, active_members FROM group_days ORDER BY day"
        assert followed.reader().rows(asked) == at_once.rows(asked)
        assert [row["messages"] for row in at_once.rows(asked)] == [1, 1]
