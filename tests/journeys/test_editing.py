"""What each kind of edit to a live journey does to people inside and to people who come later."""

from __future__ import annotations

from cdp.events.event import Who
from cdp.testing import moment, person
from journeys.deploy import paused
from journeys.verify import verify
from tests.journeys.town import SETTINGS, Town, configured

BEFORE = """
journey: care
entry: {event: mall.visited, where: person.is_friend}
gates: {quiet: none}
exit: [{event: live.entered}]
steps:
  - wait: 1d
  - send: {via: wecom.message, purpose: service, text: 第一版}
"""
TRAITS = "visits: {agg: count, event: mall.visited}"


def files(text: str = BEFORE, traits: str = TRAITS) -> dict[str, str]:
    return {"journeys/care.yaml": text, "traits.yaml": traits}


def town_with_somebody_inside(text: str = BEFORE) -> Town:
    town = Town(files(text))
    town.befriends(17)
    town.befriends(18)
    town.happens("mall.visited", 17)
    return town


def sent(town: Town) -> list[tuple[int, str]]:
    return [(d.who[0].surrogate, d.data["template"]) for d in town.decisions("action.requested")]


def left(town: Town) -> list[tuple[int, str]]:
    return [(d.who[0].surrogate, d.data["reason"]) for d in town.decisions("journey.left")]


def test_new_words_and_new_steps_are_for_those_who_come_later():
    town = town_with_somebody_inside()
    town.deploy(files(BEFORE.replace("第一版", "第二版").replace("wait: 1d", "wait: 1h")))
    town.happens("mall.visited", 18)
    town.later("1d")
    assert sent(town) == [(18, "第二版"), (17, "第一版")]


def test_a_new_entry_rule_is_for_those_who_come_later_and_earlier_runs_count():
    town = town_with_somebody_inside()
    town.deploy(files(BEFORE.replace("where: person.is_friend", "again: {per_key: 1}")))
    town.happens("mall.visited", 17)
    town.happens("mall.visited", 19)
    assert [d.data["subject"] for d in town.decisions("journey.entered")] == [17, 19]


def test_exits_are_those_of_the_version_that_was_entered():
    town = town_with_somebody_inside()
    town.deploy(files(BEFORE.replace("live.entered", "live.left")))
    town.happens("mall.visited", 18)
    town.happens("live.left", 17)
    town.happens("live.left", 18)
    assert left(town) == [(18, "exit")]
    town.happens("live.entered", 17)
    assert left(town) == [(18, "exit"), (17, "exit")]


def test_a_journeys_own_gates_are_those_of_the_version_that_was_entered():
    town = town_with_somebody_inside(BEFORE.replace("wait: 1d", "wait: 4h"))
    town.deploy(files(BEFORE.replace("wait: 1d", "wait: 4h").replace("gates: {quiet: none}", "gates: {}")))
    town.happens("mall.visited", 18)
    town.later("4h")
    assert [who for who, _ in sent(town)] == [17]
    town.until(moment("2026-06-20T08:30:00+08:00"))
    assert [who for who, _ in sent(town)] == [17, 18]


def test_the_workspaces_gates_are_those_of_the_moment():
    text = BEFORE.replace("gates: {quiet: none}\n", "")
    town = town_with_somebody_inside(text.replace("wait: 1d", "wait: 4h"))
    calm = {**SETTINGS, "gates": {"quiet": "none", "cap": "1/day"}}
    town.log.append([configured(files(text), town.clock.now(), calm)])
    town.later("4h")
    assert [who for who, _ in sent(town)] == [17]


def test_traits_are_those_of_the_moment():
    text = BEFORE.replace("text: 第一版", 'text: "{{ visits }}"')
    town = town_with_somebody_inside(text)
    town.log.append([configured(files(text, TRAITS.replace("mall.visited", "friend.added")), town.clock.now())])
    town.happens("friend.added", 17, data={"staff": "li"})
    town.later("1d")
    assert town.decisions("action.requested")[0].data["params"]["values"] == {"visits": 2}


def test_a_trait_that_is_gone_is_unknown():
    text = BEFORE.replace("text: 第一版", 'text: "{{ visits }}"')
    town = town_with_somebody_inside(text)
    town.log.append([configured(files(text, ""), town.clock.now())])
    town.later("1d")
    assert town.told()[-3] == ("suppressed", "wecom.message", "template")


def test_gates_that_cannot_be_read_leave_the_earlier_ones_in_force():
    text = BEFORE.replace("gates: {quiet: none}\n", "").replace("wait: 1d", "wait: 4h")
    town = town_with_somebody_inside(text)
    broken = {**SETTINGS, "gates": {"quiet": "at night"}}
    town.log.append([configured(files(text), town.clock.now(), broken)])
    town.later("4h")
    assert town.told()[-1] == ("stepped", "hold", "1")


def test_after_a_pause_those_inside_go_on_and_nobody_enters():
    town = town_with_somebody_inside()
    town.log.append([paused(town.log, "care", "", town.clock.now())])
    town.happens("mall.visited", 18)
    town.later("1d")
    assert [who for who, _ in sent(town)] == [17]


def test_a_deleted_file_stays_live_until_it_is_paused():
    town = town_with_somebody_inside()
    town.deploy({"traits.yaml": TRAITS})
    town.happens("mall.visited", 18)
    town.later("1d")
    assert [who for who, _ in sent(town)] == [17, 18]


def test_new_identity_rules_hold_for_everything_that_happened_and_old_decisions_for_their_time():
    apart = {**SETTINGS, "identity": {"limits": {"wecom": 1}}}
    town = Town(files(), apart)
    phone = Who("phone", "", 30)
    for who in (17, 18):
        town.befriends(who)
        town.happens("order.paid", (person(who), phone))
    town.happens("mall.visited", 17)
    town.happens("mall.visited", 18)
    assert [d.data["subject"] for d in town.decisions("journey.entered")] == [17, 18]
    town.log.append([configured(files(), town.clock.now(), {**SETTINGS, "identity": {"limits": {"wecom": 2}}})])
    town.settle()
    assert left(town) == [(18, "merged")], "they are one, and were in twice"
    blocked = {**SETTINGS, "identity": {"limits": {"wecom": 2}, "blocked_surrogates": [30]}}
    town.log.append([configured(files(), town.clock.now(), blocked)])
    town.happens("live.entered", 18)
    assert left(town) == [(18, "merged")], "they are two again, and what one does sends the other nowhere"
    town.restart()
    town.later("1d")
    assert left(town) == [(18, "merged"), (17, "done")]
    assert verify(town.log).ok
