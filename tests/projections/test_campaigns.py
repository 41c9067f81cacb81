"""Campaigns and what came of them, by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from cdp.events.event import DECISIONS
from cdp.testing import event, person
from projections.read import Reader
from tests.projections.tables import at, did, local, tables_of

C = {"campaign": "duanwu"}
STAFF = 99
HISTORY = [
    did("campaign.planned", "08:00", day="2026-06-10", data={"name": "端午", "t_date": "2026-06-18"}, **C),
    did("campaign.planned", "09:00", day="2026-06-11", data={"name": "端午家宴", "t_date": "2026-06-19"}, **C),
    did("content.posted", "15:00", day="2026-06-16", data={"kind": "interaction"}, group="g1", **C),
    did("content.posted", "15:00", day="2026-06-18", data={"kind": "promotion"}, group="g1", **C),
    did("live.scheduled", "09:00", day="2026-06-16", data={"title": "端午家宴"}, live="l1", **C),
    did("live.started", "20:00", live="l1", **C),
    did("live.ended", "21:00", live="l1"),
    did(
        "cost.recorded", "09:00", data={"channel": "poster", "fen": 2000, "since": "2026-06-16", "until": "2026-06-19"}, **C
    ),
    # 1 reserves, comes and becomes a friend; 2 only half becomes one, looks around and buys; 3 gets a message
    did("live.reserved", "12:00", 1, live="l1", **C),
    did("live.entered", "20:01", 1, live="l1", **C),
    did("friend.added", "20:05", 1, data={"staff": "wang"}, **C),
    did("friend.added", "20:06", 2, data={"staff": "wang", "half": True}, **C),
    did("mall.visited", "20:10", 2, **C),
    did("order.paid", "20:12", 2, order="E1", data={"amount_fen": 9000}, **C),
    did("order.paid", "20:13", 2, order="E2", data={"amount_fen": 1000}, **C),
    did("order.refunded", "21:00", order="E2", data={"amount_fen": 400, "refund": "r"}),
    did("friend.added", "10:00", 3, data={"staff": "wang"}),
    event(
        "action.requested", who=person(3), source=DECISIONS, stream="run/r1", occurred_at=at("21:00"), context=C,
        data={"journey": "welcome", "run": "r1", "action": "a1", "channel": "wecom.message", "step": "0"},
    ),
    # 1 ordered in the live, though the order names no campaign; what was not paid, or long after, and staff count nowhere
    did("order.paid", "20:20", 1, order="E4", data={"amount_fen": 500}),
    did("order.placed", "20:20", 1, order="E3", data={"amount_fen": 500}, **C),
    did("order.paid", "20:20", 1, order="E5", day="2026-06-22", data={"amount_fen": 500}),
    did("person.profile_changed", "07:00", STAFF, data={"is_staff": True}),
    did("live.entered", "20:01", STAFF, live="l1", **C),
    did("order.paid", "20:12", STAFF, order="E9", data={"amount_fen": 7000}, **C),
    # a campaign of which nobody told a plan
    did("mall.visited", "10:00", 5, campaign="weekend"),
    # the platform of this live knows nothing of campaigns: the plan says that the live belongs to one
    did("campaign.planned", "08:00", day="2026-06-10", data={"name": "早市"}, campaign="market", live="l7"),
    did("live.started", "06:00", live="l7"),
    did("live.ended", "07:00", live="l7"),
    did("live.reserved", "05:00", 21, live="l7"),
    did("live.entered", "06:10", 22, live="l7"),
    did("friend.added", "06:20", 22, data={"staff": "wang"}),
    did("mall.visited", "06:25", 22),
    did("mall.visited", "06:25", 21),
    did("mall.visited", "07:01", 23, day="2026-06-20"),
    did("live.entered", "06:10", 23, live="l7"),
    did("order.paid", "06:30", 22, order="E21", data={"amount_fen": 800}),
    did("order.paid", "06:40", 22, order="E22", data={"amount_fen": 700}, campaign="weekend"),
    did("live.entered", "06:10", STAFF, live="l7"),
    did("order.paid", "06:30", STAFF, order="E23", data={"amount_fen": 900}),
]  # fmt: skip


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with tables_of(HISTORY, "campaigns") as tables:
        yield tables


def test_a_campaign_tells_its_plan_whom_it_reached_and_what_they_bought(reader: Reader) -> None:
    row = reader.rows("SELECT * FROM campaigns WHERE campaign_id = 'duanwu'")[0]
    assert local(row.pop("planned_at")) == "06-10 08:00:00"
    assert row == {
        "campaign_id": "duanwu",
        "name": "端午家宴",
        "t_date": date(2026, 6, 19),
        "posts": 2,
        "lives": 1,
        "persons": 3,
        "reservations": 1,
        "live_viewers": 1,
        "new_friends": 1,
        "visitors": 1,
        "actions": 1,
        "orders": 3,
        "buyers": 2,
        "gmv_fen": 10_100,
        "cost_fen": 2000,
        "return_on_cost": 5.05,
    }


def test_a_campaign_that_nobody_planned_has_no_name_and_no_return(reader: Reader) -> None:
    row = reader.rows("SELECT * FROM campaigns WHERE campaign_id = 'weekend'")[0]
    assert (row["name"], row["t_date"], row["persons"], row["visitors"]) == (None, None, 2, 1)
    assert (row["gmv_fen"], row["cost_fen"], row["return_on_cost"]) == (700, None, None)


def test_what_happens_in_a_live_of_a_campaign_counts_for_it_whether_events_name_it_or_not(reader: Reader) -> None:
    row = reader.rows("SELECT * FROM campaigns WHERE campaign_id = 'market'")[0]
    names = (
        "name", "lives", "persons", "reservations", "live_viewers", "new_friends", "visitors", "orders", "buyers", "gmv_fen",
    )  # fmt: skip
    # the order that names another campaign counts there alone; who only reserved, or looked a day too late, did not come by it
    assert [row[name] for name in names] == ["早市", 1, 3, 1, 2, 1, 1, 1, 1, 800]


def test_a_campaign_knows_what_each_person_did(reader: Reader) -> None:
    rows = reader.rows("SELECT * FROM campaign_people WHERE campaign_id = 'duanwu' ORDER BY person_id")
    names = ("person_id", "events", "reserved", "entered_live", "became_friend", "visited_mall", "actions")
    assert [tuple(row[name] for name in names) for row in rows] == [
        (1, 4, True, True, True, False, 0),
        (2, 4, False, False, False, True, 0),
        (3, 0, False, False, False, False, 1),
    ]
