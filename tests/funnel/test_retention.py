"""Retention over made-up histories equals brute force; and the open periods are marked."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.errors import UsageError
from projections.retention import first_of, retention
from tests.funnel.shop import A, B, C, Row, Tables

DAY = 86_400
MONDAY = date(2026, 6, 1)
START = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp())

histories = st.lists(
    st.builds(
        Row,
        person=st.sampled_from([1, 2, 3, None]),
        type=st.sampled_from([A, B, C]),
        # often close together: who came back, or had begun before, is what the tests are about
        at=(st.integers(-9, 12) | st.integers(-40, 80)).map(lambda day: START + day * DAY + 7),
    ),
    max_size=25,
)
tables = Tables()


def floor(day: date, period: str) -> date:
    if period == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if period == "week" else day


def brute(history: list[Row], starts: list[date], period: str, kind: str, mode: str) -> list[list[int]]:
    began: dict[int, set[date]] = defaultdict(set)
    came: dict[int, set[date]] = defaultdict(set)
    for row in history:
        if row.person is not None and row.type in (A, B):
            (began if row.type == A else came)[row.person].add(
                floor(datetime.fromtimestamp(row.at, UTC).date(), period)
            )
    if kind == "first_time":
        began = defaultdict(set, {person: {min(days)} for person, days in began.items()})
    rows = []
    for at, start in enumerate(starts):
        cohort = [person for person, days in began.items() if start in days]
        later = starts[at + 1 :]
        reach = [later[i:] if mode == "on_or_after" else [later[i]] for i in range(len(later))]
        rows.append([len(cohort), *(sum(bool(came[p] & set(days)) for p in cohort) for days in reach)])
    return rows


@settings(max_examples=25, deadline=None)
@given(
    histories,
    st.sampled_from(["day", "week", "month"]),
    st.sampled_from(["first_time", "recurring"]),
    st.sampled_from(["on", "on_or_after"]),
    st.integers(1, 5),
)
def test_retention_equals_brute_force(history: list[Row], period: str, kind: str, mode: str, periods: int) -> None:
    found = retention(tables.fill(history), A, B, since=MONDAY, periods=periods, period=period, kind=kind, mode=mode)
    starts = [cohort.start for cohort in found.cohorts]
    assert starts[0] == MONDAY
    assert [[cell.persons for cell in c.cells] for c in found.cohorts] == brute(history, starts, period, kind, mode)
    assert not any(cell.open for cohort in found.cohorts for cell in cohort.cells)


@settings(max_examples=25, deadline=None)
@given(
    histories,
    st.sampled_from(["day", "week", "month"]),
    st.sampled_from(["first_time", "recurring"]),
    st.sampled_from(["on", "on_or_after"]),
    st.integers(1, 4),
    st.integers(-3, 140),
)
def test_a_figure_is_open_exactly_as_long_as_later_events_could_change_it(
    history: list[Row], period: str, kind: str, mode: str, periods: int, over: int
) -> None:
    """What is not open stays as it is, whatever happens on the days that are not over."""
    today = MONDAY + timedelta(days=over)
    known = [row for row in history if datetime.fromtimestamp(row.at, UTC).date() <= today]
    asked = {"since": MONDAY, "periods": periods, "period": period, "kind": kind, "mode": mode}
    then = retention(tables.fill(known), A, B, today=today, **asked)  # type: ignore[arg-type]
    later = retention(tables.fill(history), A, B, today=today, **asked)  # type: ignore[arg-type]
    starts = [cohort.start for cohort in then.cohorts]
    assert [[cell.open for cell in cohort.cells] for cohort in then.cohorts] == [
        [
            _last(starts[-1] if mode == "on_or_after" and n else start, period) > today
            for n, start in enumerate(starts[at:])
        ]
        for at in range(periods)
    ]
    for before, after in zip(then.cohorts, later.cohorts, strict=True):
        if not before.open:
            assert before.size == after.size
            closed = [n for n, cell in enumerate(before.cells) if not cell.open]
            assert [before.cells[n].persons for n in closed] == [after.cells[n].persons for n in closed]


def _last(start: date, period: str) -> date:
    """The last day of the period that begins on a day."""
    if period == "month":
        return (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return start + timedelta(days=6 if period == "week" else 0)


def test_as_many_periods_as_are_asked_for_end_with_the_one_that_lasts() -> None:
    assert first_of(date(2026, 6, 20), 3, "day") == date(2026, 6, 18)
    assert first_of(date(2026, 6, 20), 3, "week") == date(2026, 6, 1)
    assert first_of(date(2026, 1, 20), 3, "month") == date(2025, 11, 1)
    with pytest.raises(UsageError, match="day, week or month"):
        first_of(date(2026, 6, 20), 3, "year")


def test_a_period_that_is_not_over_is_marked() -> None:
    shop = Tables([Row(1, A, START), Row(1, B, START + 7 * DAY), Row(2, A, START + 8 * DAY)])
    found = retention(shop, A, B, since=MONDAY + timedelta(days=3), periods=3, today=MONDAY + timedelta(days=8))
    first, second, third = found.cohorts
    assert [(c.start, c.size, c.open) for c in found.cohorts] == [
        (MONDAY, 1, False), (MONDAY + timedelta(7), 1, True), (MONDAY + timedelta(14), 0, True),
    ]  # fmt: skip
    assert [(cell.persons, cell.share, cell.open) for cell in first.cells] == [
        (1, 1.0, False), (1, 1.0, True), (0, 0.0, True),
    ]  # fmt: skip
    assert [cell.share for cell in second.cells] == [1.0, 0.0]
    assert [cell.share for cell in third.cells] == [None]


def test_on_or_after_stays_open_until_the_last_period_is_over() -> None:
    shop = Tables([Row(1, A, START), Row(1, B, START + 15 * DAY)])
    day = MONDAY + timedelta(days=16)
    found = retention(shop, A, B, since=MONDAY, periods=3, mode="on_or_after", today=day)
    assert [(cell.persons, cell.open) for cell in found.cohorts[0].cells] == [(1, False), (1, True), (1, True)]


def test_whoever_began_before_the_table_is_in_none_of_its_cohorts_but_may_come_again() -> None:
    shop = Tables([Row(1, A, START - 9 * DAY), Row(1, A, START), Row(2, A, START), Row(2, A, START + 7 * DAY)])
    sizes = {
        kind: [cohort.size for cohort in retention(shop, A, A, since=MONDAY, periods=2, kind=kind).cohorts]
        for kind in ("first_time", "recurring")
    }
    assert sizes == {"first_time": [1, 0], "recurring": [2, 1]}


def test_staff_are_left_out_and_the_answer_is_plain_json() -> None:
    found = retention(Tables([Row(1, A, START), Row(2, A, START)], staff=[2]), A, B, since=MONDAY, periods=1)
    assert json.loads(json.dumps(found.as_dict()))["cohorts"] == [
        {"start": "2026-06-01", "size": 1, "open": False, "cells": [{"persons": 1, "share": 1.0, "open": False}]}
    ]


def test_everything_wrong_is_said_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        retention(tables, A, B, since=MONDAY, period="year", kind="never", mode="off", periods=0)
    for part in ("'year'", "'never'", "'off'", "not 0"):
        assert part in str(caught.value)
