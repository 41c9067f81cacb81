"""What traits count, and when."""

from __future__ import annotations

from typing import Any

import pytest

from cdp.clock import DAY
from cdp.conditions.trait_file import read_traits
from cdp.events.event import Event

TZ = "Asia/Shanghai"
NOW = 100 * DAY


def paid(ago: float, order: str, fen: int | None = 1000, category: str = "菜") -> Event:
    data: dict[str, Any] = {"categories": [category]} | ({"amount_fen": fen} if fen is not None else {})
    return happened("order.paid", ago, data, {"order": order})


def back(type: str, ago: float, order: str, fen: int | None = None) -> Event:
    return happened(type, ago, {"amount_fen": fen} if fen is not None else {}, {"order": order})


def viewed(ago: float, category: str) -> Event:
    return happened("product.viewed", ago, {"product": "p", "category": category}, {})


def happened(type: str, ago: float, data: dict[str, Any], context: dict[str, str]) -> Event:
    at = NOW - int(ago * DAY)
    return Event(id=f"{type}{ago}{context}{data}", source="t", type=type, occurred_at=at, data=data, context=context)


def value(definition: str, *facts: Event) -> object:
    traits, problems = read_traits("traits.yaml", f"t: {definition}")
    assert problems == []
    return traits["t"].value(sorted(facts, key=lambda fact: fact.occurred_at), NOW, TZ)


SPENT = "{agg: sum, event: order.paid, field: data.amount_fen, net_of: [order.refunded, order.cancelled]}"
ORDERS = "{agg: count, event: order.paid, net_of: [order.refunded, order.cancelled]}"


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ("{agg: count, event: order.paid}", 3),
        ("{agg: count, event: order.paid, window: 10d}", 2),
        ("{agg: count, event: order.paid, where: data.amount_fen > 1500}", 2),
        ("{agg: sum, event: order.paid, field: data.amount_fen}", 6000),
        ("{agg: first, event: order.paid, field: data.amount_fen}", 1000),
        ("{agg: last, event: order.paid, field: context.order}", "E3"),
        ("{agg: distinct, event: order.paid, field: context.order}", 3),
        ("{agg: max, event: order.paid, field: data.amount_fen}", 3000),
        ("{agg: min, event: order.paid, field: data.amount_fen}", 1000),
        ("{agg: days_since, event: order.paid}", 1),
        ("{agg: count, event: [order.paid, product.viewed]}", 4),
    ],
)
def test_a_trait_folds_what_it_names(definition, expected):
    facts = (paid(20, "E1", 1000), paid(5, "E2", 2000), paid(1.5, "E3", 3000), viewed(1, "菜"))
    assert value(definition, *facts) == expected


@pytest.mark.parametrize(
    ("agg", "expected"),
    [
        ("count", 0),
        ("sum", 0),
        ("distinct", 0),
        ("first", None),
        ("last", None),
        ("top", None),
        ("max", None),
        ("min", None),
    ],
)
def test_of_nothing_counts_and_sums_are_zero_and_the_rest_is_unknown(agg, expected):
    assert value(f"{{agg: {agg}, event: order.paid, field: data.amount_fen}}") == expected


def test_days_since_nothing_is_unknown():
    assert value("{agg: days_since, event: order.paid}") is None


def test_a_window_ends_now_and_leaves_out_its_first_moment():
    definition = "{agg: count, event: order.paid, window: 5d}"
    assert value(definition, paid(5, "E1")) == 0
    assert value(definition, paid(4.999, "E1")) == 1


def test_the_most_frequent_wins_and_of_equals_the_latest():
    top = "{agg: top, event: product.viewed, field: data.category}"
    assert value(top, viewed(3, "菜"), viewed(2, "菜"), viewed(1, "肉")) == "菜"
    assert value(top, viewed(3, "菜"), viewed(2, "肉")) == "肉"


def test_a_partial_refund_takes_its_amount_off_and_leaves_the_order():
    facts = (paid(5, "E1", 1000), back("order.refunded", 4, "E1", 300))
    assert value(SPENT, *facts) == 700
    assert value(ORDERS, *facts) == 1


def test_a_refund_of_everything_takes_the_order_away():
    facts = (paid(5, "E1", 1000), back("order.refunded", 4, "E1", 600), back("order.refunded", 3, "E1", 400))
    assert value(SPENT, *facts) == 0
    assert value(ORDERS, *facts) == 0


def test_a_refund_that_names_no_amount_takes_all_that_is_left():
    facts = (paid(5, "E1", 1000), paid(5, "E2", 500), back("order.cancelled", 4, "E1"))
    assert value(SPENT, *facts) == 500
    assert value(ORDERS, *facts) == 1


def test_a_refund_that_came_before_its_payment_is_taken_off_all_the_same():
    assert value(SPENT, back("order.refunded", 6, "E1", 300), paid(5, "E1", 1000)) == 700


def test_a_refund_of_another_order_takes_nothing_off():
    assert value(SPENT, paid(5, "E1", 1000), back("order.refunded", 4, "E2", 300)) == 1000


def test_an_order_whose_amount_nobody_told_counts_as_an_order_of_nothing():
    assert value(SPENT, paid(5, "E1", None)) == 0
    assert value(ORDERS, paid(5, "E1", None)) == 1
