"""Our own JSON: how bodies are split, how one event is read, and what is said when it cannot be."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.envelopes.own import MAX_EVENT_BYTES, parse, render, split
from cdp.errors import Rejected
from cdp.events.touchpoint import Identifier, Touchpoint
from cdp.testing import moment

EVENT = {
    "id": "o-1",
    "source": "mall",
    "type": "order.paid",
    "occurred_at": "2026-06-13T20:15:00+08:00",
    "who": [{"type": "openid", "scope": "wx1", "value": "oABC"}],
    "data": {"amount_fen": 12800},
    "context": {"order": "3705115058471208928"},
}


def parsed(**changes: object) -> Touchpoint:
    return parse(json.dumps(EVENT | changes).encode())


def test_an_event_is_read_with_its_time_in_utc() -> None:
    touchpoint = parsed()
    assert touchpoint.occurred_at == moment("2026-06-13T12:15:00+00:00")
    assert touchpoint.who == (Identifier(type="openid", scope="wx1", value="oABC"),)


def test_reading_what_was_written_gives_the_same_touchpoint() -> None:
    assert parse(render(parsed())) == parsed()


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"id": 5}, "$.id"),
        ({"occurred_at": "2026-06-13T20:15:00"}, "$.occurred_at"),
        ({"occurred_at": "yesterday"}, "$.occurred_at"),
        ({"who": [{"type": "phone", "value": 1}]}, "$.who[0].value"),
        ({"who": [{"type": "phone", "value": "1", "role": "boss"}]}, "$.who[0].role"),
        ({"surprise": 1}, "$.surprise"),
        ({"context": {"order": 3705115058471208928}}, "$.context[...]"),
    ],
)
def test_what_does_not_fit_is_named_by_its_path(changes: dict[str, object], path: str) -> None:
    with pytest.raises(Rejected) as rejected:
        parsed(**changes)
    assert (rejected.value.reason, rejected.value.path) == ("schema", path)


def test_a_missing_id_is_named() -> None:
    with pytest.raises(Rejected) as rejected:
        parse(json.dumps({k: v for k, v in EVENT.items() if k != "id"}).encode())
    assert rejected.value.path == "$.id"


def test_an_event_that_is_too_large_is_told_so() -> None:
    with pytest.raises(Rejected) as rejected:
        parsed(data={"page": "x" * MAX_EVENT_BYTES})
    assert rejected.value.reason == "too_large"


@pytest.mark.parametrize("body", [b'{"id":1}', b'[{"id":1}]', b' {"events": [{"id":1}]}'])
def test_one_event_an_array_and_an_object_of_events_are_all_bodies(body: bytes) -> None:
    assert [json.loads(raw) for raw in split(body).raws] == [{"id": 1}]


def test_lines_are_a_body_too() -> None:
    assert split(b'{"id":1}\n\n{"id":2}\n', ndjson=True).raws == [b'{"id":1}', b'{"id":2}']


def outcome(body: bytes) -> str:
    """What reading a body comes to; anything but a touchpoint or a typed failure would be an error here."""
    try:
        return ",".join(parse(raw).type for raw in split(body).raws)
    except Rejected as rejected:
        return f"{rejected.reason} {rejected.path}"


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_break_the_door(body: bytes) -> None:
    assert outcome(body).startswith(("schema $", "too_large $")) or outcome(body) == ""


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_no_json_without_an_event_passes_the_door(document: object) -> None:
    assert outcome(json.dumps(document).encode()).startswith("schema $") or document in ([], {"events": []})
