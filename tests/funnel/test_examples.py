"""Funnels over small histories whose answer can be counted by hand."""

from __future__ import annotations

import json

import pytest

from cdp.clock import DAY, HOUR, MINUTE, SECOND
from cdp.errors import UsageError
from projections.funnel import FULL_FUNNEL, Exclusion, Ways, diagnose, dropped, funnel, parse_step
from projections.funnel.key import narrow
from projections.funnel.result import StepResult
from tests.funnel.shop import A, B, C, D, Row, Tables

HOURS = 3600


def test_the_window_is_counted_from_the_first_step_and_its_last_moment_is_inside() -> None:
    tables = Tables([Row(1, A, 0), Row(1, B, 10), Row(2, A, 0), Row(2, B, 11)])
    assert funnel(tables, [A, B], window="10s").counts == (2, 1)


def test_events_at_the_same_time_are_in_the_order_of_the_log() -> None:
    tables = Tables([Row(1, A, 5), Row(1, B, 5), Row(2, B, 5), Row(2, A, 5)])
    assert funnel(tables, [A, B]).counts == (2, 1)


def test_the_same_event_as_two_steps_needs_two_occurrences() -> None:
    tables = Tables([Row(1, D, 1), Row(2, D, 1), Row(2, D, 2)])
    assert funnel(tables, [D, D]).counts == (2, 1)
    assert funnel(tables, [D, D], order="strict").counts == (2, 1)
    assert funnel(tables, [D, D], order="any").counts == (2, 1)


def test_a_later_start_counts_when_the_first_one_ran_out_of_time() -> None:
    tables = Tables([Row(1, A, 0), Row(1, A, 100), Row(1, B, 105)])
    found = funnel(tables, [A, B], window="10s")
    assert found.counts == (1, 1)
    assert found.median == 5 * SECOND


def test_strict_wants_the_very_next_event() -> None:
    tables = Tables([Row(1, A, 0), Row(1, C, 1), Row(1, B, 2), Row(2, A, 0), Row(2, B, 1)])
    assert funnel(tables, [A, B], order="strict").counts == (2, 1)
    assert funnel(tables, [A, B]).counts == (2, 2)


def test_any_order_gives_each_step_an_event_of_its_own() -> None:
    tables = Tables([Row(1, B, 0), Row(1, A, 1), Row(2, A, 0), Row(2, A, 1)])
    assert funnel(tables, [A, B], order="any").counts == (2, 1)
    assert funnel(tables, [f"{A}, {B}", A], order="any").counts == (2, 2)


def test_whoever_did_what_is_excluded_drops_out_altogether() -> None:
    tables = Tables([Row(1, A, 0), Row(1, C, 1), Row(1, B, 2), Row(2, A, 0), Row(2, B, 1), Row(2, C, 2), Row(3, A, 0)])
    assert funnel(tables, [A, B], exclusions=[Exclusion(parse_step(C))]).counts == (2, 1)


def test_a_second_clean_attempt_brings_an_excluded_person_back() -> None:
    tables = Tables([Row(1, A, 0), Row(1, C, 1), Row(1, B, 2), Row(1, A, 3), Row(1, B, 4)])
    found = funnel(tables, [A, B], exclusions=[Exclusion(parse_step(C))])
    assert found.counts == (1, 1)
    assert found.median == 1 * SECOND


def test_an_exclusion_may_lie_between_two_later_steps_only() -> None:
    tables = Tables([Row(1, A, 0), Row(1, D, 1), Row(1, B, 2), Row(1, C, 3)])
    assert funnel(tables, [A, B, C], exclusions=[Exclusion(parse_step(D), 2, 3)]).counts == (1, 1, 1)
    assert funnel(tables, [A, B, C], exclusions=[Exclusion(parse_step(D), 1, 2)]).counts == (0, 0, 0)


def test_first_ever_asks_for_the_first_event_of_the_type_and_first_matching_for_the_condition_too() -> None:
    tables = Tables([Row(1, A, 0, channel="x"), Row(1, A, 5, channel="y"), Row(1, B, 6)])
    steps = [f"{A} where channel = 'y'", B]
    assert funnel(tables, steps, entry="first_ever").counts == (0, 0)
    assert funnel(tables, steps, entry="first_matching").counts == (1, 1)
    assert funnel(tables, steps, entry="first_matching", since=6 * SECOND).counts == (0, 0)


def test_a_breakdown_takes_the_first_last_every_or_one_steps_value() -> None:
    tables = Tables([Row(1, A, 0, channel="x"), Row(1, B, 1, channel="y"), Row(2, A, 0), Row(2, B, 1, channel="x")])

    def by(attribution: int | str) -> dict[str | None, tuple[int, ...]]:
        found = funnel(tables, [A, B], by="channel", attribution=attribution)
        return {group.value: group.counts for group in found.groups}

    assert by("first") == {"x": (2, 2)}
    assert by("last") == {"y": (1, 1), "x": (1, 1)}
    assert by("all") == {"x": (1, 0), None: (1, 0)}
    assert by(2) == {"y": (1, 1), "x": (1, 1)}
    assert by(1) == {"x": (1, 1), None: (1, 1)}


def test_rates_times_and_the_histogram_of_those_who_came_through() -> None:
    tables = Tables([
        Row(1, A, 0), Row(1, B, 60), Row(1, C, 2 * HOURS),
        Row(2, A, 0), Row(2, B, 180),
        Row(3, A, 0), Row(3, B, 120), Row(3, C, 4 * HOURS),
        Row(4, A, 0),
    ])  # fmt: skip
    found = funnel(tables, [A, B, C])
    assert found.counts == (4, 3, 2)
    assert [s.from_start for s in found.steps] == [1, 0.75, 0.5]
    assert [s.from_previous for s in found.steps] == [None, 0.75, pytest.approx(2 / 3)]
    assert [s.dropped for s in found.steps] == [0, 1, 1]
    assert found.steps[1].median == 2 * MINUTE
    assert found.median == 3 * HOUR
    assert {bar.upto: bar.persons for bar in found.histogram if bar.persons} == {3 * HOUR: 1, 12 * HOUR: 1}


def test_who_dropped_at_a_step_is_who_reached_the_one_before() -> None:
    tables = Tables([Row(1, A, 0), Row(2, A, 0), Row(2, B, 1), Row(3, B, 0)])
    assert dropped(tables, [A, B], step=2) == [1]
    with pytest.raises(UsageError, match="steps 2 to 2"):
        dropped(tables, [A, B], step=1)


def test_staff_and_unknown_people_are_left_out() -> None:
    assert funnel(Tables([Row(1, A, 0), Row(2, A, 0), Row(None, A, 0)], staff=[2]), [A]).counts == (1,)


def test_nobody_has_no_rates() -> None:
    found = funnel(Tables(), [A, B])
    assert found.counts == (0, 0)
    assert [s.from_start for s in found.steps] == [None, None]
    assert found.median is None


def test_the_full_funnel_goes_from_the_group_to_the_second_order() -> None:
    path = [
        Row(1, "group.link_clicked", 0), Row(1, "live.entered", 10), Row(1, "live.watched", 80, seconds=60),
        Row(1, "friend.added", 90), Row(1, "product.viewed", 100), Row(1, "order.placed", 110),
        Row(1, "order.paid", 120), Row(1, "order.placed", 86400),
    ]  # fmt: skip
    short = [Row(2, "group.link_clicked", 0), Row(2, "live.entered", 10), Row(2, "live.left", 69, seconds=59)]
    found = funnel(Tables([*path, *short]), FULL_FUNNEL)
    assert found.counts == (2, 2, 1, 1, 1, 1, 1)
    assert [s.label for s in found.steps] == ["社群点击", "进入直播", "观看", "加微", "进入商城", "下单", "复购"]
    assert funnel(Tables(path[:-1]), FULL_FUNNEL).counts[-1] == 0, "paying the first order is no repurchase"


def test_a_condition_looks_into_columns_and_data() -> None:
    tables = Tables([
        Row(1, D, 0, channel="live", data='{"categories":["粽子","水果"],"amount_fen":900,"pickup":true}'),
        Row(2, D, 0, channel="shop", data='{"categories":["水果"],"amount_fen":"1000"}'),
        Row(3, D, 0, data='{"categories":[]}'),
    ])  # fmt: skip

    def who(condition: str) -> int:
        return funnel(tables, [f"{D} where {condition}"]).counts[0]

    assert who("contains(data.categories, '粽子')") == 1
    assert who("not contains(data.categories, context.channel)") == 2, "of the third nobody knows"
    assert who("data.amount_fen >= 900") == 2
    assert who("data.amount_fen between 1 and 999 and data.pickup = true") == 1
    assert who("data.amount_fen / 2 > 450") == 1
    assert who("channel in ('live', 'shop')") == 2
    assert who("channel = 'live' or channel is null") == 2
    assert who("not (context.channel = 'live')") == 1
    assert who("coalesce(channel, 'none') = 'none'") == 1
    assert who("channel like 'l%' and -data.amount_fen < 0") == 1


def test_a_step_may_carry_a_name() -> None:
    step = parse_step("下单: order.placed, order.paid where seconds > 3")
    assert (step.name, step.types, str(step)) == (
        "下单", ("order.placed", "order.paid"), "order.placed, order.paid where seconds > 3",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("order.plced", "did you mean 'order.placed'"),
        ("order.placed where data.receiver_name = 'x'", "sealed"),
        ("order.placed where second > 1", "did you mean 'seconds'"),
        ("order.placed where has_tag('x')", "one event alone"),
        ("order.placed where person.building = '3'", "one event alone"),
        ("order.placed where seconds >", "not SQL"),
        ("order.placed where seconds > 1; DROP TABLE staff", "exactly one"),
        ("", "not a step"),
    ],
)
def test_a_step_that_means_nothing_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_step(text)


def test_text_of_a_condition_is_never_sql_of_the_query() -> None:
    tables = Tables([Row(1, D, 0, channel="'); DROP TABLE staff; --")])
    assert funnel(tables, ["order.placed where channel = '''); DROP TABLE staff; --'"]).counts == (1,)
    assert funnel(tables, ["order.placed"]).counts == (1,)


def test_everything_wrong_with_a_question_is_said_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        funnel(Tables(), [A, B], order="sideways", entry="twice", by="data", attribution=3, since=5, until=5)
    for part in ("sideways", "twice", "'data'", "attribution", "ends before"):
        assert part in str(caught.value)
    for window in ("14", "1mo", 0):
        with pytest.raises(UsageError):
            funnel(Tables(), [A], window=window)
    with pytest.raises(UsageError, match="do not go with any"):
        funnel(Tables(), [A, B], order="any", exclusions=[Exclusion(parse_step(C))])
    with pytest.raises(UsageError, match="between two steps"):
        funnel(Tables(), [A, B], exclusions=[Exclusion(parse_step(C), 2)])


def test_the_answer_is_plain_json() -> None:
    found = json.loads(json.dumps(funnel(Tables([Row(1, A, 0)]), [A, B], by="channel").as_dict()))
    assert found["counts"] == [1, 0]
    assert found["window"] == 14 * DAY
    assert found["groups"][0]["value"] is None


def test_a_key_is_as_narrow_as_its_events_allow() -> None:
    month = narrow(0, 30 * DAY, 1, 10_000_000, True, 14 * DAY)
    assert (month.unit, month.wide) == (1000, False)
    assert narrow(0, 30 * DAY, 1, 10_000_000, False, 14 * DAY).wide
    assert narrow(0, 3000 * DAY, 1, 100_000_000, True, 14 * DAY).wide


def ways(*counts: int) -> Ways:
    steps = tuple(
        StepResult(i + 1, f"step {i + 1}", "", n, 0, None, n / counts[i - 1] if i and counts[i - 1] else None, None)
        for i, n in enumerate(counts)
    )
    return Ways(steps, None, ())


def test_the_leak_is_the_step_whose_fallen_rate_costs_most_persons() -> None:
    leak = diagnose(ways(1000, 500, 100, 10), ways(1000, 600, 300, 60))
    assert leak is not None
    assert (leak.step.step, leak.worse, leak.missing, leak.rate, leak.rate_before) == (3, True, 150, 0.2, 0.5)


def test_where_no_rate_fell_the_lowest_is_named_and_nobody_is_missing() -> None:
    leak = diagnose(ways(100, 50, 40), ways(100, 50, 40))
    assert leak is not None
    assert (leak.step.step, leak.worse, leak.missing) == (2, False, 0)
    assert diagnose(ways(0, 0, 0), ways(100, 50, 40)) is None
