"""Message texts: what may stand in them, and that none goes out half empty."""

from __future__ import annotations

import pytest

from cdp.errors import CdpError, DefinitionError, MissingField
from journeys.render import render
from journeys.template import Template


def test_a_text_is_filled_from_clear_and_opened_values():
    text = "{{ person.nickname }}您好，{{ person.building }}的自提点，{{ entry.data.amount_fen | yuan }} 元，第 {{ orders_90d }} 单"
    values = {"person.building": "3栋", "entry.data.amount_fen": 6850, "orders_90d": 2}
    assert render(text, values, {"person.nickname": "阿珍"}) == "阿珍您好，3栋的自提点，68.50 元，第 2 单"


def test_a_default_stands_in_for_what_is_missing():
    assert render("你好 {{ person.nickname | default('邻居') }}", {}, {}) == "你好 邻居"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("你好 {{ person.nickname }}", "person.nickname"),
        ("{{ person.attributes.diet }}", "person.attributes.diet"),
        ("{{ entry.data.amount_fen | yuan }}", "entry.data.amount_fen"),
        ("{% if entry.context.live %}x{% endif %}", "entry.context.live"),
        ("{{ spent_90d }}", "spent_90d"),
        ("{{ person.nickname ~ '！' }}", "person.nickname"),
        ("{% for item in entry.data.items %}x{% endfor %}", "entry.data.items"),
        ("{{ person.nickname | length }}", "person.nickname"),
        ("{{ spent_90d + 1 }}", "spent_90d"),
    ],
)
def test_a_missing_field_without_default_is_named_and_nothing_comes_out(text, field):
    with pytest.raises(MissingField) as missing:
        render(text, {}, {})
    assert missing.value.field == field


def test_a_field_named_like_a_method_is_still_a_field():
    items = [{"title": "粽子"}]
    assert render("{{ entry.data.items[0].title }}", {"entry.data.items": items}, {}) == "粽子"


@pytest.mark.parametrize(
    "text",
    [
        "{{ person.__class__ }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ person.items() }}",
        "{{ range(10) }}",
        "{% include 'x' %}",
        "{{ 1 / 0 }}",
    ],
)
def test_a_text_cannot_reach_anything_but_its_fields(text):
    with pytest.raises(CdpError):
        render(text, {"person.building": "3栋"}, {})


def test_a_text_knows_which_fields_it_uses():
    template = Template.parse(
        "{% set hello = person.nickname | default('邻居') %}{{ hello }} {{ entry.data['amount_fen'] }}"
        "{% for item in entry.data.items %}{{ item.title }}{% endfor %}{{ spent_90d }}"
    )
    assert template.fields == ("person.nickname", "entry.data.amount_fen", "entry.data.items", "spent_90d")


def test_what_is_no_template_is_refused_with_the_line_of_the_text():
    with pytest.raises(DefinitionError, match="line 2 of the text"):
        Template.parse("你好\n{{ person.nickname")
