"""Columns of `touchpoints`, as they come out of events."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import given, settings

from cdp.codec import encode
from cdp.events.event import DECISIONS, DELIVERY, PERSON_STREAM, Event, Who
from cdp.events.fields import MOST_FEN
from cdp.identity.rules import IdentityRules, subject
from cdp.testing import event, moment, person
from projections.engine import Engine
from projections.extract import EXTRACTED, STORED, lent
from tests.projections.histories import histories


def _extract(events: Sequence[Event]) -> list[dict[str, Any]]:
    engine = Engine(":memory:", "Asia/Shanghai")
    try:
        with engine.lent(STORED, lent([(e.position, e.stream, e.type, encode(e)) for e in events])):
            engine.run(f"CREATE TABLE extracted AS {EXTRACTED}")
        with engine.cursor() as cursor:
            return cursor.rows("SELECT *, CAST(day AS VARCHAR) AS day FROM extracted ORDER BY position")
    finally:
        engine.close()


def _row(one: Event) -> dict[str, Any]:
    return _extract([one])[0]


def test_context_becomes_columns_and_data_stays_readable() -> None:
    context = {
        "live": "l1", "group": "g1", "campaign": "c1", "channel": "ch", "store": "s1", "staff": "wang", "order": "E1", "product": "p1",
    }  # fmt: skip
    row = _row(event("order.paid", data={"amount_fen": 990, "categories": ["粽子"]}, context=context, historical=True))
    names = ["live_id", "group_id", "campaign_id", "channel", "store_id", "staff_id", "order_id", "product_id"]
    assert [row[name] for name in names] == ["l1", "g1", "c1", "ch", "s1", "wang", "E1", "p1"]
    assert (row["amount_fen"], row["historical"], row["data"]) == (
        990,
        True,
        '{"amount_fen":990,"categories":["粽子"]}',
    )


def test_what_the_context_does_not_say_is_taken_from_the_data() -> None:
    assert _row(event("product.viewed", data={"product": "zongzi"}))["product_id"] == "zongzi"
    assert _row(event("friend.added", data={"staff": "wang"}))["staff_id"] == "wang"
    assert _row(event("cost.recorded", data={"fen": 700}))["amount_fen"] == 700
    row = _row(event("action.requested", data={"run": "r1", "action": "a1"}))
    assert (row["run_id"], row["action_id"]) == ("r1", "a1")


def test_nothing_said_is_null_and_another_kind_of_value_is_not_mistaken() -> None:
    row = _row(
        event("x.tasting", data={"product": 7, "staff": None, "amount_fen": "12", "run": ["r"]}, context={"live": ""})
    )
    names = ["product_id", "staff_id", "amount_fen", "run_id", "live_id", "seconds", "order_id"]
    assert [row[name] for name in names] == [None] * 7


def test_seconds_are_the_polled_total_or_the_length_of_a_visit() -> None:
    left = moment("2026-06-19T20:30:00+08:00")
    came = moment("2026-06-19T20:20:00+08:00")
    assert _row(event("live.watched", data={"total_seconds": 61}))["seconds"] == 61
    assert _row(event("live.left", data={"entered_at": came}, occurred_at=left))["seconds"] == 600
    assert _row(event("live.left", data={"entered_at": left}, occurred_at=came))["seconds"] == 0
    assert _row(event("live.left", occurred_at=left))["seconds"] is None


def test_an_event_belongs_to_the_surrogate_of_its_stream_else_to_its_strongest_actor() -> None:
    unionid, order = Who("unionid", "", 5), Who("order", "", 9)
    assert _row(event(who=(person(17), unionid)))["subject"] == 5
    assert _row(event(who=(order,)))["subject"] == 9
    assert _row(event("journey.entered", who=(person(17), unionid), stream="run/abc"))["subject"] == 5
    assert _row(event("live.started", who=(), stream="live/l1"))["subject"] is None
    assert _row(event("group.joined", who=(Who("wecom", "", 3, "inviter"),), stream="group/g1"))["subject"] is None


def test_every_event_is_a_row() -> None:
    assert [row["position"] for row in _extract([event(position=3), event(position=1), event(position=2)])] == [1, 2, 3]
    assert _extract([]) == []


def test_numbers_too_large_for_a_column_fractions_and_signs() -> None:
    def amount(told: object) -> int | None:
        return _row(event("x.paid", data={"amount_fen": told}))["amount_fen"]  # type: ignore[no-any-return]

    assert [amount(n) for n in (-5, 0, MOST_FEN, MOST_FEN + 1, 10**30, 5.0, 1e3, True, None)] == [
        -5,
        0,
        MOST_FEN,
        *[None] * 6,
    ]
    assert _row(event("x.paid", data={"amount_fen": None, "fen": 7}))["amount_fen"] is None


@given(histories(1, 30))
@settings(max_examples=8, deadline=None, derandomize=True)
def test_rows_say_what_the_events_say(events: list[Event]) -> None:
    numbered = [_at(n, e) for n, e in enumerate(events, 1)]
    for row, told in zip(_extract(numbered), numbered, strict=True):
        assert (row["id"], row["source"], row["type"]) == (told.id, told.source, told.type)
        assert json.loads(row["data"]) == json.loads(json.dumps(told.data))
        assert row["subject"] == _filed_under(told)
        assert [(w[0], w[1], int(w[2]), w[3]) for w in row["who"] or ()] == [
            (w.type, w.scope, w.surrogate, w.role) for w in told.who
        ]
        assert row["is_own"] == (told.source in {DECISIONS, DELIVERY})


def _at(position: int, told: Event) -> Event:
    return msgspec.structs.replace(told, position=position)


def _filed_under(told: Event) -> int | None:
    if told.stream.startswith(PERSON_STREAM):
        return int(told.stream.removeprefix(PERSON_STREAM))
    if told.source == DECISIONS:
        return told.who[0].surrogate if told.who else None
    who = subject(told.who, IdentityRules())
    return who.surrogate if who else None
