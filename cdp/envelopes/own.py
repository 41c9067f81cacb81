"""Our own JSON for events, as `/v1/events` and `cdp ingest` take it, and how one of them becomes a touchpoint."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

from cdp.clock import iso
from cdp.envelopes.body import Body, not_json, schema_error
from cdp.envelopes.times import moment_of
from cdp.errors import Rejected
from cdp.events.touchpoint import Identifier, Role, Touchpoint

MAX_EVENT_BYTES = 32 * 1024
"""An event larger than this is a typed failure, as in the Segment API."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class Mention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of `who`."""

    type: Name
    value: Annotated[str, msgspec.Meta(max_length=512)]
    scope: Annotated[str, msgspec.Meta(max_length=256)] = ""
    role: Role = "actor"

    def identifier(self) -> Identifier:
        """What it stands for."""
        return Identifier(type=self.type, value=self.value, scope=self.scope, role=self.role)


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One event in our own JSON. `source` may be left out where the caller's key or file names one."""

    id: Name
    type: Name
    occurred_at: Annotated[datetime, msgspec.Meta(tz=True)]
    source: Annotated[str, msgspec.Meta(max_length=256)] = ""
    who: tuple[Mention, ...] = ()
    data: dict[str, Any] = {}
    context: dict[str, str] = {}


class _Outer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    events: list[msgspec.Raw]
    sent_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


_decoder = msgspec.json.Decoder(Envelope)
_items = msgspec.json.Decoder(list[msgspec.Raw])
_outer = msgspec.json.Decoder(_Outer)
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])


def split(body: bytes, *, ndjson: bool = False) -> Body:
    """The raw events of a request body: one object, an array, `{"events": […], "sent_at": …}`, or one object a line.

    Raises Rejected("schema") when the body as a whole is not JSON of one of these shapes.
    """
    if ndjson:
        return Body([line for line in body.splitlines() if line.strip()])
    stripped = body.strip()
    try:
        if stripped.startswith(b"["):
            return Body([bytes(item) for item in _items.decode(stripped)])
        if "events" not in _object.decode(stripped):
            return Body([stripped])
        outer = _outer.decode(stripped)
    except msgspec.ValidationError as error:
        raise schema_error(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise not_json(error) from None
    sent_at = moment_of(outer.sent_at, "$.sent_at") if outer.sent_at is not None else None
    return Body([bytes(item) for item in outer.events], sent_at)


def parse(raw: bytes, *, default_source: str = "", historical: bool = False) -> Touchpoint:
    """The touchpoint of one raw event. Raises Rejected with the path of the first thing that does not fit."""
    check_size(raw)
    try:
        envelope = _decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise schema_error(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise not_json(error) from None
    return Touchpoint(
        id=envelope.id,
        source=envelope.source or default_source,
        type=envelope.type,
        occurred_at=moment_of(envelope.occurred_at, "$.occurred_at"),
        who=tuple(mention.identifier() for mention in envelope.who),
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


def check_size(raw: bytes) -> None:
    """Raises Rejected("too_large") for an event of more than 32 KiB."""
    if len(raw) > MAX_EVENT_BYTES:
        raise Rejected("too_large", f"{len(raw)} bytes; an event has at most {MAX_EVENT_BYTES}")
