"""Durations, as people write them."""

from __future__ import annotations

import pytest

from cdp.clock import DAY, HOUR, MINUTE, SECOND, iso, to_datetime
from cdp.conditions.durations import parse_duration

TZ = "Asia/Shanghai"
JANUARY_31 = 1_769_821_200_000_000  # 2026-01-31 09:00 in Shanghai


@pytest.mark.parametrize(
    ("text", "micros"),
    [("3d", 3 * DAY), ("1h", HOUR), ("30m", 30 * MINUTE), ("45s", 45 * SECOND), ("2w", 14 * DAY), ("1d12h", 36 * HOUR)],
)
def test_a_duration_is_a_number_and_a_unit(text, micros):
    assert parse_duration(text).after(0, TZ) == micros


def test_months_follow_the_calendar_and_stop_at_the_end_of_a_short_one():
    assert to_datetime(JANUARY_31).isoformat() == "2026-01-31T01:00:00+00:00"
    assert iso(parse_duration("1mo").after(JANUARY_31, TZ)) == "2026-02-28T01:00:00Z"
    assert iso(parse_duration("6mo").before(JANUARY_31, TZ)) == "2025-07-31T01:00:00Z"


@pytest.mark.parametrize("text", ["", "3", "d", "3 days", "-3d", "1.5h", "3d!", "9999999mo", "99999999d"])
def test_what_is_no_duration_is_refused_with_what_would_be_right(text):
    with pytest.raises(ValueError, match=r"is not a duration|longer than"):
        parse_duration(text)
