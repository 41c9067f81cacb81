"""Whatever is handed to the door is answered, event by event: accepted and readable in the log, or failed with a reason."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.clock import HOUR
from cdp.envelopes import own
from cdp.errors import Rejected
from cdp.events.catalog import CATALOG
from cdp.events.touchpoint import Identifier, Touchpoint
from cdp.identity.rules import IdentityRules
from cdp.ingest import Door
from cdp.testing import DRAGON_BOAT, fixed_clock, memory_log, memory_vault

NUMBERS = st.one_of(st.integers(), st.floats(), st.integers(-(2**70), 2**70))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=12)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)
FIELDS = sorted({field for entry in CATALOG.values() for field in entry.struct.__struct_fields__})
DATA = st.dictionaries(st.one_of(st.sampled_from(FIELDS), st.text(max_size=8)), VALUES, max_size=4)
TYPES = st.one_of(st.sampled_from(sorted(CATALOG)), st.just("x.tasting"), st.text(max_size=12))
TEXT = st.text(max_size=10)


@st.composite
def touchpoints(draw: st.DrawFn) -> Touchpoint:
    """Any touchpoint that code could make, sensible or not."""
    who = st.builds(
        Identifier, type=st.one_of(st.sampled_from(["unionid", "wecom", "phone", "order"]), TEXT), value=TEXT,
        scope=TEXT, role=st.sampled_from(["actor", "staff", "sharer", "inviter"]),
    )  # fmt: skip
    return Touchpoint(
        id=draw(st.text(max_size=5)), source=draw(st.sampled_from(["mall", "", "直播"])), type=draw(TYPES),
        occurred_at=draw(st.integers(-(2**62), 2**62)), who=tuple(draw(st.lists(who, max_size=4))), data=draw(DATA),
        context=draw(st.dictionaries(st.sampled_from(["live", "order", "group", "x"]), TEXT, max_size=3)),
        historical=draw(st.booleans()), mapping=draw(TEXT),
    )  # fmt: skip


def _door() -> tuple[Door, Any]:
    clock = fixed_clock(DRAGON_BOAT)
    clock.advance_to(clock.now() + HOUR)
    log = memory_log(clock)
    return Door(log, memory_vault(), clock, IdentityRules), log


def _every_touchpoint_is_answered(batch: list[Touchpoint]) -> None:
    door, log = _door()
    answers = door.take(batch)
    assert len(answers) == len(batch)
    assert all(a.reason for a in answers if a.outcome == "failed")
    assert [e.position for e in log.read(0)] == sorted(a.position for a in answers if a.outcome == "accepted")
    log.close()


@settings(max_examples=75)
@given(st.lists(touchpoints(), max_size=6))
def test_law_every_touchpoint_is_answered_and_what_is_accepted_can_be_read(batch: list[Touchpoint]) -> None:
    _every_touchpoint_is_answered(batch)


@pytest.mark.slow
@settings(max_examples=500)
@given(st.lists(touchpoints(), max_size=6))
def test_law_every_one_of_very_many_touchpoints_is_answered(batch: list[Touchpoint]) -> None:
    _every_touchpoint_is_answered(batch)


@settings(max_examples=100)
@given(
    st.dictionaries(st.sampled_from(["id", "source", "type", "occurred_at", "who", "data", "context"]), VALUES), DATA
)
def test_law_any_document_is_read_or_rejected(document: dict[str, Any], data: dict[str, Any]) -> None:
    full = {"id": "1", "type": "x.tasting", "occurred_at": "2026-06-19T12:00:00Z", "data": data} | document
    door, log = _door()
    answers = []
    with suppress(Rejected):
        answers = door.take([own.parse(json.dumps(full).encode(), default_source="mall")])
    assert [a.position for a in answers if a.outcome == "accepted"] == [e.position for e in log.read(0)]
    log.close()


@pytest.mark.parametrize("number", [2**63, 2**64, -(2**63) - 1, 10**30, 1e308])
def test_a_number_that_no_table_can_hold_is_answered_not_raised(number: float) -> None:
    door, log = _door()
    fields = {"id": "1", "type": "x.tasting", "occurred_at": "2026-06-19T12:00:00Z", "data": {"cakes": number}}
    touchpoint = own.parse(json.dumps(fields).encode(), default_source="mall")
    assert door.take([touchpoint])[0].outcome in ("accepted", "failed")
    assert (
        door.take([Touchpoint(id="2", source="mall", type="x.a", occurred_at=DRAGON_BOAT_MOMENT)])[0].outcome
        == "accepted"
    )
    log.close()


DRAGON_BOAT_MOMENT = fixed_clock(DRAGON_BOAT).now()
