"""How an event is written as bytes: one JSON object, readable with any tool, decoded into a typed struct."""

from __future__ import annotations

from typing import Any

import msgspec

from cdp.events.event import Event, Who
from cdp.events.upcast import UPCASTERS, Upcasters


class _Body(msgspec.Struct, frozen=True, omit_defaults=True, rename={
    "id": "i", "source": "s", "version": "v", "occurred_at": "o", "recorded_at": "r", "who": "w", "data": "d",
    "context": "c", "cause": "k", "historical": "h",
}):  # fmt: skip
    """What the log's `state` column holds; position, stream and type stand in columns of their own."""

    id: str
    source: str
    occurred_at: int
    recorded_at: int
    version: int = 1
    who: tuple[Who, ...] = ()
    data: dict[str, Any] = {}
    context: dict[str, str] = {}
    cause: int = 0
    historical: bool = False


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Body)


def encode(event: Event, recorded_at: int | None = None, *, upcasters: Upcasters = UPCASTERS) -> bytes:
    """The bytes of an event, with its own `recorded_at` unless one is given; position, stream and type are left out.

    What is written is always of the present version of its type.
    """
    return _encoder.encode(
        _Body(
            event.id, event.source, event.occurred_at,
            event.recorded_at if recorded_at is None else recorded_at, upcasters.version(event.type), event.who,
            event.data, event.context, event.cause, event.historical,
        )
    )  # fmt: skip


def decode(state: bytes, *, position: int, stream: str, type: str, upcasters: Upcasters = UPCASTERS) -> Event:
    """The event behind the bytes, brought up to the present version of its type.

    Raises msgspec.DecodeError or ValidationError for bytes that `encode` never made, LogDamaged for a version that only a
    newer release knows.
    """
    body = _decoder.decode(state)
    version, data = upcasters.upcast(type, body.version, body.data)
    return Event(
        id=body.id, source=body.source, type=type, version=version, occurred_at=body.occurred_at,
        recorded_at=body.recorded_at, position=position, stream=stream, who=body.who, data=data,
        context=body.context, cause=body.cause, historical=body.historical,
    )  # fmt: skip
