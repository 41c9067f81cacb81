"""Orders, with figures computed by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from projections.read import Reader
from tests.projections.tables import at, did, local, tables_of

ITEMS = [
    {"product": "zongzi", "category": "粽子", "quantity": 3, "amount_fen": 6000},
    {"product": "egg", "category": "蛋品", "amount_fen": 2000},
]
HISTORY = [
    # E1: the refund came to the log before anything else and names only the order; it says twice that 30 yuan went back
    did("order.refunded", "21:00", order="E1", data={"amount_fen": 3000, "refund": "r1"}),
    did("order.refunded", "21:05", order="E1", data={"amount_fen": 3000, "refund": "r1"}),
    did("order.refunded", "21:06", order="E1", data={"amount_fen": 500, "refund": "r2"}),
    did("order.paid", "20:02", 1, order="E1", live="l1", data={"amount_fen": 8000, "items": ITEMS}),
    did("order.placed", "20:01", 1, order="E1", channel="live-duanwu", data={"amount_fen": 8200, "pickup": True}),
    # E2: a refund without a sum is all of it
    did("order.placed", "20:10", 1, order="E2", data={"amount_fen": 1000}),
    did("order.paid", "20:11", 1, order="E2", data={"amount_fen": 1000}),
    did("order.refunded", "22:00", order="E2"),
    # E3: never paid, then closed
    did("order.placed", "20:20", 2, order="E3", data={"amount_fen": 700}),
    did("order.cancelled", "20:50", order="E3"),
    # E4: refunds of more than was paid
    did("order.paid", "20:30", 2, order="E4", data={"amount_fen": 900}),
    did("order.refunded", "20:40", order="E4", data={"amount_fen": 600, "refund": "a"}),
    did("order.refunded", "20:41", order="E4", data={"amount_fen": 600, "refund": "b"}),
    # E5: paid on the day after it was placed, picked up in time
    did("order.placed", "23:59", 3, order="E5", data={"amount_fen": 500, "categories": ["水果", "粽子"]}),
    did("order.paid", "00:01", 3, order="E5", day="2026-06-20", data={"amount_fen": 500}),
    did("order.ready_for_pickup", "08:00", order="E5", day="2026-06-20", data={"due_at": at("20:00", "2026-06-21")}),
    did("order.picked_up", "19:00", order="E5", day="2026-06-21"),
    # E6: paid and then closed as a whole, with no word of a refund
    did("order.paid", "10:00", 3, order="E6", data={"amount_fen": 400}),
    did("order.cancelled", "11:00", order="E6"),
    # E7: nobody knows whose it is
    did("order.paid", "10:00", order="E7", data={"amount_fen": 100}),
]


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with tables_of(HISTORY) as tables:
        yield tables


def test_money_is_paid_minus_refunded_and_never_below_zero(reader: Reader) -> None:
    rows = reader.rows("SELECT order_id, amount_fen, refunded_fen, net_fen, status FROM orders ORDER BY order_id")
    assert [tuple(row.values()) for row in rows] == [
        ("E1", 8000, 3500, 4500, "partly_refunded"),
        ("E2", 1000, 1000, 0, "refunded"),
        ("E3", 700, 0, 0, "cancelled"),
        ("E4", 900, 900, 0, "refunded"),
        ("E5", 500, 0, 500, "picked_up"),
        ("E6", 400, 400, 0, "refunded"),
        ("E7", 100, 0, 100, "paid"),
    ]


def test_a_refund_that_names_only_the_order_belongs_to_the_buyer_even_if_it_came_first(reader: Reader) -> None:
    rows = reader.rows("SELECT person_id FROM touchpoints WHERE order_id = 'E1'")
    assert [row["person_id"] for row in rows] == [1, 1, 1, 1, 1]
    assert reader.rows("SELECT person_id FROM orders WHERE order_id = 'E7'") == [{"person_id": None}]


def test_an_order_knows_where_it_came_from_and_what_is_in_it(reader: Reader) -> None:
    row = reader.rows("SELECT live_id, channel, items, categories, pickup FROM orders WHERE order_id = 'E1'")[0]
    assert row == {
        "live_id": "l1",
        "channel": "live-duanwu",
        "items": 4,
        "categories": ["粽子", "蛋品"],
        "pickup": True,
    }
    assert reader.rows("SELECT categories FROM orders WHERE order_id = 'E5'") == [{"categories": ["水果", "粽子"]}]
    lines = reader.rows("SELECT line, product_id, quantity, amount_fen FROM order_items ORDER BY order_id, line")
    assert [tuple(line.values()) for line in lines] == [(1, "zongzi", 3, 6000), (2, "egg", 1, 2000)]


def test_days_are_days_of_the_shop(reader: Reader) -> None:
    row = reader.rows("SELECT placed_day, paid_day, due_day, due_at, picked_up_at FROM orders WHERE order_id = 'E5'")[0]
    assert (row["placed_day"], row["paid_day"], row["due_day"]) == (
        date(2026, 6, 19),
        date(2026, 6, 20),
        date(2026, 6, 21),
    )
    assert (local(row["due_at"]), local(row["picked_up_at"])) == ("06-21 20:00:00", "06-21 19:00:00")


def test_persons_carry_what_their_orders_came_to(reader: Reader) -> None:
    rows = reader.rows(
        "SELECT person_id, orders, paid_orders, gmv_fen, average_spend_fen, lifecycle FROM persons ORDER BY person_id"
    )
    assert [tuple(row.values()) for row in rows] == [
        (1, 2, 1, 4500, 4500, "buyer"),
        (2, 2, 0, 0, None, "stranger"),
        (3, 2, 1, 500, 500, "buyer"),
    ]
