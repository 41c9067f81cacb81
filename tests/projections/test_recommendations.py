"""What buyers of one product also buy, counted by hand."""

from __future__ import annotations

from itertools import count

import pytest

from tests.projections.tables import closed, configured, did, paid, tables_of

STAFF = 99
TWO = configured(customers={"least_support": 2})
TODAY = closed("2026-06-30")
HISTORY = [
    # 1 and 2 buy zongzi, apples and eggs, in whatever orders; 3 and 4 zongzi and tea; 5 apples; 6 milk
    paid(1, 1, "2026-06-01", 900, "zongzi", "apple"),
    paid(2, 1, "2026-06-20", 900, "eggs", "zongzi", "cake"),
    paid(3, 2, "2026-06-20", 900, "eggs", "apple", "zongzi"),
    paid(4, 3, "2026-06-20", 900, "zongzi", "tea"),
    paid(5, 4, "2026-06-20", 900, "zongzi"),
    paid(6, 4, "2026-06-21", 900, "tea"),
    paid(7, 5, "2026-06-20", 900, "apple"),
    paid(8, 6, "2026-06-20", 900, "milk"),
    # these would make apples and tea, or tea and milk, a pair
    paid(9, 5, "2026-06-20", 900, "tea"),
    did("order.refunded", "13:00", order="E9", day="2026-06-21"),
    paid(10, 6, "2025-06-30", 900, "tea"),
    paid(11, 5, "2026-07-01", 900, "tea"),
    did("order.placed", "12:00", 6, order="E12", day="2026-06-20", data={"items": [{"product": "tea"}]}),
    did("person.profile_changed", "07:00", STAFF, data={"is_staff": True}),
    paid(13, STAFF, "2026-06-20", 900, "tea", "apple"),
]


def test_recommendations_are_pairs_that_the_same_persons_bought_more_often_than_chance() -> None:
    with tables_of([*HISTORY, TWO, TODAY], "recommendations") as reader:
        rows = reader.rows(
            "SELECT * EXCLUDE (title, recommended_title) FROM recommendations ORDER BY product_id, place"
        )
    # six buyers: zongzi 4, apples 3, tea 2, eggs 2; zongzi and apples is just chance: 2 of 6 against 4/6 x 3/6
    assert [tuple(row.values()) for row in rows] == [
        ("apple", "eggs", 1, 3, 2, 2, 2 / 6, pytest.approx(2 / 3), 2.0),
        ("eggs", "apple", 1, 2, 3, 2, 2 / 6, 1.0, 2.0),
        ("eggs", "zongzi", 2, 2, 4, 2, 2 / 6, 1.0, 1.5),
        ("tea", "zongzi", 1, 2, 4, 2, 2 / 6, 1.0, 1.5),
        ("zongzi", "eggs", 1, 4, 2, 2, 2 / 6, 0.5, 1.5),
        ("zongzi", "tea", 2, 4, 2, 2, 2 / 6, 0.5, 1.5),
    ]


def test_fewer_buyers_than_the_support_asks_for_recommend_nothing() -> None:
    with tables_of([*HISTORY, TODAY], "recommendations") as reader:
        assert reader.rows("SELECT * FROM recommendations") == []


def test_products_carry_the_name_of_the_latest_order() -> None:
    renamed = did(
        "order.placed", "12:00", 6, order="E20", day="2026-06-29",
        data={"items": [{"product": "eggs", "title": "土鸡蛋", "category": "蛋"}, {"product": "zongzi"}]},
    )  # fmt: skip
    with tables_of([*HISTORY, renamed, TWO, TODAY], "recommendations") as reader:
        rows = reader.rows("SELECT * FROM products WHERE product_id IN ('eggs', 'zongzi') ORDER BY product_id")
        titles = reader.rows(
            "SELECT title, recommended_title FROM recommendations WHERE product_id = 'zongzi' AND place = 1"
        )
    assert [tuple(row.values())[:7] for row in rows] == [
        ("eggs", "土鸡蛋", "蛋", 2, 2, 2, 20),
        ("zongzi", "zongzi礼盒", None, 4, 5, 5, 50),
    ]
    assert str(rows[0]["last_sold_day"]) == "2026-06-20"
    assert titles == [{"title": "zongzi礼盒", "recommended_title": "土鸡蛋"}]


def test_of_one_person_the_twenty_products_bought_last_count_and_of_one_product_ten_rows() -> None:
    # given two who bought 25 products day by day, and one who makes everything rarer
    numbers = count(1)
    bought = [paid(next(numbers), who, f"2026-06-{day:02}", 10, f"p{day:02}") for who in (1, 2) for day in range(1, 26)]
    with tables_of([*bought, paid(100, 3, "2026-06-20", 10, "other"), TWO, TODAY], "recommendations") as reader:
        rows = reader.rows("SELECT product_id, recommended_id FROM recommendations ORDER BY product_id, place")
    assert {row["product_id"] for row in rows} == {f"p{day:02}" for day in range(6, 26)}
    of_the_first = [row["recommended_id"] for row in rows if row["product_id"] == "p06"]
    assert of_the_first == [f"p{day:02}" for day in range(7, 17)]
