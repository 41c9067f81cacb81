"""Carts and products day by day, computed by hand from the definitions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from cdp.events.event import Event
from projections.read import Reader
from tests.projections.histories import log_of
from tests.projections.tables import did, local, projector_of, tables_of

STAFF = 99
NEXT, THEN, LATER = "2026-06-20", "2026-06-21", "2026-06-23"


def put(clock: str, who: int, quantity: int = 1, product: str = "zongzi", day: str = "2026-06-19") -> Event:
    """Somebody puts pieces at 5 yuan into the cart."""
    data = {"product": product, "quantity": quantity, "amount_fen": 500 * quantity}
    return did("cart.added", clock, who, day=day, data=data)


def took(clock: str, who: int, quantity: int = 1, product: str = "zongzi", day: str = "2026-06-19") -> Event:
    """Somebody takes pieces out of the cart."""
    return did("cart.removed", clock, who, day=day, data={"product": product, "quantity": quantity})


def ordered(
    clock: str, who: int, order: str, *products: str, day: str = "2026-06-19", pay: bool = False
) -> list[Event]:
    """Somebody orders products at 10 yuan each, and pays if `pay`."""
    items = [{"product": product, "title": f"{product}礼盒", "amount_fen": 1000} for product in products]
    data: dict[str, Any] = {"amount_fen": 1000 * len(items), "items": items}
    types = ("order.placed", "order.paid") if pay else ("order.placed",)
    return [did(kind, clock, who, order=order, day=day, data=data) for kind in types]


HISTORY = [
    # 1 puts in twice and orders 24 hours after the second time
    put("09:00", 1),
    put("12:00", 1, 2),
    *ordered("12:00", 1, "E1", "zongzi", "apple", day=NEXT, pay=True),
    # 2 takes one of two out, then the other and one more than there was; puts in again and never orders
    put("09:00", 2, 2),
    took("09:05", 2),
    took("09:06", 2, 2),
    put("09:10", 2),
    # 3 orders a minute too late: abandoned, and won back
    put("09:00", 3),
    *ordered("09:01", 3, "E3", "zongzi", day=NEXT),
    # 4 left it alone for more than a day: the second time is another stay, and that one is ordered
    put("09:00", 4),
    put("09:01", 4, day=NEXT),
    *ordered("10:00", 4, "E4", "zongzi", day=NEXT, pay=True),
    # 5 orders something else; 6 is still thinking when the 20th closes; 7 only takes out
    put("09:00", 5),
    *ordered("10:00", 5, "E5", "apple"),
    put("20:00", 6, day=NEXT),
    took("09:00", 7),
    # staff count nowhere
    did("person.profile_changed", "07:00", STAFF, data={"is_staff": True}),
    put("09:00", STAFF),
    did("product.viewed", "09:00", STAFF, data={"product": "zongzi"}),
    *ordered("10:00", STAFF, "E9", "zongzi", pay=True),
    # looks, in the mall and in a live; half of E1 goes back days later
    did("product.viewed", "08:00", 1, data={"product": "zongzi"}),
    did("product.viewed", "08:01", 1, data={"product": "zongzi"}),
    did("product.viewed", "08:01", 2, data={"product": "zongzi"}),
    did("live.product_clicked", "20:36", 4, live="l1", data={"product": "zongzi"}),
    did("order.refunded", "09:00", order="E1", day=LATER, data={"amount_fen": 1000, "refund": "r"}),
    did("day.closed", "00:00", day=THEN, data={"day": NEXT}),
]


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with tables_of(HISTORY, "carts", "product_days") as tables:
        yield tables


def test_a_stay_in_the_cart_ends_with_an_order_with_taking_out_or_by_itself(reader: Reader) -> None:
    rows = reader.rows("SELECT * FROM carts ORDER BY person_id, added_at")
    assert [
        (r["person_id"], local(r["added_at"]), r["quantity"], r["amount_fen"], r["status"]) for r in rows
    ] == [
        (1, "06-19 09:00:00", 3, 1500, "ordered"),
        (2, "06-19 09:00:00", 2, 1000, "removed"),
        (2, "06-19 09:10:00", 1, 500, "abandoned"),
        (3, "06-19 09:00:00", 1, 500, "abandoned"),
        (4, "06-19 09:00:00", 1, 500, "abandoned"),
        (4, "06-20 09:01:00", 1, 500, "ordered"),
        (5, "06-19 09:00:00", 1, 500, "abandoned"),
        (6, "06-20 20:00:00", 1, 500, "open"),
    ]  # fmt: skip


def test_a_cart_says_when_it_was_abandoned_and_when_it_was_won_back(reader: Reader) -> None:
    rows = reader.rows("SELECT * FROM carts WHERE person_id IN (1, 2, 3) ORDER BY person_id, added_at")
    assert [(local(r["removed_at"]), local(r["ordered_at"]), local(r["abandoned_at"])) for r in rows] == [
        ("", "06-20 12:00:00", ""),
        ("06-19 09:06:00", "", ""),
        ("", "", "06-20 09:10:00"),
        ("", "06-20 09:01:00", "06-20 09:00:00"),
    ]


def test_product_days_have_the_figures_of_their_definitions(reader: Reader) -> None:
    names = [
        "views", "viewers", "live_clicks", "carts", "carts_ordered", "carts_removed", "carts_abandoned",
        "buyers", "orders", "quantity", "amount_fen", "net_fen",
    ]  # fmt: skip
    rows = reader.rows("SELECT * FROM product_days ORDER BY product_id, day")
    assert [(r["product_id"], r["day"], *(r[name] for name in names)) for r in rows] == [
        ("apple", date(2026, 6, 20), 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1000, 500),
        ("zongzi", date(2026, 6, 19), 3, 2, 1, 6, 1, 1, 4, 0, 0, 0, 0, 0),
        ("zongzi", date(2026, 6, 20), 0, 0, 0, 2, 1, 0, 0, 2, 2, 2, 2000, 1500),
    ]


def test_an_order_shares_its_refund_out_among_its_products(reader: Reader) -> None:
    rows = reader.rows(
        "SELECT order_id, product_id, title, bought, amount_fen, net_fen FROM order_products "
        "WHERE order_id IN ('E1', 'E3') ORDER BY order_id, product_id"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("E1", "apple", "apple礼盒", True, 1000, 500),
        ("E1", "zongzi", "zongzi礼盒", True, 1000, 500),
        ("E3", "zongzi", "zongzi礼盒", False, 1000, 0),
    ]


def test_closing_the_next_day_settles_what_was_open() -> None:
    log = log_of(HISTORY)
    with projector_of(log) as projector:
        projector.advance()
        log.append([did("day.closed", "00:00", day="2026-06-22", data={"day": THEN})])
        projector.advance()
        reader = projector.reader()
        assert reader.rows("SELECT person_id FROM carts WHERE status = 'open'") == []
        abandoned = "SELECT carts_abandoned AS n FROM product_days WHERE day = DATE '2026-06-20' AND carts > 0"
        assert reader.rows(abandoned) == [{"n": 1}]
    log.close()


def test_before_any_day_is_closed_nothing_is_abandoned() -> None:
    with tables_of(HISTORY[:-1], "carts") as reader:
        assert reader.rows("SELECT DISTINCT status FROM carts ORDER BY 1") == [
            {"status": "open"}, {"status": "ordered"}, {"status": "removed"},
        ]  # fmt: skip
