"""Pickups and how they went, by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cdp.events.event import Event
from projections.read import Reader
from tests.projections.tables import at, did, local, tables_of

DUE, AFTER = "2026-06-20", "2026-06-21"
STAFF = 99


def due(number: int, day: str = DUE) -> list[Event]:
    """An order of its own person, paid on the 19th, promised until 20:00 of a day."""
    paid = did("order.paid", "18:00", number, order=f"E{number}", data={"amount_fen": 900, "pickup": True}, store="s1")
    return [paid, did("order.ready_for_pickup", "19:00", order=f"E{number}", data={"due_at": at("20:00", day)})]


HISTORY = [
    *due(1),
    did("order.picked_up", "20:00", order="E1", day=DUE),
    *due(2),
    did("order.picked_up", "20:01", order="E2", day=DUE),
    *due(3),
    *due(4, AFTER),
    # no promised time: ready on the 20th, fetched days later or not yet
    did("order.paid", "18:00", 5, order="E5", data={"amount_fen": 900, "pickup": True}),
    did("order.ready_for_pickup", "09:00", order="E5", day=DUE),
    did("order.picked_up", "10:00", order="E5", day="2026-06-25"),
    did("order.paid", "18:00", 6, order="E6", data={"amount_fen": 900, "pickup": True}),
    did("order.ready_for_pickup", "09:00", order="E6", day=DUE),
    did("order.paid", "18:00", 7, order="E7", data={"amount_fen": 900, "pickup": True}),
    # refunded, cancelled, unpaid, delivered and staff's own orders are no pickups
    *due(11),
    did("order.refunded", "19:30", order="E11"),
    *due(12),
    did("order.cancelled", "19:30", order="E12"),
    did("order.placed", "18:00", 13, order="E13", data={"amount_fen": 900, "pickup": True}),
    did("order.paid", "18:00", 14, order="E14", data={"amount_fen": 900}),
    did("person.profile_changed", "07:00", STAFF, data={"is_staff": True}),
    *due(STAFF),
    did("day.closed", "00:00", day=AFTER, data={"day": DUE}),
]


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with tables_of(HISTORY, "pickups", "mall_days") as tables:
        yield tables


def test_every_pickup_is_in_time_late_missed_or_waited_for(reader: Reader) -> None:
    rows = reader.rows("SELECT * FROM pickups ORDER BY order_id")
    assert [(r["order_id"], str(r["due_day"]), local(r["picked_up_at"]), r["status"]) for r in rows] == [
        ("E1", DUE, "06-20 20:00:00", "in_time"),
        ("E2", DUE, "06-20 20:01:00", "late"),
        ("E3", DUE, "", "missed"),
        ("E4", AFTER, "", "waiting"),
        ("E5", DUE, "06-25 10:00:00", "in_time"),
        ("E6", DUE, "", "waiting"),
        ("E7", "None", "", "waiting"),
    ]
    assert (rows[0]["store_id"], rows[0]["person_id"], local(rows[0]["due_at"])) == ("s1", 1, "06-20 20:00:00")


def test_pickups_add_up_to_the_mall_s_days(reader: Reader) -> None:
    rows = reader.rows(
        "SELECT due_day AS day, COUNT(*) AS due, CAST(SUM(CASE WHEN status = 'in_time' THEN 1 ELSE 0 END) AS INTEGER) AS done "
        "FROM pickups WHERE due_day IS NOT NULL GROUP BY due_day ORDER BY due_day"
    )
    days = reader.rows(
        "SELECT day, pickup_due AS due, picked_up AS done FROM mall_days WHERE pickup_due > 0 ORDER BY day"
    )
    assert rows == days
    assert [(row["due"], row["done"]) for row in rows] == [(5, 2), (1, 0)]
