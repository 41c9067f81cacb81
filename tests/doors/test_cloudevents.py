"""CloudEvents 1.0 in JSON at `/v1/events`: the mapping to our envelope is one to one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.clock import iso
from cdp.envelopes import cloudevents
from cdp.envelopes.cloudevents import BATCH, STRUCTURED
from cdp.errors import Rejected
from cdp.events.touchpoint import Identifier, Touchpoint
from cdp.testing import moment
from tests.doors.shop import Shop

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "o-1",
    "source": "/mall/orders",
    "type": "order.paid",
    "time": "2026-06-13T20:15:00+08:00",
    "subject": "phone:19900000001",
    "datacontenttype": "application/json",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "data": {
        "who": [{"type": "openid", "scope": "wx1", "value": "oABC"}],
        "data": {"amount_fen": 12800},
        "context": {"order": "3705115058471208928"},
    },
}


def test_a_structured_event_stands_in_the_log_as_ours_would(shop: Shop) -> None:
    answer = shop.post("/v1/events", EVENT, STRUCTURED).json()
    assert (answer["accepted"], answer["events"][0]["id"]) == (1, "o-1")
    (event,) = shop.events()
    assert (event.source, event.type, event.occurred_at) == (
        "/mall/orders", "order.paid", moment("2026-06-13T20:15:00+08:00")
    )  # fmt: skip
    assert event.data == {"amount_fen": 12800}
    assert shop.names(event) == {"openid": "oABC", "phone": "19900000001", "order": "3705115058471208928"}


def test_a_batch_is_answered_event_by_event(shop: Shop) -> None:
    batch = [EVENT, {**EVENT, "id": "o-2", "data": {"data": {"amount_fen": "9"}}}, {**EVENT, "id": "o-3"}]
    rows = shop.post("/v1/events", batch, f"{BATCH}; charset=utf-8").json()["events"]
    assert [r["outcome"] for r in rows] == ["accepted", "failed", "accepted"]
    assert (rows[1]["reason"], rows[1]["path"]) == ("schema", "$.data.data.amount_fen")


def test_the_same_event_in_our_own_json_is_a_duplicate(shop: Shop) -> None:
    shop.post("/v1/events", EVENT, STRUCTURED)
    own = {
        "id": "o-1", "source": "/mall/orders", "type": "order.paid", "occurred_at": EVENT["time"],
        "who": [*EVENT["data"]["who"], {"type": "phone", "value": "19900000001"}],
        "data": EVENT["data"]["data"], "context": EVENT["data"]["context"],
    }  # fmt: skip
    assert shop.post("/v1/events", own).json()["duplicate"] == 1


def test_a_failed_one_is_replayed_as_the_cloudevent_that_it_is(shop: Shop) -> None:
    shop.post("/v1/events", {**EVENT, "time": "2026-06-19T20:30:00+08:00"}, STRUCTURED)
    (failure,) = shop.system.inbox.failures()
    assert (failure["reason"], failure["path"], failure["mapping"]) == ("clock", "$.time", "1")
    shop.system.clock.advance_to(moment("2026-06-19T21:00:00+08:00"))  # type: ignore[attr-defined]
    shop.system.inbox.replay()
    assert shop.system.mapper.advance() == 1
    assert [e.occurred_at for e in shop.events()] == [moment("2026-06-19T20:30:00+08:00")]
    assert shop.system.inbox.failures() == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"specversion": "0.3"}, "$.specversion"),
        ({"id": ""}, "$.id"),
        ({"source": None}, "$.source"),
        ({"time": "2026-06-13T20:15:00"}, "$.time"),
        ({"subject": "19900000001"}, "$.subject"),
        ({"subject": "phone:"}, "$.subject"),
        ({"datacontenttype": "text/xml"}, "$.datacontenttype"),
        ({"data_base64": "e30="}, "$.data_base64"),
        ({"data": {"amount_fen": 1}}, "$.data.amount_fen"),
        ({"data": {"who": [{"type": "phone"}]}}, "$.data.who[0].value"),
        ({"data": [1]}, "$.data"),
    ],
)
def test_what_does_not_fit_is_named_by_its_path_in_the_cloudevent(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(Rejected) as rejected:
        cloudevents.parse(json.dumps(EVENT | changes).encode())
    assert (rejected.value.reason, rejected.value.path) == ("schema", path)


def test_a_batch_that_is_no_array_is_refused_as_a_whole(shop: Shop) -> None:
    for body in (b"", b"{", b"5", b'{"batch": []}', b"[" * 100_000):
        answer = shop.post("/v1/events", body, BATCH)
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json"), body[:20]
        assert answer.json()["code"] == "schema"


def test_an_event_without_data_and_subject_is_an_event() -> None:
    bare = {k: v for k, v in EVENT.items() if k not in ("data", "subject", "datacontenttype", "traceparent")}
    assert cloudevents.parse(json.dumps(bare).encode()).who == ()


words = st.text(st.characters(codec="utf-8", exclude_characters=":"), min_size=1, max_size=20)
touchpoints = st.builds(
    Touchpoint,
    id=words,
    source=words,
    type=words,
    occurred_at=st.integers(0, moment("9999-12-30T00:00:00+00:00")),
    who=st.lists(st.builds(Identifier, type=words, value=words, scope=words | st.just("")), max_size=3).map(tuple),
    data=st.dictionaries(words, st.integers() | words | st.none(), max_size=3),
    context=st.dictionaries(words, words, max_size=3),
)


@given(touchpoints)
def test_law_a_touchpoint_written_as_a_cloudevent_reads_the_same(touchpoint: Touchpoint) -> None:
    payload = {
        "who": [{"type": w.type, "value": w.value, "scope": w.scope} for w in touchpoint.who],
        "data": touchpoint.data,
        "context": touchpoint.context,
    }
    named = {"id": touchpoint.id, "source": touchpoint.source, "type": touchpoint.type}
    written = {**named, "specversion": "1.0", "time": iso(touchpoint.occurred_at), "data": payload}
    assert cloudevents.parse(json.dumps(written).encode()) == touchpoint
