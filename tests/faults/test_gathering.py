"""Requests that go through the door together are answered each for itself, and stages give way while many come in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdp.app.gathering import Gathering
from cdp.app.operations.ingest import Arrival
from cdp.app.rush import REST, Rush
from cdp.app.settings import load
from cdp.app.system import System, build
from cdp.envelopes.read import Reading
from cdp.errors import LogError
from cdp.ingest import Answer


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    (tmp_path / "cdp.toml").write_text("[workspace]\n", encoding="utf-8")
    opened = build(load(tmp_path))
    yield opened
    opened.close()


def _arrival(system: System, *ids: str, **fields: object) -> Arrival:
    events = [
        {"id": id, "source": "mall", "type": "x.tasting", "occurred_at": "2026-06-19T12:00:00Z", **fields} for id in ids
    ]
    return Arrival([json.dumps(e).encode() for e in events], Reading(source="mall", received_at=system.clock.now()))


def _take(system: System, arrivals: list[Arrival]) -> list[list[Answer] | BaseException]:
    async def all_at_once() -> list[list[Answer] | BaseException]:
        gathering = Gathering(system, Rush())
        return await asyncio.gather(*(gathering.take(a) for a in arrivals), return_exceptions=True)

    return asyncio.run(all_at_once())


def test_each_request_gets_the_answers_of_its_own_events_in_order(system: System) -> None:
    arrivals = [_arrival(system, *(f"{n}-{m}" for m in range(n % 4))) for n in range(300)]
    answers = _take(system, arrivals)
    for n, answered in enumerate(answers):
        assert not isinstance(answered, BaseException)
        assert [a.id for a in answered] == [f"{n}-{m}" for m in range(n % 4)]
        assert all(a.outcome == "accepted" for a in answered)
    held = [e.id for e in system.log.read(0, 10_000)]
    assert sorted(held) == sorted(a.id for answered in answers for a in answered)  # type: ignore[union-attr]


def test_the_same_event_in_many_requests_at_once_is_accepted_once(system: System) -> None:
    answers = _take(system, [_arrival(system, "tasting-1") for _ in range(50)])
    outcomes = sorted(answered[0].outcome for answered in answers if not isinstance(answered, BaseException))
    assert outcomes == ["accepted"] + ["duplicate"] * 49


def test_what_one_request_gets_wrong_touches_no_other(system: System) -> None:
    wrong = Arrival([b"{}", b"not json"], Reading(source="mall", received_at=system.clock.now()))
    good, bad, also_good = _take(system, [_arrival(system, "a"), wrong, _arrival(system, "b")])
    assert isinstance(good, list)
    assert isinstance(bad, list)
    assert isinstance(also_good, list)
    assert [good[0].outcome, also_good[0].outcome] == ["accepted", "accepted"]
    assert [a.outcome for a in bad] == ["failed", "failed"]
    assert len(system.inbox.failures()) == 2


def test_a_request_that_breaks_its_group_fails_by_itself(system: System) -> None:
    class Broken(Reading, frozen=True):
        @property
        def format(self) -> str:  # type: ignore[override]
            raise ZeroDivisionError("a mistake of ours")

    broken = Arrival([b"{}"], Broken(source="mall", received_at=0))
    answers = _take(system, [_arrival(system, "a"), broken, _arrival(system, "b")])
    assert isinstance(answers[1], ZeroDivisionError)
    kept = [answered[0].id for answered in (answers[0], answers[2]) if isinstance(answered, list)]
    assert kept == ["a", "b"]
    assert sorted(e.id for e in system.log.read(0)) == ["a", "b"]


def test_a_closed_log_is_an_error_of_ours_for_everybody(system: System) -> None:
    system.log.close()
    answers = _take(system, [_arrival(system, "a"), _arrival(system, "b")])
    assert [type(a) for a in answers] == [LogError, LogError]


def test_stages_rest_in_a_rush_and_only_then() -> None:
    time = [0.0]
    rush = Rush(lambda: time[0])
    assert rush.rest(0.1) == 0.0
    for _ in range(10):
        time[0] += 0.05
        rush.worked(0.04)
    assert rush.on()
    assert rush.rest(0.1) == pytest.approx(0.1 * REST)
    time[0] += 1.0
    assert not rush.on()


def test_a_trickle_is_no_rush() -> None:
    time = [0.0]
    rush = Rush(lambda: time[0])
    for _ in range(100):
        time[0] += 0.05
        rush.worked(0.001)
    assert not rush.on()
