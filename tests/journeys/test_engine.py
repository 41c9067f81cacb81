"""What the engine promises about the log: one append, exactly once, one leader."""

from __future__ import annotations

import threading

import pytest

from cdp.clock import HOUR
from cdp.errors import LogError
from cdp.events.catalog import CATALOG, check_data
from cdp.testing import event
from journeys.engine import Engine
from tests.journeys.town import Town


def test_decisions_and_the_position_are_one_append():
    town = Town()
    town.befriends(channel="live-duanwu")
    decided = town.decisions()
    assert [d.position for d in decided] == list(range(decided[0].position, decided[0].position + len(decided)))
    assert len({d.recorded_at for d in decided}) == 1
    assert town.log.tracking("journeys") == town.log.head()


def test_an_engine_with_nothing_to_do_writes_nothing():
    town = Town()
    town.befriends(channel="live-duanwu")
    head = town.log.head()
    assert town.engine.advance() == town.engine.advance() == head
    assert town.log.head() == head


def test_a_batch_takes_no_more_than_it_may():
    town = Town()
    town.settle()
    first = town.happens("mall.visited", advance=False)
    for _ in range(4):
        town.happens("mall.visited", advance=False)
    assert town.engine.advance(limit=2) == first + 1
    assert town.log.tracking("journeys") == first + 1


def test_timers_wait_until_the_facts_before_them_are_taken():
    town = Town()
    town.buys("粽子", "E1")
    town.clock.advance_to(town.clock.now() + HOUR)
    for _ in range(3):
        town.happens("mall.visited", advance=False)
    town.refunds("E1", advance=False)
    town.clock.advance_to(town.clock.now() + 80 * HOUR)
    town.engine.advance(limit=2)
    assert town.told()[-1] == ("stepped", "wait", "0")
    town.settle()
    assert town.told()[-1] == ("left", "exit")


def test_an_engine_that_is_no_longer_the_leader_writes_nothing_and_finds_its_way_back():
    town = Town()
    other = Engine(town.log, town.clock)
    other.advance()
    town.befriends(channel="live-duanwu")
    decided = town.decisions()
    with pytest.raises(LogError):
        other.advance()
    assert town.decisions() == decided
    town.buys("粽子", "E1", advance=False)
    other.advance()
    other.advance()
    assert [d.type for d in town.decisions()[len(decided) :]] == ["journey.entered", "journey.stepped"]


def test_the_next_timer_is_known_before_anything_is_advanced():
    town = Town()
    assert town.engine.next_due() is None
    town.buys("粽子", "E1")
    town.restart()
    assert town.engine.next_due() == town.clock.now() + 72 * HOUR


def test_threads_take_turns():
    town = Town()
    town.log.append([event("friend.added", who=n, id=f"f{n}", data={"staff": "w", "welcome_code": "c"},
                           context={"channel": "live-duanwu"}, occurred_at=town.clock.now()) for n in range(1, 41)])  # fmt: skip
    threads = [threading.Thread(target=lambda: [town.engine.advance(limit=3) for _ in range(60)]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(town.decisions("journey.entered")) == 40


def test_every_decision_is_one_of_the_catalogue():
    town = Town()
    town.befriends(channel="live-duanwu")
    town.buys("端午套餐", "E1", 40_000)
    town.later("4d")
    for decision in town.decisions():
        assert CATALOG[decision.type].internal
        assert check_data(decision.type, decision.data).keys() == decision.data.keys()
