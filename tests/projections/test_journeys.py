"""Runs, steps and actions of journeys, as the tables tell them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cdp.events.event import DECISIONS, DELIVERY, Event
from cdp.testing import event
from projections.read import Reader
from tests.projections.tables import at, did, local, tables_of


def decided(type: str, clock: str, run: str, /, **data: Any) -> Event:
    """A decision of the engine about person 17."""
    whole = {"journey": "welcome", "run": run, **data}
    return event(type, source=DECISIONS, stream=f"run/{run}", occurred_at=at(clock), data=whole)


def delivered(type: str, clock: str, action: str, /, **data: Any) -> Event:
    """What became of an action, as the outbox writes it."""
    whole = {"journey": "welcome", "run": "r1", "action": action, "channel": "wecom.message", **data}
    return event(type, source=DELIVERY, occurred_at=at(clock), data=whole)


MESSAGE = {"channel": "wecom.message", "step": "1"}
HISTORY = [
    did("journey.deployed", "08:00", data={"journey": "welcome", "version": 1, "file": "journeys/welcome.yaml"}),
    did("journey.deployed", "09:00", data={"journey": "welcome", "version": 2, "file": "journeys/welcome.yaml"}),
    did("journey.deployed", "09:00", data={"journey": "care", "version": 1, "file": "journeys/care.yaml"}),
    did("journey.paused", "10:00", data={"journey": "care"}),
    did("friend.added", "19:59", 17, data={"staff": "wang"}),
    decided("journey.entered", "20:00", "r1", version=2, key="l1", trigger_type="friend.added", trigger_position=7),
    decided("action.requested", "20:00", "r1", action="a1", channel="wecom.welcome", step="0"),
    decided("journey.stepped", "20:00", "r1", step="0", kind="send", next="1"),
    decided("journey.stepped", "20:00", "r1", step="1", kind="wait", next="1", wake_at=at("21:00")),
    decided("journey.entered", "20:05", "r2", version=2, trigger_type="friend.added", trigger_position=9, holdout=True),
    decided("journey.left", "20:30", "r2", reason="goal"),
    delivered("action.attempted", "20:00", "a1", channel="wecom.welcome"),
    delivered("action.delivered", "20:01", "a1", channel="wecom.welcome"),
    decided("action.suppressed", "20:02", "r1", action="a2", reason="quiet", detail="21:30-08:30", **MESSAGE),
    decided("action.requested", "20:03", "r1", action="a3", **MESSAGE),
    delivered("action.attempted", "20:04", "a3"),
    delivered("action.deferred", "20:05", "a3", next_at=at("20:10"), detail="45009"),
    delivered("action.attempted", "20:10", "a3", attempt=2),
    delivered("action.accepted", "20:11", "a3", attempt=2),
    decided("action.requested", "20:12", "r1", action="a4", **MESSAGE),
    delivered("action.attempted", "20:13", "a4"),
    delivered("action.failed", "20:14", "a4", kind="capped", code=41, detail="已达上限"),
]


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with tables_of(HISTORY) as tables:
        yield tables


def test_a_run_says_where_it_stands_and_how_it_ended(reader: Reader) -> None:
    names = "run_id, version, person_id, key, trigger_position, step, wake_at, left_at, reason, holdout, goal"
    rows = reader.rows(f"SELECT {names} FROM journey_runs ORDER BY run_id")
    for row in rows:
        row["wake_at"], row["left_at"] = local(row["wake_at"]), local(row["left_at"])
    assert [tuple(row.values()) for row in rows] == [
        ("r1", 2, 17, "l1", 7, "1", "06-19 21:00:00", "", None, False, False),
        ("r2", 2, 17, "", 9, None, "", "06-19 20:30:00", "goal", True, True),
    ]


def test_every_visit_to_a_step_is_a_row(reader: Reader) -> None:
    rows = reader.rows("SELECT run_id, step, visit, kind, next FROM journey_steps ORDER BY run_id, step")
    assert [tuple(row.values()) for row in rows] == [("r1", "0", 0, "send", "1"), ("r1", "1", 0, "wait", "1")]


def test_an_action_says_what_became_of_it(reader: Reader) -> None:
    names = "action_id, run_id, step, channel, person_id, outcome, reason, detail, attempts, settled_at"
    rows = reader.rows(f"SELECT {names} FROM actions ORDER BY action_id")
    for row in rows:
        row["settled_at"] = local(row["settled_at"])
    assert [tuple(row.values()) for row in rows] == [
        ("a1", "r1", "0", "wecom.welcome", 17, "delivered", None, None, 1, "06-19 20:01:00"),
        ("a2", "r1", "1", "wecom.message", 17, "suppressed", "quiet", "21:30-08:30", 0, "06-19 20:02:00"),
        ("a3", "r1", "1", "wecom.message", 17, "accepted", None, None, 2, ""),
        ("a4", "r1", "1", "wecom.message", 17, "failed", "capped", "已达上限", 1, "06-19 20:14:00"),
    ]


def test_a_journey_says_where_it_stands_and_what_came_of_it(reader: Reader) -> None:
    rows = reader.rows("SELECT * FROM journeys ORDER BY journey")
    for row in rows:
        row["deployed_at"] = local(row["deployed_at"])
    nothing = {
        "runs": 0, "inside": 0, "goals": 0, "goal_rate": None, "holdout_runs": 0, "holdout_goals": 0,
        "holdout_goal_rate": None, "actions": 0, "delivered": 0, "suppressed": 0, "failed": 0,
    }  # fmt: skip
    assert rows == [
        {"journey": "care", "state": "paused", "version": 1, "deployed_at": "06-19 09:00:00", **nothing},
        {
            "journey": "welcome", "state": "live", "version": 2, "deployed_at": "06-19 09:00:00",
            "runs": 1, "inside": 1, "goals": 0, "goal_rate": 0.0,
            "holdout_runs": 1, "holdout_goals": 1, "holdout_goal_rate": 1.0,
            "actions": 3, "delivered": 1, "suppressed": 1, "failed": 1,
        },
    ]  # fmt: skip


def test_a_journey_that_was_paused_and_deployed_again_is_live() -> None:
    again = did("journey.deployed", "11:00", data={"journey": "care", "version": 2, "file": "journeys/care.yaml"})
    with tables_of([*HISTORY, again]) as reader:
        assert reader.rows("SELECT state, version FROM journeys WHERE journey = 'care'") == [
            {"state": "live", "version": 2}
        ]


def test_runs_of_staff_are_no_figures_of_a_journey() -> None:
    staff = did("person.profile_changed", "07:00", 17, data={"is_staff": True})
    with tables_of([*HISTORY, staff]) as reader:
        assert reader.rows("SELECT runs, holdout_runs, actions FROM journeys WHERE journey = 'welcome'") == [
            {"runs": 0, "holdout_runs": 0, "actions": 0}
        ]
