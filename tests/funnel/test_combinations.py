"""Every combination of options that is legal equals brute force: counts, rates, times, histogram, groups, and who dropped."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random
from statistics import median

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdp.conditions.condition import Condition
from projections.funnel import Exclusion, FunnelResult, Step, Ways, counts, dropped, funnel, reached
from tests.funnel import oracle
from tests.funnel.oracle import SECOND, Asked
from tests.funnel.shop import A, B, C, D, Row, Tables

MINUTE, HOUR, DAY = 60, 3600, 86_400
BARS = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 12 * HOUR, DAY, 3 * DAY, 7 * DAY, 14 * DAY, 30 * DAY)
_SETTINGS = settings(deadline=None, max_examples=12, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def tables() -> Tables:
    return Tables()


@st.composite
def histories(draw: st.DrawFn, scale: int) -> list[Row]:
    """Up to thirty events of a few persons within ten units of time, often several at once."""
    row = st.builds(
        Row,
        person=st.sampled_from([1, 1, 1, 2, 2, 3, 4, None]),
        type=st.sampled_from([A, A, B, B, C, D]),
        at=st.integers(0, 9).map(lambda n: n * scale),
        channel=st.sampled_from(["x", "y", None]),
    )
    return draw(st.lists(row, min_size=4, max_size=30))


def crowd(random: Random, scale: int) -> list[Row]:
    """Twenty-five persons who do a few things again and again, so that whatever a rule decides matters to some of them; a
    third of it at any moment, so that it shows in the times, the rest at moments that many share."""

    def row(person: int) -> Row:
        at = random.randint(0, 9) * scale + random.choice([0, 0, random.randrange(scale)])
        return Row(person, random.choice([A, A, B, B, C, D]), at, random.choice(["x", "y", "y", None]))

    rows = [row(person) for person in range(1, 26) for _ in range(random.randint(3, 9))]
    random.shuffle(rows)
    return rows


def asked_of_a_crowd(random: Random, scale: int, order: str, entry: str) -> Asked:
    """A question that many of a crowd come some way through: two to four steps, and few rules at once."""
    steps = tuple(random.choices([(A,), (B,), (C,), (A, B), (C, A)], k=random.randint(2, 4)))
    pairs = [(a, b) for b in range(2, len(steps) + 1) for a in range(1, b)]
    exclusions = () if order == "any" else random.choice([(), ((random.choice([C, D]), *random.choice(pairs)),)])
    since, until = random.choice([(None, None), (None, None), (1, None), (None, 8)])
    return Asked(
        steps, random.randint(2, 6) * scale, order, exclusions, entry,
        since=None if since is None else since * scale,
        until=None if until is None else until * scale,
        attribution=random.choice([None, "first", "last", "all", *range(1, len(steps) + 1)]),
        only=(random.choice([None, "y"]), *[None] * (len(steps) - 1)),
    )  # fmt: skip


@st.composite
def questions(draw: st.DrawFn, scale: int) -> Asked:
    """Any question that may be asked."""
    steps = tuple(draw(st.lists(st.sampled_from([(A,), (B,), (C,), (A, B), (C, A)]), min_size=1, max_size=4)))
    order = draw(st.sampled_from(["sequential", "strict", "any"]))
    pairs = [(a, b) for b in range(2, len(steps) + 1) for a in range(1, b)]
    exclusions = st.lists(
        st.builds(lambda kind, ab: (kind, *ab), st.sampled_from([C, D]), st.sampled_from(pairs)), max_size=2
    )
    only = draw(st.lists(st.sampled_from([None, None, "x", "y"]), min_size=len(steps), max_size=len(steps)))
    since = draw(st.none() | st.integers(0, 5))
    until = draw(st.none() | st.integers((since or 0) + 1, 10))
    return Asked(
        steps,
        window=draw(st.integers(1, 6)) * scale,
        order=order,
        exclusions=tuple(draw(exclusions)) if pairs and order != "any" else (),
        entry=draw(st.sampled_from(["every", "first_ever", "first_matching"])),
        since=None if since is None else since * scale,
        until=None if until is None else until * scale,
        attribution=draw(st.sampled_from([None, "first", "last", "all", *range(1, len(steps) + 1)])),
        only=tuple(only),
    )


def steps_of(asked: Asked) -> list[Step]:
    """The steps as they are asked for."""
    return [
        Step(types, Condition.parse(f"channel = '{channel}'") if channel else None)
        for types, channel in zip(asked.steps, asked.only, strict=True)
    ]


def moment(seconds: int | None) -> int | None:
    return None if seconds is None else seconds * SECOND


def check(tables: Tables, history: list[Row], asked: Asked) -> None:
    """Ask, and hold everything in the answer against the oracle."""
    tables.fill(history)
    steps = steps_of(asked)
    rules = {
        "since": moment(asked.since),
        "until": moment(asked.until),
        "window": asked.window * SECOND,
        "order": asked.order,
        "exclusions": [Exclusion(Step((kind,)), after, before) for kind, after, before in asked.exclusions],
        "entry": asked.entry,
    }
    by = {} if asked.attribution is None else {"by": "channel", "attribution": asked.attribution}
    found: FunnelResult = funnel(tables, steps, **rules, **by)  # type: ignore[arg-type]
    everybody = oracle.ways(history, replace(asked, attribution=None))
    compare(found, everybody, len(steps))
    if by:
        groups = oracle.ways(history, asked)
        assert {group.value for group in found.groups} == {value for _, value in groups}
        for group in found.groups:
            compare(group, {unit: way for unit, way in groups.items() if unit[1] == group.value}, len(steps))
    assert counts(tables, steps, **rules) == found.counts  # type: ignore[arg-type]
    for step in range(1, len(steps) + 1):
        came = {person for (person, _), way in everybody.items() if len(way) >= step}
        assert reached(tables, steps, step=step, **rules) == sorted(came)  # type: ignore[arg-type]
        if step > 1:
            stayed = {person for (person, _), way in everybody.items() if len(way) == step - 1}
            assert dropped(tables, steps, step=step, **rules) == sorted(stayed)  # type: ignore[arg-type]


def compare(found: Ways, expected: dict[tuple[int, str | None], oracle.Way], steps: int) -> None:
    assert found.counts == oracle.counts(expected, steps)
    assert [s.median for s in found.steps[1:]] == [oracle.median_time(expected, i, i + 1) for i in range(1, steps)]
    took = [way[-1] - way[0] for way in expected.values() if len(way) == steps]
    assert found.median == (round(median(took) * SECOND) if took else None)
    limits = [(0, BARS[0]), *pairwise(BARS), (BARS[-1], float("inf"))]
    bars = [sum(low < t <= high or (low == 0 and t == 0) for t in took) for low, high in limits]
    assert [bar.persons for bar in found.histogram] == bars
    assert [bar.upto for bar in found.histogram] == [*(bar * SECOND for bar in BARS), None]
    for step, before in zip(found.steps[1:], found.counts, strict=False):
        assert step.dropped == before - step.persons
        assert step.from_previous == (step.persons / before if before else None)
        assert step.from_start == (step.persons / found.counts[0] if found.counts[0] else None)


@_SETTINGS
@given(st.data(), st.sampled_from([1, 45, 1000, 20_000, 400_000]))
def test_any_legal_combination_equals_brute_force(tables: Tables, data: st.DataObject, scale: int) -> None:
    check(tables, data.draw(histories(scale)), data.draw(questions(scale)))


@pytest.mark.parametrize(
    "turns", [pytest.param(range(2), id="2"), pytest.param(range(2, 12), id="10", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("entry", ["every", "first_ever", "first_matching"])
@pytest.mark.parametrize("order", ["sequential", "strict", "any"])
def test_any_order_and_entry_equal_brute_force_for_a_crowd(
    tables: Tables, order: str, entry: str, turns: range
) -> None:
    """Beside the small histories that Hypothesis likes best: large ones, in which no rule can go wrong unseen."""
    for turn in turns:
        random = Random(f"{order} {entry} {turn}")
        check(tables, crowd(random, 45), asked_of_a_crowd(random, 45, order, entry))


@settings(_SETTINGS, max_examples=8)
@given(st.data())
def test_by_what_a_person_is_everybody_counts_once_under_it_whatever_the_attribution(
    tables: Tables, data: st.DataObject
) -> None:
    history, asked = data.draw(histories(1)), data.draw(questions(1))
    attribution = asked.attribution or "first"
    asked = replace(asked, attribution=None, exclusions=())
    rules = {"since": moment(asked.since), "until": moment(asked.until), "window": asked.window * SECOND}
    found = funnel(
        tables.fill(history), steps_of(asked), order=asked.order, entry=asked.entry,
        by="person.building", attribution=attribution, **rules,  # type: ignore[arg-type]
    )  # fmt: skip
    lives_in = {1: "3栋", 2: "3栋", 3: "5栋"}
    expected = oracle.ways(history, asked)
    for group in found.groups:
        own = {unit: way for unit, way in expected.items() if lives_in.get(unit[0]) == group.value}
        compare(group, own, len(asked.steps))
    assert sum(group.counts[0] for group in found.groups) == found.counts[0]


@pytest.mark.parametrize("attribution", ["first", "last", "all", 1, 2])
@pytest.mark.parametrize("order", ["sequential", "any"])
def test_who_never_did_a_step_still_is_what_they_are(tables: Tables, order: str, attribution: str | int) -> None:
    tables.fill([Row(1, A, 0), Row(3, A, 0), Row(3, B, 1), Row(9, A, 0)])
    found = funnel(tables, [A, B], order=order, by="person.building", attribution=attribution)
    assert {group.value: group.counts for group in found.groups} == {"3栋": (1, 0), "5栋": (1, 1), None: (1, 0)}


@pytest.mark.slow
@pytest.mark.timeout(600)
@settings(_SETTINGS, max_examples=300)
@given(st.data(), st.sampled_from([1, 45, 1000, 20_000, 400_000]))
def test_any_legal_combination_equals_brute_force_many_times(tables: Tables, data: st.DataObject, scale: int) -> None:
    check(tables, data.draw(histories(scale)), data.draw(questions(scale)))
