"""Our own JSON for one event, as `/v1/events` and `cdp ingest` take it, and how it becomes a touchpoint."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

from cdp.clock import iso, to_moment
from cdp.errors import Rejected
from cdp.events.touchpoint import Identifier, Role, Touchpoint

MAX_EVENT_BYTES = 32 * 1024
"""An event larger than this is a typed failure, as in the Segment API."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class _Who(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    type: Name
    value: Annotated[str, msgspec.Meta(max_length=512)]
    scope: Annotated[str, msgspec.Meta(max_length=256)] = ""
    role: Role = "actor"


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One event in our own JSON. `source` may be left out where the caller's key or file names one."""

    id: Name
    type: Name
    occurred_at: Annotated[datetime, msgspec.Meta(tz=True)]
    source: Annotated[str, msgspec.Meta(max_length=256)] = ""
    who: tuple[_Who, ...] = ()
    data: dict[str, Any] = {}
    context: dict[str, str] = {}


_decoder = msgspec.json.Decoder(Envelope)
_items = msgspec.json.Decoder(list[msgspec.Raw])


def split(body: bytes, *, ndjson: bool = False) -> list[bytes]:
    """The raw events of a request body: one object, an array, `{"events": […]}`, or one object a line.

    Raises Rejected("schema") when the body as a whole is not JSON of one of these shapes.
    """
    if ndjson:
        return [line for line in body.splitlines() if line.strip()]
    stripped = body.lstrip()
    try:
        if stripped.startswith(b"["):
            return [bytes(item) for item in _items.decode(stripped)]
        outer = msgspec.json.decode(stripped, type=dict[str, msgspec.Raw])
        return [bytes(item) for item in _items.decode(outer["events"])] if set(outer) == {"events"} else [stripped]
    except msgspec.MsgspecError as error:
        raise Rejected("schema", f"the body is not JSON: {error}") from None


def parse(raw: bytes, *, default_source: str = "", historical: bool = False) -> Touchpoint:
    """The touchpoint of one raw event. Raises Rejected with the path of the first thing that does not fit."""
    if len(raw) > MAX_EVENT_BYTES:
        raise Rejected("too_large", f"{len(raw)} bytes; an event has at most {MAX_EVENT_BYTES}")
    try:
        envelope = _decoder.decode(raw)
    except msgspec.ValidationError as error:
        message, marker, path = str(error).rpartition(" - at `")
        raise Rejected("schema", message if marker else path, path.rstrip("`") if marker else _missing(path)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Rejected("schema", f"not JSON: {error}") from None
    return Touchpoint(
        id=envelope.id,
        source=envelope.source or default_source,
        type=envelope.type,
        occurred_at=to_moment(envelope.occurred_at),
        who=tuple(Identifier(type=w.type, value=w.value, scope=w.scope, role=w.role) for w in envelope.who),
        data=envelope.data,
        context=envelope.context,
        historical=historical,
    )


def render(touchpoint: Touchpoint) -> bytes:
    """The raw event that `parse` would turn into this touchpoint; how a touchpoint that failed is kept for replay."""
    return msgspec.json.encode(
        {
            "id": touchpoint.id,
            "source": touchpoint.source,
            "type": touchpoint.type,
            "occurred_at": iso(touchpoint.occurred_at),
            "who": [{"type": w.type, "value": w.value, "scope": w.scope, "role": w.role} for w in touchpoint.who],
            "data": touchpoint.data,
            "context": touchpoint.context,
        }
    )


def _missing(message: str) -> str:
    """msgspec names a missing or unknown top-level field in its text only: "… required field `id`"."""
    _, marker, field = message.partition("field `")
    return f"$.{field.rstrip('`')}" if marker else "$"
