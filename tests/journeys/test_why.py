"""Why somebody got something, and why somebody got nothing."""

from __future__ import annotations

from cdp.clock import HOUR
from journeys.why import why, why_not
from tests.journeys.town import FILES, Town


def test_why_shows_the_chain_from_the_trigger_to_the_outcome():
    town = Town()
    town.befriends(channel="live-duanwu")
    welcome, _ = town.decisions("action.requested")
    town.happens(
        "action.delivered", source="outbox",
        data={"action": welcome.data["action"], "run": welcome.data["run"], "channel": "wecom.welcome"},
    )  # fmt: skip
    rows = why(town.log, [17], "duanwu-welcome")
    assert [(row["what"], row["step"], row["detail"]) for row in rows] == [
        ("friend.added", "", "channel=live-duanwu"),
        ("journey.entered", "", "version 1"),
        ("action.requested", "0", "wecom.welcome · wang"),
        ("journey.stepped", "0", "send"),
        ("action.requested", "1", "wecom.tag · wang"),
        ("journey.stepped", "1", "tag"),
        ("journey.left", "", "done"),
        ("action.delivered", "", "wecom.welcome"),
    ]
    assert len({row["run"] for row in rows}) == 1


def test_why_shows_what_a_branch_saw_and_what_a_gate_said():
    town = Town()
    town.buys("端午套餐", "E1", 40_000)
    town.later("2h")
    rows = why(town.log, [17], "vip-invitation")
    told = [row["detail"] for row in rows if row["what"] in ("journey.stepped", "action.suppressed")]
    assert told[0] == "choose · has_tag('老邻居群'): False, spent_90d >= 30000: True, spent_90d: 40000"
    assert told[1] == "wait · until 2026-06-19T12:30:00Z"
    assert "wecom.message · not_friend" in told


def test_why_of_a_journey_that_decided_nothing_is_empty():
    town = Town()
    town.buys("粽子", "E1")
    assert why(town.log, [18], "zongzi-serving") == []
    assert why(town.log, [17], "vip-invitation") == []


def reasons(town: Town, journey: str, *surrogates: int) -> list[tuple[str, str]]:
    return [(row["what"], row["detail"]) for row in why_not(town.log, surrogates or (17,), journey)]


def test_why_not_names_the_first_rule_that_said_no_for_each_trigger():
    town = Town()
    town.buys("青菜", "E1")
    town.buys("粽子", "E2", occurred_at=town.clock.now() - 2 * HOUR)
    town.buys("粽子", "E3", historical=True)
    town.buys("粽子", "E4")
    assert reasons(town, "zongzi-serving", 17, 1001, 1002, 1003, 1004) == [
        ("no: where", "contains(data.categories, '粽子')"),
        ("no: late", ""),
        ("no: historical", ""),
        ("journey.entered", "version 1"),
    ]


def test_why_not_shows_what_the_audience_looked_at():
    town = Town()
    town.happens("tag.added", data={"tag": "员工", "by": "staff"})
    town.buys("端午套餐", "E1", 40_000)
    [(rule, detail)] = reasons(town, "vip-invitation", 17, 1001)
    assert rule == "no: audience"
    assert "has_tag('员工'): True" in detail


def test_why_not_says_that_somebody_was_in_before():
    town = Town()
    town.befriends(channel="live-duanwu")
    town.later("1d")
    town.befriends(channel="live-duanwu")
    assert reasons(town, "duanwu-welcome") == [("journey.entered", "version 1"), ("no: again", "never")]


def test_why_not_says_that_nothing_ever_came():
    town = Town()
    town.happens("mall.visited")
    assert reasons(town, "zongzi-serving") == [("no", "no event that lets people into it ever came")]
    assert reasons(town, "nowhere") == [("no", "'nowhere' was never deployed")]


def test_a_trigger_from_before_the_deployment_is_told_as_such():
    town = Town({})
    town.buys("粽子", "E1")
    town.deploy(FILES)
    town.settle()
    [(rule, _)] = reasons(town, "zongzi-serving", 17, 1001)
    assert rule == "no: not live"
