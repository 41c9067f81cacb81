"""Figures of the mall day by day, computed by hand from the definitions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from projections.read import Reader
from tests.projections.tables import at, did, tables_of

STAFF = 99
NEXT = "2026-06-20"
HISTORY = [
    # the 19th: 1 and 2 look, 3 uses the cart without a view, 2 adds to the cart and pays; 4 pays without a look
    did("mall.visited", "10:00", 1),
    did("product.viewed", "10:01", 1, data={"product": "zongzi"}),
    did("product.viewed", "11:00", 2, data={"product": "zongzi"}),
    did("cart.added", "11:01", 2, data={"product": "zongzi"}),
    did("cart.added", "11:01", 3, data={"product": "zongzi"}),
    did("order.placed", "11:05", 2, order="E1", data={"amount_fen": 3000, "pickup": True}),
    did("order.paid", "11:06", 2, order="E1", data={"amount_fen": 3000}),
    did("order.paid", "12:00", 2, order="E2", data={"amount_fen": 2000, "pickup": True}),
    did("order.placed", "13:00", 4, order="E3", data={"amount_fen": 1001}),
    did("order.paid", "13:01", 4, order="E3", data={"amount_fen": 1001}),
    # money that went back the day after counts on the day it was paid
    did("order.refunded", "09:00", order="E2", day=NEXT, data={"amount_fen": 500, "refund": "r"}),
    # the 20th: E1 and E2 are due, E1 is picked up in time, E2 too late; E4 has no promised time and is picked up
    did("order.ready_for_pickup", "18:00", order="E1", data={"due_at": at("20:00", NEXT)}),
    did("order.ready_for_pickup", "18:00", order="E2", data={"due_at": at("20:00", NEXT)}),
    did("order.picked_up", "20:00", order="E1", day=NEXT),
    did("order.picked_up", "20:01", order="E2", day=NEXT),
    did("order.paid", "08:00", 5, order="E4", day=NEXT, data={"amount_fen": 400, "pickup": True}),
    did("order.ready_for_pickup", "10:00", order="E4", day=NEXT),
    did("order.picked_up", "10:00", order="E4", day="2026-06-23"),
    # refunded in full: nothing is due any more
    did("order.paid", "08:00", 5, order="E5", day=NEXT, data={"amount_fen": 100, "pickup": True}),
    did("order.ready_for_pickup", "10:00", order="E5", day=NEXT),
    did("order.refunded", "11:00", order="E5", day=NEXT),
    # nobody knows who bought this: money, but no spend of a buyer
    did("order.paid", "14:00", order="E7", data={"amount_fen": 77}),
    # staff count nowhere
    did("person.profile_changed", "08:00", STAFF, data={"is_staff": True}),
    did("mall.visited", "10:00", STAFF),
    did("order.paid", "10:00", STAFF, order="E6", data={"amount_fen": 99}),
    # the 22nd: somebody looks, nobody buys
    did("mall.visited", "10:00", 1, day="2026-06-22"),
]


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with tables_of(HISTORY) as tables:
        yield tables


def test_mall_days_have_the_figures_of_their_definitions(reader: Reader) -> None:
    rows = {row.pop("day"): row for row in reader.rows("SELECT * FROM mall_days ORDER BY day")}
    assert rows == {
        date(2026, 6, 19): {
            "visitors": 2,
            "cart_adders": 1,
            "buyers": 2,
            "paying_visitors": 1,
            "orders": 2,
            "paid_orders": 4,
            "gmv_fen": 5578,
            "refunded_fen": 500,
            "cart_rate": 1 / 2,
            "pay_conversion": 1 / 2,
            "spend_per_buyer_fen": 2751,
            "average_order_fen": 1395,
            "picked_up": 0,
            "pickup_due": 0,
            "pickup_rate": None,
        },
        date(2026, 6, 20): {
            "visitors": 0,
            "cart_adders": 0,
            "buyers": 1,
            "paying_visitors": 0,
            "orders": 0,
            "paid_orders": 2,
            "gmv_fen": 400,
            "refunded_fen": 100,
            "cart_rate": None,
            "pay_conversion": None,
            "spend_per_buyer_fen": 400,
            "average_order_fen": 200,
            "picked_up": 2,
            "pickup_due": 3,
            "pickup_rate": 2 / 3,
        },
        date(2026, 6, 22): {
            "visitors": 1,
            "cart_adders": 0,
            "buyers": 0,
            "paying_visitors": 0,
            "orders": 0,
            "paid_orders": 0,
            "gmv_fen": 0,
            "refunded_fen": 0,
            "cart_rate": 0.0,
            "pay_conversion": 0.0,
            "spend_per_buyer_fen": None,
            "average_order_fen": None,
            "picked_up": 0,
            "pickup_due": 0,
            "pickup_rate": None,
        },
    }
