"""Numbers read as people write them, in both languages."""

from __future__ import annotations

import pytest

from cdp.app.web.pages.figures import Change, Figures
from cdp.clock import DAY, HOUR, SECOND

ZH, EN = (Figures(language, "Asia/Shanghai") for language in ("zh", "en"))


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (0, "0", "0"),
        (9_999, "9,999", "9,999"),
        (10_000, "1万", "10k"),
        (124_000, "12.4万", "124k"),
        (3_400_000, "340万", "3.4M"),
        (250_000_000, "2.5亿", "250M"),
        (-12_345, "-1.23万", "-12.3k"),
        (None, "—", "—"),
    ],
)
def test_large_counts_are_in_the_units_of_the_language(value: float | None, zh: str, en: str) -> None:
    assert (ZH.count(value), EN.count(value)) == (zh, en)


@pytest.mark.parametrize(
    ("fen", "zh", "en"),
    [
        (0, "¥0", "¥0"),
        (8_800, "¥88", "¥88"),
        (1_990, "¥19.90", "¥19.90"),
        (123_456, "¥1,235", "¥1,235"),
        (12_400_000, "¥12.4万", "¥124k"),
        (-5_000, "-¥50", "-¥50"),
        (None, "—", "—"),
    ],
)
def test_money_is_yuan_with_cents_only_where_they_matter(fen: int | None, zh: str, en: str) -> None:
    assert (ZH.money(fen), EN.money(fen)) == (zh, en)


def test_an_empty_denominator_shows_a_dash_and_never_zero() -> None:
    assert ZH.percent(None) == "—"
    assert ZH.percent(0.0) == "0.0%"
    assert ZH.seconds(None) == "—"
    assert ZH.span(None) == "—"


def test_a_change_carries_its_sign_relative_for_amounts_and_in_points_for_ratios() -> None:
    assert ZH.change("count", 120, 100) == Change("+20.0%", "up")
    assert ZH.change("money", 50, 100) == Change("-50.0%", "down")
    assert ZH.change("percent", 0.45, 0.5) == Change("-5.0 点", "down")
    assert EN.change("percent", 0.5, 0.45) == Change("+5.0 pt", "up")
    assert ZH.change("count", 100, 100) == Change("±0", "flat")


@pytest.mark.parametrize("before", [None, 0])
def test_without_anything_before_there_is_no_change(before: int | None) -> None:
    assert ZH.change("count", 5, before) == Change("—", "none")


def test_a_ratio_of_zero_before_can_be_compared_with() -> None:
    assert ZH.change("percent", 0.1, 0.0) == Change("+10.0 点", "up")


def test_times_are_those_of_the_shop() -> None:
    assert ZH.moment(0) == "1970-01-01 08:00"
    assert ZH.moment(None) == "—"


def test_lengths_of_time_are_in_their_largest_unit() -> None:
    assert [ZH.span(n) for n in (30 * SECOND, 3 * HOUR, int(1.5 * DAY))] == ["30 秒", "3 小时", "1.5 天"]
    assert ZH.seconds(897) == "14分57秒"
    assert EN.seconds(45) == "45s"
