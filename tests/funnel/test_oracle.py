"""Funnels over made-up histories equal brute force, for every option and order."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdp.conditions.condition import Condition
from projections.funnel import Exclusion, FunnelResult, Step, Ways, counts, dropped, funnel
from tests.funnel import oracle
from tests.funnel.oracle import SECOND, Asked
from tests.funnel.shop import A, B, C, D, Row, Tables

TYPES = (A, B, C, D)
scattered = st.lists(
    st.builds(
        Row,
        person=st.sampled_from([1, 1, 1, 2, 2, 3, 4, 5, None]),
        type=st.sampled_from(TYPES),
        at=st.integers(0, 9),
        channel=st.sampled_from(["x", "y", None]),
    ),
    max_size=28,
)
# few persons who do the same few things again and again, so that it matters which of them is taken
crowded = st.lists(
    st.builds(
        Row,
        person=st.sampled_from([1, 1, 2]),
        type=st.sampled_from([A, A, B, B, C]),
        at=st.integers(0, 9),
        channel=st.sampled_from(["x", "y"]),
    ),
    min_size=6,
    max_size=20,
)
rows = scattered | crowded
steps = st.lists(st.sampled_from([(A,), (B,), (C,), (A, B), (C, A)]), min_size=1, max_size=4).map(tuple)
windows = st.integers(1, 6)
orders = st.sampled_from(["sequential", "strict", "any"])
ordered = st.sampled_from(["sequential", "strict"])
few = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def tables() -> Tables:
    return Tables()


def answer(tables: Tables, history: list[Row], asked: Asked) -> FunnelResult:
    tables.fill(history)
    return funnel(
        tables,
        [Step(types, _only(asked, n)) for n, types in enumerate(asked.steps)],
        since=None if asked.since is None else asked.since * SECOND,
        until=None if asked.until is None else asked.until * SECOND,
        window=asked.window * SECOND,
        order=asked.order,
        exclusions=[Exclusion(Step((kind,)), after, before) for kind, after, before in asked.exclusions],
        entry=asked.entry,
        by=None if asked.attribution is None else "channel",
        attribution=asked.attribution or "first",
    )


def _only(asked: Asked, step: int) -> Condition | None:
    channel = asked.only[step] if step < len(asked.only) else None
    return Condition.parse(f"channel = '{channel}'") if channel else None


def check(found: Ways, expected: dict[tuple[int, str | None], oracle.Way], steps: int) -> None:
    assert found.counts == oracle.counts(expected, steps)
    assert [s.median for s in found.steps[1:]] == [oracle.median_time(expected, i, i + 1) for i in range(1, steps)]
    assert found.median == oracle.median_time(expected, 1, steps)
    assert sum(bar.persons for bar in found.histogram) == found.counts[-1]


@few
@given(rows, steps, windows, orders)
def test_counts_and_times_equal_brute_force(tables: Tables, history: list[Row], steps, window: int, order: str) -> None:  # type: ignore[no-untyped-def]
    asked = Asked(steps, window, order)
    check(answer(tables, history, asked), oracle.ways(history, asked), len(steps))


@few
@given(rows, steps, windows, orders, st.integers(0, 5), st.integers(1, 6))
def test_a_period_leaves_out_events_before_and_after(tables, history, steps, window, order, since, days):  # type: ignore[no-untyped-def]
    asked = Asked(steps, window, order, since=since, until=since + days)
    check(answer(tables, history, asked), oracle.ways(history, asked), len(steps))


@few
@given(rows, steps.filter(lambda s: len(s) > 1), windows, ordered, st.data())
def test_exclusions_equal_brute_force(tables, history, steps, window, order, data):  # type: ignore[no-untyped-def]
    between = st.tuples(st.integers(1, len(steps)), st.integers(1, len(steps))).filter(lambda ab: ab[0] < ab[1])
    exclusion = st.builds(lambda kind, ab: (kind, *ab), st.sampled_from([C, D]), between)
    asked = Asked(steps, window, order, tuple(data.draw(st.lists(exclusion, min_size=1, max_size=2))))
    check(answer(tables, history, asked), oracle.ways(history, asked), len(steps))


@settings(few, max_examples=24)
@given(
    rows | crowded, steps, windows, orders, st.sampled_from(["first_ever", "first_matching"]),
    st.sampled_from([0, 0, 0, 1, 4]), st.sampled_from(["x", "y", None]),
)  # fmt: skip
def test_entering_once_only_equals_brute_force(tables, history, steps, window, order, entry, since, channel):  # type: ignore[no-untyped-def]
    asked = Asked(steps, window, order, entry=entry, since=since, only=(channel,))
    check(answer(tables, history, asked), oracle.ways(history, asked), len(steps))


@few
@given(rows, steps, windows, orders, st.data())
def test_breakdowns_equal_brute_force(tables, history, steps, window, order, data):  # type: ignore[no-untyped-def]
    attribution = data.draw(st.sampled_from(["first", "last", "all", *range(1, len(steps) + 1)]))
    asked = Asked(steps, window, order, attribution=attribution)
    found = answer(tables, history, asked)
    expected = oracle.ways(history, asked)
    values = {value for _, value in expected}
    assert {group.value for group in found.groups} == values
    for group in found.groups:
        check(group, {unit: way for unit, way in expected.items() if unit[1] == group.value}, len(steps))
    check(found, oracle.ways(history, Asked(steps, window, order)), len(steps))


@few
@given(rows, steps.filter(lambda s: len(s) > 1), windows, orders, st.data())
def test_who_dropped_equals_brute_force(tables, history, steps, window, order, data):  # type: ignore[no-untyped-def]
    step = data.draw(st.integers(2, len(steps)))
    tables.fill(history)
    found = dropped(tables, [Step(types) for types in steps], step=step, window=window * SECOND, order=order)
    expected = oracle.ways(history, Asked(steps, window, order))
    assert found == sorted(person for (person, _), way in expected.items() if len(way) == step - 1)


@few
@given(rows, steps, windows, st.integers(0, 5), st.integers(1, 8), st.booleans())
def test_counts_alone_equal_brute_force(tables, history, steps, window, since, length, wide):  # type: ignore[no-untyped-def]
    # An event far away in time, and positions far apart, make keys that need more than 64 bits.
    tables.fill([*history, Row(9, "x.far", 7_000_000_000)] if wide else history, gap=10**10 if wide else 1)
    chosen = [Step(types) for types in steps]
    asked = Asked(steps, window)
    assert counts(tables, chosen, window=window * SECOND) == oracle.counts(oracle.ways(history, asked), len(steps))
    asked = Asked(steps, window, since=since, until=since + length)
    found = counts(tables, chosen, window=window * SECOND, since=since * SECOND, until=(since + length) * SECOND)
    assert found == oracle.counts(oracle.ways(history, asked), len(steps))


@few
@given(rows, steps, windows, orders)
def test_keys_of_128_bits_give_the_same_funnel(tables, history, steps, window, order):  # type: ignore[no-untyped-def]
    asked = Asked(steps, window, order)
    narrow = answer(tables, history, asked)
    tables.fill([*history, Row(9, "x.far", 7_000_000_000)], gap=10**10)
    assert funnel(tables, [Step(types) for types in steps], window=window * SECOND, order=order) == narrow
