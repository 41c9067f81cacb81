"""Verify finds what does not follow from the log, and tells older engines apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from cdp.events.event import Event
from journeys.verify import verify
from tests.journeys.town import Town


@dataclass
class RewrittenLog:
    """The log of a town as somebody else might have written it."""

    events: list[Event]
    followed: int

    @staticmethod
    def of(town: Town, rewrite: Callable[[Event], Event | None]) -> RewrittenLog:
        kept = [new for event in town.log.read(0, 100_000) if (new := rewrite(event)) is not None]
        return RewrittenLog(kept, town.log.tracking("journeys"))

    def read(self, after: int, limit: int = 1000, types: Any = ()) -> list[Event]:
        return [e for e in self.events if e.position > after and (not types or e.type in types)][:limit]

    def tracking(self, follower: str) -> int:
        return self.followed


def lively_town() -> Town:
    town = Town()
    town.befriends(channel="live-duanwu")
    town.buys("粽子", "E1")
    town.buys("端午套餐", "E2", 40_000)
    town.later("4d")
    return town


def changed(decision: Event, **data: Any) -> Event:
    return msgspec.structs.replace(decision, data={**decision.data, **data})


def test_an_untouched_log_is_proved_decision_by_decision():
    town = lively_town()
    report = verify(town.log)
    assert report.ok
    assert report.as_dict()["difference"] is None
    assert (report.runs, report.compared) == (3, len(town.decisions()))


def test_a_decision_that_was_changed_afterwards_is_named():
    town = lively_town()
    message = town.decisions("action.requested")[2]

    def rewrite(event: Event) -> Event:
        return changed(event, template="便宜了！") if event.id == message.id else event

    report = verify(RewrittenLog.of(town, rewrite))
    assert not report.ok
    assert report.difference is not None
    assert report.difference.position == message.position
    assert "便宜了" in report.difference.recorded
    assert "便宜了" not in report.difference.replayed


def test_a_decision_that_is_missing_is_named():
    town = lively_town()
    gone = town.decisions("action.requested")[0]
    report = verify(RewrittenLog.of(town, lambda event: None if event.id == gone.id else event))
    assert report.difference is not None
    assert gone.id in report.difference.replayed


def test_a_decision_that_nothing_explains_is_named():
    town = lively_town()
    entered = town.decisions("journey.entered")[0]

    def rewrite(event: Event) -> Event | None:
        return None if event.position == entered.data["trigger_position"] else event

    report = verify(RewrittenLog.of(town, rewrite))
    assert report.difference is not None
    assert report.difference.replayed == "nothing"


def test_a_timer_that_never_went_off_is_named():
    town = lively_town()
    town.happens("mall.visited")
    arrived = {event.position: event.recorded_at for event in town.log.read(0, 100_000)}

    def rewrite(event: Event) -> Event | None:
        timer = event.source == "journeys" and event.data["now"] != arrived[event.data["seen_position"]]
        return None if timer else event

    report = verify(RewrittenLog.of(town, rewrite))
    assert report.difference is not None
    assert report.difference.recorded == "nothing"


def test_what_an_older_engine_decided_holds_and_is_listed_where_this_one_differs():
    town = lively_town()
    welcome = town.decisions("action.requested")[0]

    def rewrite(event: Event) -> Event:
        if event.source != "journeys":
            return event
        older = changed(event, engine=0)
        return changed(older, staff="li") if event.id == welcome.id else older

    report = verify(RewrittenLog.of(town, rewrite))
    assert report.ok
    assert report.compared == 0
    [difference] = report.older
    assert difference["engine"] == 0
    assert len(difference["recorded"]) == len(difference["replayed"]) == 6


def test_a_run_begun_by_an_older_engine_goes_on_under_this_one():
    town = lively_town()
    first = town.decisions("journey.entered")[1]

    def rewrite(event: Event) -> Event:
        early = event.source == "journeys" and event.data["seen_position"] <= first.data["seen_position"]
        return changed(event, engine=0) if early else event

    report = verify(RewrittenLog.of(town, rewrite))
    assert report.ok
    assert 0 < report.compared < report.decisions


def test_decisions_of_an_older_engine_that_this_one_would_not_take_at_all_hold_too():
    town = lively_town()
    town.happens("mall.visited", 99)
    position = town.log.head()
    stray = changed(town.decisions("journey.entered")[0], engine=0, run="r0", seen_position=position, subject=99)
    stray = msgspec.structs.replace(stray, id="stray", stream="run/r0", position=position + 1)
    log = RewrittenLog.of(town, lambda event: event)
    log.events.append(changed(stray, now=town.log.read(position - 1, 1)[0].recorded_at))
    report = verify(log)
    assert report.ok
    assert report.older[0]["replayed"] == []


def test_an_older_engine_that_decided_alike_has_nothing_listed():
    report = verify(RewrittenLog.of(lively_town(), lambda e: changed(e, engine=0) if e.source == "journeys" else e))
    assert report.ok
    assert report.older == []
