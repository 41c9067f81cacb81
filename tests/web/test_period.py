"""The days in the URL, and the days that they are compared with."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.app.web.pages.period import Period, chosen

TODAY = date(2026, 6, 20)
DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))


@pytest.mark.parametrize(
    ("preset", "since", "until"),
    [
        ("today", date(2026, 6, 20), date(2026, 6, 20)),
        ("yesterday", date(2026, 6, 19), date(2026, 6, 19)),
        ("7d", date(2026, 6, 14), date(2026, 6, 20)),
        ("30d", date(2026, 5, 22), date(2026, 6, 20)),
        ("month", date(2026, 6, 1), date(2026, 6, 20)),
    ],
)
def test_presets_end_today_or_yesterday(preset: str, since: date, until: date) -> None:
    assert chosen({"range": preset}, TODAY) == Period(since, until, preset)


@pytest.mark.parametrize("params", [{}, {"range": "for ever"}, {"since": "soon"}, {"since": "2026-02-31", "until": ""}])
def test_what_is_no_period_is_the_usual_one(params: dict[str, str]) -> None:
    assert chosen(params, TODAY).preset == "7d"


def test_a_month_is_compared_with_the_same_days_of_the_month_before() -> None:
    assert chosen({"range": "month"}, TODAY).before() == Period(date(2026, 5, 1), date(2026, 5, 20))
    assert chosen({"range": "month"}, date(2026, 3, 31)).before() == Period(date(2026, 2, 1), date(2026, 2, 28))


@given(DAYS, DAYS)
def test_any_two_days_are_a_period_and_the_one_before_is_as_long_and_ends_the_day_before(a: date, b: date) -> None:
    period = chosen({"since": a.isoformat(), "until": b.isoformat()}, TODAY)

    assert (period.since, period.until) == (max(min(a, b), max(a, b) - timedelta(days=999)), max(a, b))
    assert period.before().days == period.days
    assert period.before().until == period.since - timedelta(days=1)


@given(DAYS, DAYS)
def test_a_period_survives_the_url(a: date, b: date) -> None:
    period = chosen({"since": a.isoformat(), "until": b.isoformat()}, TODAY)

    assert chosen(period.query(), TODAY) == period


def test_moments_are_those_of_the_shops_days() -> None:
    start, end = Period(date(2026, 6, 20), date(2026, 6, 20)).moments("Asia/Shanghai")

    assert end - start == 24 * 3600 * 1_000_000
    assert start == 1_781_884_800_000_000
