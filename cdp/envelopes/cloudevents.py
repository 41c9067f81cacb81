"""CloudEvents 1.0 in JSON, structured and in batches. The mapping to our envelope is one to one:

    id, source, type                  the same
    time                              occurred_at
    data                              {"who": […], "data": {…}, "context": {…}}, each as in our own JSON
    subject TYPE:VALUE                one more identifier of the actor; TYPE:SCOPE:VALUE where it has a scope

`specversion`, `datacontenttype` and `dataschema` describe the envelope; extension attributes (as `traceparent`) are not kept.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from cdp.envelopes.body import Body, not_json, schema_error
from cdp.envelopes.own import Mention, Name, check_size
from cdp.envelopes.times import moment_of
from cdp.errors import Rejected
from cdp.events.touchpoint import Identifier, Touchpoint

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"


class _Payload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    who: tuple[Mention, ...] = ()
    data: dict[str, Any] = {}
    context: dict[str, str] = {}


class _CloudEvent(msgspec.Struct, frozen=True):
    specversion: Literal["1.0"]
    id: Name
    source: Name
    type: Name
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    subject: str | None = None
    datacontenttype: str | None = None
    data: _Payload | None = None
    data_base64: str | None = None


_decoder = msgspec.json.Decoder(_CloudEvent)
_batch = msgspec.json.Decoder(list[msgspec.Raw])


def split(body: bytes, *, batch: bool) -> Body:
    """The raw events of a body: the one it is, or those of the array. Raises Rejected("schema")."""
    if not batch:
        return Body([body.strip()])
    try:
        return Body([bytes(item) for item in _batch.decode(body)])
    except msgspec.ValidationError as error:
        raise schema_error(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise not_json(error) from None


def parse(raw: bytes, *, historical: bool = False) -> Touchpoint:
    """The touchpoint of one CloudEvent. Raises Rejected with the path of the first thing that does not fit."""
    check_size(raw)
    try:
        event = _decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise schema_error(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise not_json(error) from None
    _check_content(event)
    payload = event.data or _Payload()
    named = tuple(mention.identifier() for mention in payload.who)
    subject = _subject(event.subject)
    return Touchpoint(
        id=event.id, source=event.source, type=event.type, occurred_at=moment_of(event.time, "$.time"),
        who=(*named, *(s for s in subject if s not in named)), data=payload.data, context=payload.context, historical=historical,
    )  # fmt: skip


def path_in(path: str) -> str:
    """Where something of our envelope stands in the CloudEvent."""
    if path.startswith("$.occurred_at"):
        return "$.time"
    return f"$.data{path[1:]}" if path.startswith(("$.who", "$.data", "$.context")) else path


def _check_content(event: _CloudEvent) -> None:
    if event.data_base64 is not None:
        raise Rejected("schema", "give the data as JSON, not as base64", "$.data_base64")
    kind = (event.datacontenttype or "application/json").partition(";")[0].strip().lower()
    if not kind.endswith(("/json", "+json")):
        raise Rejected("schema", f"data of the type {kind!r} cannot be read; give JSON", "$.datacontenttype")


def _subject(subject: str | None) -> tuple[Identifier, ...]:
    if not subject:
        return ()
    kind, _, rest = subject.partition(":")
    scope, _, value = rest.rpartition(":")
    if not (kind and value):
        raise Rejected("schema", "write TYPE:VALUE or TYPE:SCOPE:VALUE, as in phone:13800000000", "$.subject")
    return (Identifier(type=kind, value=value, scope=scope),)
