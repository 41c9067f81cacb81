"""Each kind of step, and the timers behind them."""

from __future__ import annotations

import pytest

from cdp.clock import HOUR, MINUTE
from cdp.testing import moment
from journeys.verify import verify
from tests.journeys.town import Town

TRAITS = "orders: {agg: count, event: order.paid}\nrecent: {agg: count, event: order.paid, window: 1d}"


def journey(steps: str, entry: str = "{event: mall.visited, again: always}") -> dict[str, str]:
    return {"journeys/way.yaml": f"journey: way\nentry: {entry}\nsteps:\n{steps}", "traits.yaml": TRAITS}


def ends(town: Town) -> list[str]:
    """How each run ended: the word of its `leave`, or the reason."""
    return [d.data.get("detail") or d.data["reason"] for d in town.decisions("journey.left")]


@pytest.mark.parametrize(
    ("wait", "now", "due"),
    [
        ("90m", "2026-06-19T19:30:00+08:00", "2026-06-19T21:00:00+08:00"),
        ("1mo", "2026-08-31T09:00:00+08:00", "2026-09-30T09:00:00+08:00"),
        ('{until: "20:00"}', "2026-06-19T19:30:00+08:00", "2026-06-19T20:00:00+08:00"),
        ('{until: "19:30"}', "2026-06-19T19:30:00+08:00", "2026-06-20T19:30:00+08:00"),
        ('{until: "10:00", on: [sat]}', "2026-06-19T19:30:00+08:00", "2026-06-20T10:00:00+08:00"),
        ('{until: "10:00", on: [fri]}', "2026-06-19T19:30:00+08:00", "2026-06-26T10:00:00+08:00"),
        ('{until: "00:00", on: sun}', "2026-06-20T23:59:00+08:00", "2026-06-21T00:00:00+08:00"),
    ],
)
def test_a_wait_ends_when_it_says(wait, now, due):
    town = Town(journey(f"  - wait: {wait}"))
    town.until(moment(now))
    town.happens("mall.visited")
    assert town.engine.next_due() == moment(due)


def test_a_timer_survives_a_restart_and_goes_off_once():
    town = Town(journey("  - wait: 3d\n  - leave: rested"))
    town.happens("mall.visited")
    due = town.engine.next_due()
    town.restart()
    assert town.engine.next_due() == due
    town.later("3d")
    town.restart()
    town.later("3d")
    assert ends(town) == ["rested"]


def test_timers_go_off_in_the_order_in_which_they_are_due():
    town = Town(journey("  - wait: 1h"))
    for who in (19, 17, 18):
        town.happens("mall.visited", who)
        town.clock.advance_to(town.clock.now() + MINUTE)
    town.clock.advance_to(town.clock.now() + 5 * HOUR)
    town.settle()
    assert [d.who[0].surrogate for d in town.decisions("journey.left")] == [19, 17, 18]


def test_a_timer_decides_with_the_time_it_was_due_however_late_it_is():
    town = Town(journey("  - wait: 1h\n  - wait: 1h\n  - leave: rested"))
    town.happens("mall.visited")
    entered = town.clock.now()
    town.clock.advance_to(entered + 9 * HOUR)
    town.settle()
    times = [(d.data["now"] - entered, d.occurred_at - entered) for d in town.decisions("journey.left")]
    assert times == [(2 * HOUR, 9 * HOUR)]


CHOOSE = """
  - choose:
      - {when: orders >= 2, do: [{leave: regular}]}
      - {when: person.building = '3栋', do: []}
      - else: [{leave: stranger}]
  - leave: behind
"""


@pytest.mark.parametrize(
    ("orders", "building", "end"),
    [(2, "3栋", "regular"), (1, "3栋", "behind"), (0, "5栋", "stranger"), (0, "", "stranger")],
)
def test_choose_takes_the_first_branch_that_holds_else_the_last(orders, building, end):
    town = Town(journey(CHOOSE))
    for number in range(orders):
        town.buys("青菜", f"E{number}")
    if building:
        town.happens("person.profile_changed", data={"building": building})
    town.happens("mall.visited")
    assert ends(town) == [end]


SPLIT = """
  - split:
      A: {share: 30, do: [{leave: a}]}
      B: {share: 70, do: [{leave: b}]}
"""


def test_a_split_shares_people_out_and_gives_each_the_same_way_again():
    town = Town(journey(SPLIT))
    for _ in range(2):
        for who in range(1, 201):
            town.happens("mall.visited", who, advance=False)
        town.settle()
    first, second = ends(town)[:200], ends(town)[200:]
    assert first == second
    assert 40 <= first.count("a") <= 80


def test_a_way_that_grows_keeps_whoever_went_it():
    small, large = Town(journey(SPLIT)), Town(journey(SPLIT.replace("30", "60").replace("70", "40")))
    for town in (small, large):
        for who in range(1, 101):
            town.happens("mall.visited", who, advance=False)
        town.settle()
    pairs = list(zip(ends(small), ends(large), strict=True))
    assert ("a", "b") not in pairs
    assert ("b", "a") in pairs


AWAIT = """
  - await:
      - {event: order.paid, where: "contains(data.categories, '粽子')", do: [{leave: zongzi}]}
      - {event: order.paid, do: [{leave: bought}]}
      - {when: has_tag('老客'), do: [{leave: regular}]}
      - {when: recent = 0 AND orders > 0, do: [{leave: quiet}]}
    timeout: 2d
    otherwise: [{leave: nothing}]
"""


def town_awaiting(**replaced: str) -> Town:
    town = Town(journey(AWAIT + replaced.get("more", "")))
    return town


def test_await_takes_what_happens_first():
    town = town_awaiting()
    town.happens("mall.visited")
    town.later("1h")
    town.buys("青菜", "E1")
    town.happens("tag.added", data={"tag": "老客", "by": "staff"})
    assert ends(town) == ["bought"]
    assert town.engine.next_due() is None


def test_of_several_that_one_event_meets_the_first_in_the_file_counts():
    town = town_awaiting()
    town.happens("mall.visited")
    position = town.buys("粽子", "E1")
    assert ends(town) == ["zongzi"]
    stepped = next(d for d in town.decisions("journey.stepped") if d.data.get("saw"))
    assert stepped.data["saw"]["event"] == position


def test_await_takes_a_condition_that_holds_on_arrival_at_once():
    town = town_awaiting()
    town.happens("tag.added", data={"tag": "老客", "by": "staff"})
    town.happens("mall.visited")
    assert ends(town) == ["regular"]


def test_await_takes_a_condition_as_soon_as_an_event_makes_it_true():
    town = town_awaiting()
    town.happens("mall.visited")
    town.later("1h")
    town.happens("tag.added", data={"tag": "老客", "by": "staff"})
    assert ends(town) == ["regular"]


def test_when_the_time_is_up_conditions_are_asked_once_more():
    town = town_awaiting()
    town.buys("青菜", "E1")
    town.later("12h")
    town.happens("mall.visited")
    town.later("36h")
    assert ends(town) == []
    town.later("12h")
    assert ends(town) == ["quiet"]


def test_otherwise_is_what_happens_when_nothing_did():
    town = town_awaiting()
    town.happens("mall.visited")
    town.later("2d")
    assert ends(town) == ["nothing"]


def test_what_happened_before_arriving_does_not_count_unless_the_step_looks_back():
    for look_back, end in (("none", "quiet"), ("entry", "bought")):
        steps = f"  - wait: 1h{AWAIT}    look_back: {look_back}\n"
        town = Town(journey(steps))
        town.buys("青菜", "E0")
        town.later("1h")
        town.happens("mall.visited")
        town.later("30m")
        town.buys("青菜", "E1")
        town.later("3d")
        assert ends(town) == [end]


def test_every_kind_of_step_can_be_replayed():
    town = Town(journey(CHOOSE.replace("  - leave: behind\n", "") + AWAIT.replace("[{leave: nothing}]", "[]") + SPLIT))
    for who in range(1, 9):
        town.happens("person.profile_changed", who, data={"building": "3栋"})
        town.happens("mall.visited", who)
    town.buys("粽子", "E1", who=3)
    town.later("3d")
    report = verify(town.log)
    assert report.ok
    assert report.compared == report.decisions > 20
