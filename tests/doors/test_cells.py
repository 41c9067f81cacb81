"""Cells of foreign files: what each kind reads, and that nothing a cell may hold stops an import."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.app.file_import.cells import KINDS, Bad, Column, Constant, Kind, Template, Time
from cdp.app.file_import.chunks import Chunk
from cdp.app.file_import.mapping import read_mapping
from cdp.errors import DefinitionError, Rejected
from cdp.testing import moment

SHANGHAI = ZoneInfo("Asia/Shanghai")


def chunk(*cells: Any) -> Chunk:
    return Chunk(range(1, len(cells) + 1), {"c": list(cells), "d": ["x"] * len(cells)}, len(cells), 0)


def made(kind: Kind | None, cell: Any, **options: Any) -> Any:
    (value,) = Column("c", kind, **options).values(chunk(cell))
    return value


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("text", " 王 ", "王"), ("text", 17.0, "17"), ("text", 3705115058471208928, "3705115058471208928"), ("text", " ", None),
        ("integer", "12", 12), ("integer", 12.0, 12), ("integer", Decimal(3), 3),
        ("number", "1.5", 1.5), ("boolean", "是", True), ("boolean", 0, False), ("boolean", "FALSE", False),
        ("yuan", 19.99, 1999), ("yuan", "¥1,280.5", 128050), ("yuan", Decimal("0.1"), 10), ("yuan", 7, 700),
        ("phone", "+86 199-0000-0001", "19900000001"), ("phone", 19900000001, "19900000001"),
        ("json", '["粽子"]', ["粽子"]), ("json", [{"a": Decimal("1.5")}], [{"a": 1.5}]),
        (None, Decimal("2.5"), 2.5), (None, None, None), (None, "", None),
    ],
)  # fmt: skip
def test_a_cell_is_read_as_what_it_is_meant_to_be(kind: Kind | None, cell: Any, value: Any) -> None:
    assert made(kind, cell) == value


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        ("integer", "1.5"), ("integer", "viel"), ("integer", "1e999999999"), ("integer", float("nan")),
        ("boolean", "maybe"), ("yuan", "1.005"), ("yuan", True), ("yuan", "-"), ("json", "{"), ("number", "x"),
    ],
)  # fmt: skip
def test_a_cell_that_is_something_else_is_bad_and_names_its_column(kind: Kind, cell: Any) -> None:
    value = made(kind, cell)
    assert isinstance(value, Bad)
    assert value.message.startswith("column 'c': ")


def test_an_empty_cell_takes_the_default_and_a_translated_one_its_word() -> None:
    words = {"已支付": "order.paid"}
    assert made("text", "", default="-") == "-"
    assert made("text", "已支付", translate=words) == "order.paid"
    assert made("text", "?", translate=words, default="x.other") == "x.other"
    assert isinstance(made("text", "?", translate=words), Bad)


def test_a_template_is_empty_when_one_of_its_columns_is() -> None:
    template = Template(("a-", "-", ""), ("c", "d"))
    assert template.values(chunk("1", "", None)) == ["a-1-x", None, None]
    assert Template(("<", ">"), ("c",)).values(chunk("1", "")) == ["<1>", None]


@pytest.mark.parametrize(
    "cell",
    [
        datetime(2026, 6, 13, 20, 15),  # noqa: DTZ001
        datetime(2026, 6, 13, 12, 15, tzinfo=ZoneInfo("UTC")),
        "2026-06-13T20:15",
    ],
)
def test_a_time_without_a_zone_is_a_local_one(cell: object) -> None:
    assert Time("c", SHANGHAI).values(chunk(cell)) == [moment("2026-06-13T20:15:00+08:00")]


def test_a_date_is_the_beginning_of_its_day_and_no_time_is_after_the_year_9999() -> None:
    assert Time("c", SHANGHAI).values(chunk(date(2026, 6, 13))) == [moment("2026-06-13T00:00:00+08:00")]
    for cell, form in (("1e17", "seconds"), ("9999-12-31T23:59:59-10:00", "iso"), ("1e999999999", "seconds")):
        assert isinstance(Time("c", SHANGHAI, form).values(chunk(cell))[0], Bad)


anything = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text() | st.datetimes() | st.dates()
    | st.binary(max_size=9) | st.lists(st.integers(), max_size=2) | st.dictionaries(st.text(), st.decimals(), max_size=2)
)  # fmt: skip


@given(st.lists(anything, min_size=1, max_size=5), st.sampled_from([None, *KINDS]))
def test_no_cell_stops_an_import(cells: list[Any], kind: Kind | None) -> None:
    assert len(Column("c", kind).values(chunk(*cells))) == len(cells)


@given(
    st.lists(anything, min_size=1, max_size=5), st.sampled_from(["iso", "seconds", "milliseconds", "%Y-%m-%d", "%H"])
)
def test_no_time_stops_an_import(cells: list[Any], form: str) -> None:
    for value in Time("c", SHANGHAI, form).values(chunk(*cells)):
        assert value is None or isinstance(value, int | Bad)


words = st.sampled_from(
    ["id", "type", "occurred_at", "who", "data", "context", "csv", "column", "constant", "format", "as", "values", "zone", "default", "value"]
)  # fmt: skip
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["order.paid", "{c}", "{", "%Y", "yuan"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(words, values, max_size=6))
def test_a_mapping_file_is_read_or_told_what_is_wrong(document: dict[str, Any]) -> None:
    try:
        mapping = read_mapping("map.yaml", _yaml(document), "Asia/Shanghai")
    except DefinitionError:
        return
    (row,) = mapping.touchpoints(chunk("1"), "s", historical=False)
    assert isinstance(row, Rejected) or row.id


def _yaml(document: Any) -> str:
    import io

    from ruamel.yaml import YAML

    stream = io.StringIO()
    YAML(typ="safe").dump(document, stream)
    return stream.getvalue()


def test_the_words_of_a_translation_are_text_where_text_is_needed() -> None:
    text = "id: {column: c}\ntype: {column: c, values: {a: [1], b: 5}}\noccurred_at: {column: d}\n"
    with pytest.raises(DefinitionError) as found:
        read_mapping("map.yaml", text, "Asia/Shanghai")
    assert [(p.line, p.path) for p in found.value.problems] == [(2, "type.values.a"), (2, "type")]


def test_a_constant_is_in_every_row() -> None:
    assert Constant("菜场").values(chunk(1, 2)) == ["菜场", "菜场"]
