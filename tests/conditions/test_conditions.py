"""What a condition says, and what it refuses to be."""

from __future__ import annotations

import pytest

from cdp.conditions.condition import Condition
from cdp.conditions.evaluate import Scope
from cdp.errors import DefinitionError

PAID = Scope(
    data={"amount_fen": 6800, "categories": ["粽子", "礼盒"]},
    context={"order": "E1", "live": "duanwu"},
    person={"building": "3栋", "is_friend": True, "attributes.diet": "素"},
    tags={"老客"},
    traits={"spent_90d": 61_200, "orders_90d": 0}.get,
    entry_data={"amount_fen": 6800},
    entry_context={"order": "E1"},
)


def holds(text: str, scope: Scope = PAID) -> bool | None:
    return Condition.parse(text).evaluate(scope)


@pytest.mark.parametrize(
    "text",
    [
        "contains(data.categories, '粽子')",
        "context.order = entry.context.order AND entry.data.amount_fen = data.amount_fen",
        "has_tag('老客') AND NOT has_tag('员工')",
        "spent_90d >= 50000",
        "person.is_friend AND person.building IN ('3栋', '5栋')",
        "person.building LIKE '%栋' AND person.attributes.diet NOT LIKE 'x_'",
        "data.amount_fen / 100 BETWEEN 60 AND 70",
        "coalesce(unheard_of, 5) + 1 > 5 AND -1 < 0",
        "unheard_of IS NULL AND data.amount_fen IS NOT NULL",
        "(person.is_friend IS TRUE) AND (person.is_friend IS NOT FALSE)",
        "contains(context.live, 'wu')",
        "data.amount_fen != 1 AND spent_90d",
    ],
)
def test_a_condition_that_holds(text):
    assert holds(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "unheard_of > 1",
        "NOT unheard_of",
        "unheard_of AND true",
        "unheard_of OR false",
        "'a' IN ('b', NULL)",
        "spent_90d / orders_90d > 1",
        "spent_90d = 'much'",
        "contains(data.none, 'x')",
        "data.categories LIKE 'a'",
    ],
)
def test_what_is_not_known_is_neither_true_nor_false(text):
    assert holds(text) is None


@pytest.mark.parametrize("text", ["unheard_of AND false", "orders_90d", "has_tag('新客')", "unheard_of IS NOT NULL"])
def test_what_is_false_whatever_the_unknown_turns_out_to_be(text):
    assert holds(text) is False


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT 1", "SELECT is not allowed"),
        ("data.fen > 01e", "01e is no number (at character 12)"),
        ("data.fen > 1e999", "1e999 is too large"),
        (f"data.fen > {2**63}", f"{2**63} is too large"),
        (f"data.fen > {'9' * 400}", "is too large"),
        ("true AND (SELECT 1) = 2", "SUBQUERY is not allowed"),
        ("now() > 1", "there is no function now()"),
        ("person.building = exec('x')", "there is no function exec()"),
        ("data.items[0] = 1", "BRACKET is not allowed"),
        ("x::int = 1", "CAST is not allowed"),
        ("a; b", "exactly one expression"),
        ("a = ", "not SQL that can be read"),
        ("has_tag(\"老客\")", "has_tag takes one tag in single quotes"),
        ("person.building = \"3栋\"", "single quotes"),
        ("data = 1", "means nothing here"),
        ("orders.amount = 1", "means nothing here"),
        ("x LIKE y", "LIKE takes a text"),
        ("x IN (SELECT 1)", "IN takes a list"),
        ("x IS 5", "IS takes NULL"),
        ("", "exactly one expression"),
        ("NOT " * 100 + "true", "nested"),
    ],
)  # fmt: skip
def test_what_may_not_stand_in_a_condition_is_named(text, message):
    with pytest.raises(DefinitionError, match=r"a condition cannot be used") as refused:
        Condition.parse(text)
    assert message in refused.value.problems[0].message


def test_a_refusal_says_at_which_character():
    with pytest.raises(DefinitionError, match="at character 19"):
        Condition.parse("spent_90d > 5 AND exec('x') = 1")


def test_a_condition_tells_what_it_looked_at_and_what_that_was():
    saw = Condition.parse("spent_90d >= 50000 OR has_tag('老客')").saw(PAID)
    assert saw == {"spent_90d >= 50000 OR has_tag('老客')": True, "spent_90d": 61_200, "has_tag('老客')": True}


def test_a_condition_knows_whether_the_event_alone_answers_it():
    assert Condition.parse("contains(data.categories, '粽子') AND context.live = 'x'").of_the_event_alone
    assert not Condition.parse("spent_90d > 1").of_the_event_alone
    assert not Condition.parse("has_tag('a')").of_the_event_alone
