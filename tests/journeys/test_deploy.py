"""Putting journeys live, pausing them, listing them and their runs."""

from __future__ import annotations

import pytest

from cdp.errors import NotFound, UsageError
from cdp.events.event import Event
from cdp.testing import memory_log
from journeys.deploy import deployments, paused
from journeys.runs import listing, runs_of
from tests.journeys.town import FILES, Town, configured

NOW = 1_781_868_600_000_000


def told(events: list[Event]) -> list[tuple[object, ...]]:
    return [
        (e.data["journey"], e.data["version"]) if e.type == "journey.deployed" else (e.type,) for e in events
    ]  # fmt: skip


def test_the_first_deployment_writes_the_configuration_and_version_one_of_each():
    log = memory_log()
    assert told(deployments(log, configured(FILES, NOW), None, NOW)) == [
        ("workspace.configured",),
        ("duanwu-welcome", 1),
        ("vip-invitation", 1),
        ("zongzi-serving", 1),
    ]


def test_nothing_is_deployed_when_nothing_changed():
    log = memory_log()
    log.append(deployments(log, configured(FILES, NOW), None, NOW))
    assert deployments(log, configured(FILES, NOW + 1), None, NOW + 1) == []


def test_only_what_changed_gets_a_new_version():
    log = memory_log()
    log.append(deployments(log, configured(FILES, NOW), None, NOW))
    file = "journeys/zongzi-serving.yaml"
    changed = {**FILES, file: FILES[file].replace("wait: 3d", "wait: 4d")}
    again = deployments(log, configured(changed, NOW + 1), None, NOW + 1)
    assert told(again) == [("workspace.configured",), ("zongzi-serving", 2)]


def test_only_the_named_journeys_go_live():
    log = memory_log()
    named = deployments(log, configured(FILES, NOW), ["zongzi-serving"], NOW)
    assert told(named) == [("workspace.configured",), ("zongzi-serving", 1)]


def test_a_paused_journey_is_live_again_after_the_next_deployment():
    log = memory_log()
    log.append(deployments(log, configured(FILES, NOW), None, NOW))
    log.append([paused(log, "zongzi-serving", "老王", NOW + 1)])
    assert {j["journey"]: j["state"] for j in listing(log)}["zongzi-serving"] == "paused"
    assert told(deployments(log, configured(FILES, NOW + 2), None, NOW + 2)) == [("zongzi-serving", 2)]


def test_a_journey_that_is_no_file_is_named_with_a_guess():
    with pytest.raises(UsageError, match=r"'zongzi-servin'.*did you mean 'zongzi-serving'"):
        deployments(memory_log(), configured(FILES, NOW), ["zongzi-servin"], NOW)


def test_a_journey_that_never_was_live_cannot_be_paused_or_listed():
    with pytest.raises(NotFound):
        paused(memory_log(), "zongzi-serving", "", NOW)
    with pytest.raises(NotFound):
        runs_of(memory_log(), "zongzi-serving")


def test_tests_beside_a_journey_are_no_journeys():
    files = {**FILES, "journeys/zongzi-serving.test.yaml": "given: []"}
    assert len(deployments(memory_log(), configured(files, NOW), None, NOW)) == 4


def test_counts_per_step_say_who_passed_and_who_waits():
    town = Town()
    town.befriends(channel="live-duanwu")
    town.buys("粽子", "E1")
    town.buys("粽子", "E2", who=18)
    town.refunds("E2")
    town.later("1h")
    rows = {row["journey"]: row for row in listing(town.log)}
    zongzi = rows["zongzi-serving"]
    assert (zongzi["entered"], zongzi["inside"], zongzi["left"], zongzi["reasons"]) == (2, 1, 1, {"exit": 1})
    assert zongzi["steps"] == [
        {"step": "0", "kind": "wait", "passed": 0, "waiting": 1},
        {"step": "1", "kind": "send", "passed": 0, "waiting": 0},
    ]
    assert rows["duanwu-welcome"]["requested"] == {"wecom.welcome": 1, "wecom.tag": 1}


def test_runs_are_listed_with_the_latest_first():
    town = Town()
    town.buys("粽子", "E1")
    town.later("1h")
    town.buys("粽子", "E2", who=18)
    town.refunds("E1")
    latest, first = runs_of(town.log, "zongzi-serving")
    assert (latest["key"], latest["wake_at"], latest["left_at"]) == ("E2", "2026-06-22T12:30:00Z", "")
    assert (first["key"], first["step"], first["reason"]) == ("E1", "", "exit")
    assert len(runs_of(town.log, "zongzi-serving", limit=1)) == 1
