"""Whatever is posted to a door is answered, and never with a 500: what cannot be taken is failed, refused, or told apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdp.envelopes.cloudevents import BATCH, STRUCTURED
from cdp.events.catalog import CATALOG
from tests.doors.shop import Shop

KINDS = ("application/json", "application/x-ndjson", STRUCTURED, BATCH, "text/plain; charset=latin-1")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    directory: Path = tmp_path_factory.mktemp("house")
    opened = Shop(directory)
    yield opened
    opened.close()


def told(house: Shop, path: str, body: bytes, kind: str) -> None:
    """The law of the door, on the answer: every event is accepted, duplicate or failed, or the body is refused as a whole."""
    answer = house.post(path, body, kind)
    assert answer.status_code in (200, 400, 413), (answer.status_code, answer.text, body[:200])
    document = answer.json()
    if answer.status_code != 200:
        assert {"code", "detail", "status"} <= document.keys()
    elif "events" in document:
        counts = [document[outcome] for outcome in ("accepted", "duplicate", "failed")]
        assert sum(counts) == len(document["events"])
    else:
        assert document["success"] is True


def event(**fields: Any) -> dict[str, Any]:
    return {"id": "e", "source": "s", "type": "x.a", "occurred_at": "2026-06-13T20:15:00Z", "data": {}, **fields}


NASTY: list[bytes] = [
    b"", b"null", b"[]", b"{}", b"\xff\xfe", b'"\\ud800"', b"[[[", b"NaN", b'{"events": null}', b'[null, 1, "x", [], {}]',
    *(json.dumps(e).encode() for e in (
        event(id="\x00"), event(id="\x00", type="x.\x00"), event(id="x" * 257), event(source=""), event(type="x."),
        event(occurred_at="9999-12-31T23:59:59-14:00"), event(occurred_at="0001-01-01T00:00:00+14:00"),
        event(occurred_at="2026-06-13T20:15:00.1234567Z"), event(occurred_at="2026-02-30T00:00:00Z"),
        event(who=[{"type": "phone", "value": ""}]), event(who=[{"type": "\x00", "value": "\x00", "scope": "\x00"}]),
        event(who=[{"type": "order", "value": "o", "role": "staff"}]), event(context={"order": ""}),
        event(context={"live": "\x00"}), event(data={"n": 2**70}), event(data={"": {"": [[]]}}),
        event(type="person.profile_changed", data={"attributes": {"a": 1.5}}),
        event(type="person.profile_changed", data={"name": ""}), event(type="order.paid", data={"amount_fen": 2**80}),
        event(type="live.entered", data={"session": "x" * 4001}), event(type="person.erased", data={"surrogates": [1]}),
    )),
    json.dumps(event(id="deep")).encode().replace(b'"data": {}', b'"data": {"d": ' + b"[" * 950 + b"]" * 950 + b"}"),
    json.dumps(event(id="deeper")).encode().replace(b'"data": {}', b'"data": {"d": ' + b"[" * 9000 + b"]" * 9000 + b"}"),
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_nasty_breaks_a_door(house: Shop, kind: str) -> None:
    for body in NASTY:
        for path in ("/v1/events", "/v1/validate", "/v1/batch", "/v1/track"):
            told(house, path, body, kind)


def test_what_was_kept_of_it_can_be_shown_and_replayed(house: Shop) -> None:
    for body in NASTY:
        told(house, "/v1/events", body, KINDS[0])
    failures = len(house.system.inbox.failures(limit=10_000))
    assert failures > 20
    house.system.inbox.replay()
    while house.system.mapper.advance():
        pass
    assert len(house.system.inbox.failures(limit=10_000)) == failures


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
mentions = st.fixed_dictionaries(
    {"type": st.sampled_from(["phone", "order", "unionid"]) | st.text(), "value": st.text()},
    optional={"scope": st.text(), "role": st.sampled_from(["actor", "staff", "boss"])},
)
fields = st.fixed_dictionaries(
    {
        "id": st.text(max_size=9),
        "type": st.sampled_from(sorted(CATALOG)) | st.text(max_size=5).map("x.".__add__),
        "occurred_at": st.datetimes(timezones=st.timezones(no_cache=False)).map(lambda d: d.isoformat()) | st.text(),
    },
    optional={
        "source": st.text(max_size=5),
        "who": st.lists(mentions, max_size=3),
        "data": st.dictionaries(
            st.sampled_from(["amount_fen", "items", "name", "text", "product"]) | st.text(), json_values
        ),
        "context": st.dictionaries(st.sampled_from(["order", "live", "shop"]), st.text()),
        "sent_at": st.text(),
    },
)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(fields, max_size=3), st.sampled_from(["/v1/events", "/v1/validate"]), st.booleans())
def test_law_every_event_is_answered(house: Shop, events: list[dict[str, Any]], path: str, wrapped: bool) -> None:
    body = {"events": events} if wrapped else events
    told(house, path, json.dumps(body).encode(), "application/json")


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=60), st.sampled_from(KINDS), st.sampled_from(["/v1/events", "/v1/batch", "/v1/identify"]))
def test_law_every_body_is_answered(house: Shop, body: bytes, kind: str, path: str) -> None:
    told(house, path, body, kind)
