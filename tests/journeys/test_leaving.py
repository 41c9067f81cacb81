"""What ends a run: exits, goals, merges, erasure. And what does not."""

from __future__ import annotations

from cdp.clock import HOUR, MINUTE
from cdp.events.event import Who
from cdp.testing import person
from tests.journeys.town import Town

CARE = {
    "journeys/care.yaml": """
journey: care
entry: {event: cart.added, key: context.live}
goal: {event: order.paid, within: 2d}
exit:
  - event: friend.removed
  - {event: live.left, where: context.live = entry.context.live AND data.session = entry.data.product}
steps:
  - wait: 5d
"""
}


def town_inside(live: str = "A") -> Town:
    town = Town(CARE)
    town.happens("cart.added", data={"product": "p1"}, context={"live": live})
    return town


def left(town: Town) -> list[str]:
    return [d.data["reason"] for d in town.decisions("journey.left")]


def test_an_exit_ends_the_run_while_it_waits():
    town = town_inside()
    town.later("1h")
    town.happens("friend.removed", data={"staff": "wang", "by": "customer"})
    assert left(town) == ["exit"]
    town.later("10d")
    assert left(town) == ["exit"]


def test_an_exit_may_compare_the_event_with_the_one_that_let_the_person_in():
    town = town_inside()
    town.happens("live.left", data={"session": "p1"}, context={"live": "B"})
    town.happens("live.left", data={"session": "p2"}, context={"live": "A"})
    assert left(town) == []
    town.happens("live.left", data={"session": "p1"}, context={"live": "A"})
    assert left(town) == ["exit"]


def test_a_goal_counts_within_its_time():
    town = town_inside()
    town.later("47h")
    town.buys("青菜", "E1")
    assert left(town) == ["goal"]


def test_a_goal_reached_too_late_ends_nothing():
    town = town_inside()
    town.later("49h")
    town.buys("青菜", "E1")
    assert left(town) == []


def test_what_happened_before_the_trigger_and_came_in_late_ends_nothing():
    town = town_inside()
    town.happens("friend.removed", data={"staff": "w", "by": "staff"}, occurred_at=town.clock.now() - MINUTE)
    assert left(town) == []


def test_what_another_person_does_ends_nothing():
    town = town_inside()
    town.happens("friend.removed", 18, data={"staff": "wang", "by": "customer"})
    assert left(town) == []


def test_two_runs_that_meet_in_a_merge_become_the_older_one():
    town = town_inside()
    town.later("1h")
    town.happens("cart.added", 18, data={"product": "p9"}, context={"live": "A"})
    town.happens("person.linked", (person(17), person(18)))
    [gone] = town.decisions("journey.left")
    older, younger = town.decisions("journey.entered")
    assert (gone.data["reason"], gone.data["run"], gone.data["detail"]) == (
        "merged", younger.data["run"], older.data["run"],
    )  # fmt: skip


def test_runs_under_different_keys_both_go_on_after_a_merge():
    town = town_inside()
    town.happens("cart.added", 18, data={"product": "p9"}, context={"live": "B"})
    town.happens("person.linked", (person(17), person(18)))
    assert left(town) == []


def test_an_exit_that_turns_out_to_be_this_persons_ends_the_run_when_it_does():
    town = town_inside()
    town.later("1h")
    town.happens("friend.removed", 18, data={"staff": "wang", "by": "customer"})
    assert left(town) == []
    town.happens("person.profile_changed", (person(17), Who("phone", "", 40)))
    town.happens("person.profile_changed", (person(18), Who("phone", "", 40)))
    assert left(town) == ["exit"]


def test_a_person_who_is_erased_leaves():
    town = town_inside()
    town.happens("person.erased", data={"surrogates": [17]})
    assert left(town) == ["erased"]
    town.clock.advance_to(town.clock.now() + 200 * HOUR)
    town.settle()
    assert left(town) == ["erased"]


def test_both_people_go_on_by_themselves_after_an_unlink():
    town = town_inside()
    town.happens("person.linked", (person(17), person(18)))
    town.later("1h")
    town.happens("person.unlinked", (person(17), person(18)))
    town.happens("friend.removed", 18, data={"staff": "wang", "by": "customer"})
    assert left(town) == []
    town.happens("friend.removed", 17, data={"staff": "wang", "by": "customer"})
    assert left(town) == ["exit"]
