"""Who enters, who enters again, and what starts nothing."""

from __future__ import annotations

import pytest

from cdp.clock import DAY, HOUR, MINUTE, SECOND
from cdp.events.event import Who
from cdp.ids import bucket
from cdp.testing import person
from journeys.deploy import paused
from tests.journeys.town import Town


def visit(entry: str, steps: str = "[{wait: 1h}]", more: str = "") -> dict[str, str]:
    text = f"journey: visit\nentry: {entry}\n{more}\nsteps: {steps}\n"
    return {"journeys/visit.yaml": text, "traits.yaml": "visits: {agg: count, event: mall.visited}"}


def entered(town: Town) -> int:
    return len(town.decisions("journey.entered"))


def test_by_default_somebody_enters_once_in_a_lifetime():
    town = Town(visit("{event: mall.visited}"))
    town.happens("mall.visited")
    town.later("400d")
    town.happens("mall.visited")
    assert entered(town) == 1


def test_always_means_whenever_no_run_is_open():
    town = Town(visit("{event: mall.visited, again: always}"))
    town.happens("mall.visited")
    town.happens("mall.visited")
    town.later("1h")
    town.happens("mall.visited")
    assert entered(town) == 2


def test_after_a_pause_counts_from_the_last_entry():
    town = Town(visit("{event: mall.visited, again: {after: 2d}}"))
    town.happens("mall.visited")
    town.later("47h")
    town.happens("mall.visited")
    town.later("1h")
    town.happens("mall.visited")
    assert entered(town) == 2


def test_with_a_key_it_counts_per_person_and_key():
    town = Town(visit("{event: live.entered, key: context.live}"))
    for live in ("A", "B", "A"):
        town.happens("live.entered", context={"live": live})
    town.happens("live.entered", 18, context={"live": "A"})
    assert [d.data["key"] for d in town.decisions("journey.entered")] == ["A", "B", "A"]


def test_so_many_runs_per_key():
    town = Town(visit("{event: live.entered, key: context.live, again: {per_key: 2}}"))
    for _ in range(3):
        town.happens("live.entered", context={"live": "A"})
        town.later("2h")
    assert entered(town) == 2


def test_re_entry_counts_over_all_identifiers_that_turned_out_to_be_one_person():
    town = Town(visit("{event: mall.visited}"))
    town.happens("mall.visited", 17)
    town.happens("person.linked", (person(17), person(18)))
    town.happens("mall.visited", 18)
    assert entered(town) == 1


@pytest.mark.parametrize(("age", "enters"), [(59 * MINUTE, True), (HOUR, True), (HOUR + SECOND, False)])
def test_a_trigger_that_arrives_more_than_an_hour_late_starts_nothing(age, enters):
    town = Town(visit("{event: mall.visited}"))
    town.happens("mall.visited", occurred_at=town.clock.now() - age)
    assert (entered(town) == 1) is enters


def test_an_entry_may_say_how_late_is_too_late():
    town = Town(visit("{event: mall.visited, late: 2d}"))
    town.happens("mall.visited", occurred_at=town.clock.now() - DAY)
    assert entered(town) == 1


def test_an_import_of_the_past_starts_nothing_but_is_known():
    town = Town(visit("{event: live.entered, where: visits >= 1}"))
    town.happens("live.entered", historical=True)
    town.happens("mall.visited", historical=True)
    assert entered(town) == 0
    town.happens("live.entered")
    assert entered(town) == 1


def test_the_audience_is_asked_at_the_door():
    town = Town(visit("{event: mall.visited, again: always}", more="audience: NOT has_tag('员工')"))
    town.happens("tag.added", data={"tag": "员工", "by": "staff"})
    town.happens("mall.visited")
    assert entered(town) == 0
    town.later("1h")
    town.happens("tag.removed", data={"tag": "员工", "by": "staff"})
    town.happens("mall.visited")
    assert entered(town) == 1


def test_an_audience_of_which_nobody_knows_is_not_let_in():
    town = Town(visit("{event: mall.visited}", more="audience: person.building <> '3栋'"))
    town.happens("mall.visited")
    assert entered(town) == 0


def test_a_tag_can_be_the_entry():
    town = Town(visit("{tag: 端午家宴}"))
    town.happens("tag.added", data={"tag": "老客", "by": "staff"})
    assert entered(town) == 0
    town.happens("tag.added", data={"tag": "端午家宴", "by": "wecom"})
    assert entered(town) == 1


def test_a_paused_journey_lets_nobody_in_and_lets_those_inside_go_on():
    town = Town(visit("{event: mall.visited}"))
    town.happens("mall.visited")
    town.log.append([paused(town.log, "visit", "owner", town.clock.now())])
    town.happens("mall.visited", 18)
    town.later("1h")
    assert [t[0] for t in town.told()] == ["entered", "stepped", "stepped", "left"]


def test_what_was_recorded_before_a_journey_went_live_starts_nothing_in_it():
    town = Town({})
    town.happens("mall.visited")
    town.deploy(visit("{event: mall.visited}"))
    town.settle()
    assert entered(town) == 0


def test_whoever_is_inside_goes_on_with_the_version_they_entered():
    town = Town(visit("{event: mall.visited}", "[{wait: 1h}, {leave: first}]"))
    town.happens("mall.visited")
    town.deploy(visit("{event: mall.visited}", "[{leave: second}]"))
    town.happens("mall.visited", 18)
    town.later("1h")
    assert [d.data["detail"] for d in town.decisions("journey.left")] == ["second", "first"]
    assert [d.data["version"] for d in town.decisions("journey.entered")] == [1, 2]


def test_the_bucket_is_fixed_at_entry_and_stays_when_the_identifier_changes():
    town = Town(visit("{event: mall.visited, again: always}"))
    town.happens("mall.visited", 17)
    town.later("2h")
    town.happens("person.linked", (person(17), Who("unionid", "", 90)))
    town.happens("mall.visited", Who("unionid", "", 90))
    first, second = town.decisions("journey.entered")
    assert (first.data["subject"], second.data["subject"]) == (17, 90)
    assert first.data["bucket"] == second.data["bucket"] == bucket("visit", 17)


def test_a_holdout_takes_about_its_share():
    town = Town(visit("{event: mall.visited}", more="holdout: 20%"))
    for who in range(1, 301):
        town.happens("mall.visited", who, advance=False)
    town.settle()
    held = sum(d.data.get("holdout", False) for d in town.decisions("journey.entered"))
    assert 35 <= held <= 85


def test_an_event_that_names_only_an_order_concerns_its_owner():
    town = Town(visit("{event: order.picked_up}"))
    town.buys("青菜", "E1", who=17)
    town.happens("order.picked_up", Who("order", "", 1001), context={"order": "E1"})
    [decision] = town.decisions("journey.entered")
    assert decision.data["subject"] == 17
