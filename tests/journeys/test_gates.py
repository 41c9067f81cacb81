"""Every gate at the send, and the reason it gives."""

from __future__ import annotations

from typing import Any

import pytest

from cdp.clock import DAY, HOUR, MINUTE, SECOND
from cdp.testing import event, moment
from tests.journeys.town import SETTINGS, Town

MORNING = "2026-06-20T10:00:00+08:00"


def letter(text: str = "鲜到的杨梅", via: str = "wecom.message", **more: Any) -> dict[str, str]:
    """A journey that writes to whoever opens the mall; `more` are further words of the file."""
    words = "\n".join(f"{name}: {value}" for name, value in more.items() if name != "purpose")
    purpose = f", purpose: {more['purpose']}" if "purpose" in more else ""
    file = f"""
journey: letter
entry: {{event: mall.visited, again: always}}
{words}
steps:
  - send: {{via: {via}, text: "{text}"{purpose}}}
"""
    return {"journeys/letter.yaml": file}


def town_with(files: dict[str, str], at: str = MORNING, **settings: Any) -> Town:
    town = Town(files, settings={**SETTINGS, **settings})
    town.until(moment(at))
    return town


def outcome(town: Town) -> tuple[str, ...]:
    [decision] = town.decisions("action.requested", "action.suppressed")
    if decision.type == "action.requested":
        return ("sent",)
    return decision.data["reason"], decision.data.get("detail", "")


def test_a_friend_who_added_the_shop_gets_the_message_at_once():
    town = town_with(letter())
    town.befriends()
    town.happens("mall.visited")
    assert outcome(town) == ("sent",)
    [message] = town.decisions("action.requested")
    assert message.data["staff"] == "wang"
    assert [w.surrogate for w in message.who] == [17]


def test_nobody_writes_to_somebody_who_is_no_friend():
    town = town_with(letter())
    town.happens("mall.visited")
    assert outcome(town) == ("not_friend", "")


def test_nobody_writes_to_somebody_who_removed_the_shop():
    town = town_with(letter())
    town.befriends()
    town.clock.advance_to(town.clock.now() + MINUTE)
    town.happens("friend.removed", data={"staff": "wang", "by": "customer"})
    town.happens("mall.visited")
    assert outcome(town) == ("not_friend", "")


def test_a_friend_whom_the_staff_has_not_confirmed_cannot_be_written_to():
    town = town_with(letter())
    town.happens("friend.added", data={"staff": "wang", "half": True})
    town.happens("mall.visited")
    assert outcome(town) == ("not_friend", "")


def test_promotion_does_not_go_to_a_friend_from_an_import_whose_consent_nobody_knows():
    town = town_with(letter())
    town.happens("friend.added", data={"staff": "wang"}, historical=True)
    town.happens("mall.visited")
    assert outcome(town) == ("consent", "unknown")


def test_a_service_message_goes_to_a_friend_from_an_import():
    town = town_with(letter(purpose="service"))
    town.happens("friend.added", data={"staff": "wang"}, historical=True)
    town.happens("mall.visited")
    assert outcome(town) == ("sent",)


def test_consent_that_was_given_makes_up_for_an_import():
    town = town_with(letter())
    town.happens("friend.added", data={"staff": "wang"}, historical=True)
    town.happens("consent.given", data={"purpose": "promotion"})
    town.happens("mall.visited")
    assert outcome(town) == ("sent",)


@pytest.mark.parametrize("channel", ["", "wecom.message"])
def test_promotion_stops_when_consent_is_withdrawn(channel):
    town = town_with(letter())
    town.befriends()
    town.happens("consent.withdrawn", data={"purpose": "promotion", "channel": channel})
    town.happens("mall.visited")
    assert outcome(town) == ("consent", "withdrawn")


def test_the_statement_that_was_made_last_holds_even_if_an_older_one_comes_in_later():
    town = town_with(letter())
    town.befriends()
    now = town.clock.now()
    town.happens("consent.withdrawn", occurred_at=now)
    town.happens("consent.given", occurred_at=now - DAY)
    town.happens("mall.visited")
    assert outcome(town) == ("consent", "withdrawn")


def test_adding_the_shop_again_does_not_undo_a_withdrawal():
    town = town_with(letter())
    town.happens("consent.withdrawn")
    town.later("1h")
    town.befriends()
    town.happens("mall.visited")
    assert outcome(town) == ("consent", "withdrawn")


def test_a_message_in_quiet_hours_is_held_until_they_end():
    town = town_with(letter(), at="2026-06-20T23:00:00+08:00")
    town.befriends()
    town.happens("mall.visited")
    assert town.told()[-1] == ("stepped", "hold", "0")
    town.until(moment("2026-06-21T08:29:00+08:00"))
    assert town.decisions("action.requested") == []
    town.until(moment("2026-06-21T08:30:00+08:00"))
    assert outcome(town) == ("sent",)


def test_what_was_held_is_asked_again_from_the_first_gate_on():
    town = town_with(letter(), at="2026-06-20T23:00:00+08:00")
    town.befriends()
    town.happens("mall.visited")
    town.happens("consent.withdrawn")
    town.later("1d")
    assert outcome(town) == ("consent", "withdrawn")


def test_quiet_hours_may_drop_instead():
    town = town_with(letter(gates='{quiet: {hours: "21:30-08:30", then: drop}}'), at="2026-06-20T23:00:00+08:00")
    town.befriends()
    town.happens("mall.visited")
    assert outcome(town) == ("quiet", "")


@pytest.mark.parametrize(
    ("at", "held"),
    [("21:29", False), ("21:30", True), ("23:59", True), ("00:00", True), ("08:29", True), ("08:30", False)],
)
def test_quiet_hours_begin_and_end_on_the_minute(at, held):
    town = town_with(letter(), at=f"2026-06-21T{at}:00+08:00")
    town.befriends()
    town.happens("mall.visited")
    assert (town.told()[1][0] == "stepped") is held


def test_a_journey_may_switch_quiet_hours_off():
    town = town_with(letter(gates="{quiet: none}"), at="2026-06-20T23:00:00+08:00")
    town.befriends()
    town.happens("mall.visited")
    assert outcome(town) == ("sent",)


def visits(town: Town, *spans: str) -> list[str]:
    """Visits of a friend with these spans between them; answers what became of each message."""
    town.befriends()
    town.happens("mall.visited")
    for span in spans:
        town.later(span)
        town.happens("mall.visited")
    decided = town.decisions("action.requested", "action.suppressed")
    return ["sent" if d.type == "action.requested" else d.data["reason"] for d in decided]


def test_one_message_a_day_is_one_in_a_day_of_the_shops_own_zone():
    town = town_with(letter(), at="2026-06-20T20:00:00+08:00")
    assert visits(town, "1h", "14h", "1h") == ["sent", "cap", "sent", "cap"]


def test_a_rolling_cap_counts_back_from_now():
    town = town_with(letter(gates="{cap: 2/2d, quiet: none}"))
    assert visits(town, "1d", "23h", "1h") == ["sent", "sent", "cap", "sent"]


def test_a_week_begins_on_monday():
    town = town_with(letter(gates="{cap: 1/week, quiet: none}"), at="2026-06-20T10:00:00+08:00")
    assert visits(town, "1d", "1d") == ["sent", "cap", "sent"]


def test_a_month_begins_on_the_first():
    town = town_with(letter(gates="{cap: 1/month, quiet: none}"), at="2026-06-29T10:00:00+08:00")
    assert visits(town, "1d", "1d") == ["sent", "cap", "sent"]


def test_a_cap_may_be_for_one_channel_beside_one_for_all():
    town = town_with(letter(gates="{cap: {all: 5/day, wecom.message: 1/day}}"))
    assert visits(town, "1h") == ["sent", "cap"]


def test_a_message_that_failed_does_not_count():
    town = town_with(letter())
    town.befriends()
    town.happens("mall.visited")
    [sent] = town.decisions("action.requested")
    town.happens("action.failed", source="outbox", data={"action": sent.data["action"], "kind": "capped"})
    town.happens("mall.visited")
    assert len(town.decisions("action.requested")) == 2


def test_a_message_that_was_given_up_counts_again_once_a_person_has_it_tried_again():
    town = town_with(letter())
    town.befriends()
    town.happens("mall.visited")
    [sent] = town.decisions("action.requested")
    about = {"action": sent.data["action"], "channel": sent.data["channel"]}
    town.happens("action.failed", source="outbox", data={**about, "kind": "dead"})
    town.happens("action.deferred", source="outbox", data={**about, "next_at": town.clock.now()})
    town.happens("mall.visited")
    assert [d.data["reason"] for d in town.decisions("action.suppressed")] == ["cap"]


def test_replies_pass_quiet_hours_and_caps_and_count_for_none():
    welcome = """
journey: welcome
entry: {event: friend.added, again: always}
steps:
  - send: {via: wecom.welcome, text: 您好}
"""
    town = town_with({"journeys/welcome.yaml": welcome, **letter()}, at="2026-06-20T23:00:00+08:00")
    town.befriends()
    town.befriends()
    assert [d.data["channel"] for d in town.decisions("action.requested")] == ["wecom.welcome"] * 2
    town.until(moment("2026-06-21T09:00:00+08:00"))
    town.happens("mall.visited")
    assert town.decisions("action.requested")[-1].data["channel"] == "wecom.message"


WELCOME = {
    "journeys/welcome.yaml": """
journey: welcome
entry: {event: friend.added}
steps:
  - send: {via: wecom.welcome, text: 您好}
"""
}


def test_a_welcome_that_comes_too_late_is_not_asked_for():
    town = town_with(WELCOME)
    town.log.append([event("friend.added", data={"staff": "wang", "welcome_code": "v"}, occurred_at=town.clock.now())])
    town.clock.advance_to(town.clock.now() + 21 * SECOND)
    town.settle()
    assert outcome(town)[0] == "deadline"


def test_a_welcome_without_a_code_cannot_be_sent():
    town = town_with(WELCOME)
    town.happens("friend.added", data={"staff": "wang"})
    assert outcome(town) == ("missing", "welcome_code")


def test_a_field_without_value_and_default_suppresses_and_is_named():
    town = town_with(letter(text="{{ person.nickname }}，您好"))
    town.befriends()
    town.happens("mall.visited")
    assert outcome(town) == ("template", "person.nickname")


def test_sealed_fields_travel_as_references_and_clear_ones_as_values():
    town = town_with(letter(text="{{ person.nickname }}，{{ person.building }}的杨梅到了"))
    town.befriends()
    town.happens("person.profile_changed", data={"nickname": "v:12", "building": "3栋"})
    town.happens("mall.visited")
    [message] = town.decisions("action.requested")
    assert message.data["params"] == {"values": {"person.building": "3栋"}, "sealed": {"person.nickname": "v:12"}}


def test_held_out_people_walk_the_whole_way_and_get_nothing():
    town = town_with({"journeys/letter.yaml": letter(holdout="99.99%")["journeys/letter.yaml"]})
    town.befriends()
    town.happens("mall.visited")
    assert outcome(town) == ("holdout", "")
    assert town.told()[-1] == ("left", "done")
    assert town.decisions("journey.entered")[0].data["holdout"] is True


def test_after_a_standstill_a_send_first_takes_in_what_happened_meanwhile():
    waiting = """
journey: letter
entry: {event: mall.visited}
gates: {quiet: none}
exit: [{event: friend.removed}]
steps:
  - wait: 1d
  - send: {via: wecom.message, text: 杨梅到了}
"""
    town = town_with({"journeys/letter.yaml": waiting})
    town.befriends()
    town.happens("mall.visited")
    town.clock.advance_to(town.clock.now() + 30 * HOUR)
    town.log.append([event("friend.removed", data={"staff": "wang", "by": "customer"}, occurred_at=town.clock.now())])
    town.clock.advance_to(town.clock.now() + HOUR)
    town.restart()
    town.settle()
    assert town.told()[-2:] == [("stepped", "hold", "1"), ("left", "exit")]
    assert town.decisions("action.requested") == []
