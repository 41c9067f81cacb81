"""Which step loses most: against the period before, and against the shop's own history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.events.event import Event
from projections.funnel import (
    FULL_FUNNEL,
    HISTORY,
    STAGES,
    Ways,
    audience,
    compare,
    counts,
    diagnose,
    held,
    lost,
    parse_exclusion,
    with_audience,
)
from projections.funnel.result import counted
from projections.funnel.steps import parse_step
from projections.periods import Period
from projections.read import Snapshot
from tests.projections.tables import did, tables_of

ZONE = "Asia/Shanghai"
STEPS = [parse_step("mall.visited"), parse_step("cart.added"), parse_step("order.placed"), parse_step("order.paid")]
MONDAY = date(2026, 6, 15)
WEEK = Period(MONDAY, MONDAY + timedelta(days=6))
STAFF = 99


def ways(*numbers: int) -> Ways:
    return counted(STEPS, numbers)


USUAL = [ways(100, 50, 25, 20)] * 3


def test_a_step_that_is_worse_than_both_comes_first() -> None:
    # step 2 lost 20 against an unusually good week, step 3 lost 10 against that week and 8 against the usual
    leak = diagnose(ways(100, 50, 17, 14), ways(100, 70, 38, 31), USUAL)
    assert leak is not None
    assert (leak.step.step, leak.worse_than, leak.missing) == (3, "both", 8)
    assert (leak.missing_before, leak.missing_usual) == (10, 8)
    assert (leak.rate_before, leak.rate_usual) == (38 / 70, 0.5)


def test_then_one_that_is_worse_than_the_period_before_then_one_that_is_worse_than_usual() -> None:
    before = diagnose(ways(100, 50, 25, 20), ways(100, 60, 30, 24), USUAL)
    assert before is not None
    assert (before.step.step, before.worse_than, before.missing) == (2, "before", 10)
    usual = diagnose(ways(100, 40, 20, 16), ways(100, 40, 20, 16), USUAL)
    assert usual is not None
    assert (usual.step.step, usual.worse_than, usual.missing) == (2, "usual", 10)


def test_where_nothing_is_worse_the_lowest_rate_is_named_and_nobody_is_missing() -> None:
    leak = diagnose(ways(100, 50, 25, 20), ways(100, 50, 25, 20), USUAL)
    assert leak is not None
    assert (leak.step.step, leak.worse, leak.missing) == (2, False, 0)


def test_without_enough_history_the_period_before_alone_counts() -> None:
    leak = diagnose(ways(100, 50, 25, 10), ways(100, 50, 25, 20), USUAL[:2])
    assert leak is not None
    assert (leak.step.step, leak.worse_than, leak.rate_usual, leak.missing) == (4, "before", None, 10)


def test_the_usual_is_the_median_of_the_periods_in_which_anybody_came() -> None:
    earlier = [ways(10, 1, 0, 0), ways(10, 5, 5, 5), ways(10, 9, 9, 9), ways(0, 0, 0, 0), ways(10, 0, 0, 0)]
    first, second, *_ = held(ways(10, 5, 5, 5), ways(10, 5, 5, 5), earlier)
    assert (first.rate_usual, second.rate_usual) == (0.5, None), "in two weeks alone did anybody come to the third step"


_numbers = st.lists(st.integers(0, 40), min_size=4, max_size=4).map(lambda found: ways(*sorted(found, reverse=True)))


@given(_numbers, _numbers, st.lists(_numbers, max_size=5))
def test_no_step_lost_more_than_the_one_that_is_named_in_the_same_way(
    now: Ways, then: Ways, earlier: list[Ways]
) -> None:
    steps = list(held(now, then, earlier))
    leak = diagnose(now, then, earlier)
    assert (leak is None) == (not any(now.counts[:-1]))
    if leak is not None:
        assert leak in steps
        both = [s.missing for s in steps if s.worse_than == "both"]
        assert leak.missing >= max(both, default=0)
        assert leak.worse == any(s.worse for s in steps)
        assert all(s.missing == 0 for s in steps if not s.worse)


def test_those_who_could_have_begun_are_what_the_first_step_is_counted_among() -> None:
    among = with_audience(ways(30, 20, 10, 5), 120)
    assert (among.steps[0].from_previous, among.steps[0].dropped, among.audience) == (0.25, 90, 120)
    leak = diagnose(among, with_audience(ways(60, 40, 20, 10), 120))
    assert leak is not None
    assert (leak.step.step, leak.missing) == (1, 30)
    assert with_audience(ways(0, 0, 0, 0), 0).steps[0].from_previous is None


def weeks() -> Iterator[Event]:
    """Four neighbours and staff in a group since May. In each of the nine weeks before, 1, 2 and 3 click and 1 and 2 enter a
    live; this week 1 and 2 click, and 1 enters. 4 left on the 10th, 5 came on the 17th."""
    yield did("person.profile_changed", "08:00", STAFF, day="2026-03-01", data={"is_staff": True})
    for who in (1, 2, 3, 4, STAFF):
        yield did("group.joined", "09:00", who, day="2026-03-01", group="g")
    for back in range(1, 10):
        day = str(MONDAY - timedelta(days=7 * back - 2))
        for who in (1, 2, 3, STAFF):
            yield did("group.link_clicked", "10:00", who, day=day, group="g")
        for who in (1, 2):
            yield did("live.entered", "20:00", who, day=day, live=f"l{back}")
    yield did("group.left", "09:00", 4, day="2026-06-10", group="g")
    yield did("group.joined", "09:00", 5, day="2026-06-17", group="g")
    for who in (1, 2):
        yield did("group.link_clicked", "10:00", who, day="2026-06-17", group="g")
    yield did("live.entered", "20:00", 1, day="2026-06-17", live="l0")


@pytest.fixture(scope="module")
def tables() -> Iterator[Snapshot]:
    with tables_of(list(weeks())) as reader, reader.snapshot() as snapshot:
        yield snapshot


def test_the_shops_own_funnel_is_held_against_the_week_before_and_the_eight_before_that(tables: Snapshot) -> None:
    found = compare(tables, FULL_FUNNEL, WEEK, WEEK.before(), ZONE)
    since, until = WEEK.moments(ZONE)
    members = audience(tables, since, until)
    missed = [lost(tables, step, since, until) for step in (1, 2, 3)]
    assert [found.now.counts[:2], found.before.counts[:2]] == [(2, 1), (3, 2)]
    assert [e.counts[:2] for e in found.earlier] == [(3, 2)] * HISTORY
    assert HISTORY == 8
    # 1, 2, 3 and 5 were members this week; 4 still was the week before, when 5 was not
    assert (members, found.now.audience, found.before.audience) == ([1, 2, 3, 5], 4, 4)
    assert [(h.step.name, h.rate, h.rate_before, h.rate_usual) for h in found.held][:2] == [
        ("Group click", 2 / 4, 3 / 4, 3 / 4), ("Enter live", 1 / 2, 2 / 3, 2 / 3),
    ]  # fmt: skip
    assert found.leak is not None
    assert (found.leak.step.step, found.leak.worse_than, found.leak.missing) == (1, "both", 1)
    assert missed == [[3, 5], [2], [1]]


def test_steps_of_ones_own_are_compared_with_their_options(tables: Snapshot) -> None:
    steps, rules = ["group.link_clicked", "live.entered"], {"window": "1h"}
    found = compare(tables, steps, WEEK, WEEK.before(), ZONE, by="group_id", **rules)
    since, until = WEEK.before().moments(ZONE)
    assert found.before.counts == counts(tables, steps, since=since, until=until, window="1h")
    assert found.now.counts == (2, 0)
    assert [group.value for group in found.now.groups] == ["g"]
    assert found.now.audience is None


def test_every_stage_of_the_full_funnel_says_what_is_usually_done_about_it() -> None:
    assert [stage.name for stage in STAGES] == [
        "group_click", "enter_live", "watch", "add_wecom", "enter_mall", "order", "repurchase",
    ]  # fmt: skip
    for stage in STAGES:
        assert (stage.step.name, stage.step.label) == stage.label
        assert all(text for said in (stage.about, stage.advice) for text in said)


def test_earlier_stretches_begin_on_the_same_weekday_and_overlap_nothing() -> None:
    day = Period(date(2026, 6, 17), date(2026, 6, 17))
    assert [p.since for p in day.earlier(2)] == [date(2026, 6, 10), date(2026, 6, 3)]
    month = Period(date(2026, 6, 1), date(2026, 6, 30))
    assert [(p.since, p.until) for p in month.earlier(1)] == [(date(2026, 4, 27), date(2026, 5, 26))]


@pytest.mark.parametrize("text", ["2-3: cart.added", " 2 - 3 : cart.added"])
def test_an_exclusion_may_say_between_which_steps(text: str) -> None:
    found = parse_exclusion(text)
    assert (found.after, found.before, found.event) == (2, 3, parse_step("cart.added"))
    assert parse_exclusion("退货: order.refunded where amount_fen between 1 and 2").event.name == "退货"


def test_the_guide_tells_what_is_usually_done_in_the_same_words() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "funnels.md").read_text(encoding="utf-8")
    for stage in STAGES:
        assert f"| {stage.label.en} {stage.label.zh} | {stage.advice.en} | {stage.advice.zh} |" in guide
