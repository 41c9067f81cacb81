"""How an event is written as bytes: one JSON object, readable with any tool, decoded into a typed struct."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from cdp.errors import LogDamaged
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


def encode(event: Event, *, upcasters: Upcasters = UPCASTERS) -> bytes:
    """The bytes of an event; position, stream and type are left out.

    What is written is always of the present version of its type.
    """
    return encode_all([event], event.recorded_at, upcasters=upcasters)[0]


def encode_all(events: Sequence[Event], recorded_at: int, *, upcasters: Upcasters = UPCASTERS) -> list[bytes]:
    """The bytes of events that are all recorded at one moment, as `encode` makes them."""
    write, version = _encoder.encode, upcasters.versions.get
    return [
        write(
            _Body(
                e.id, e.source, e.occurred_at, recorded_at, version(e.type, 1), e.who, e.data, e.context, e.cause,
                e.historical,
            )
        )
        for e in events
    ]  # fmt: skip


def decode(state: bytes, *, position: int, stream: str, type: str, upcasters: Upcasters = UPCASTERS) -> Event:
    """The event behind the bytes, brought up to the present version of its type.

    Raises LogDamaged for bytes that `encode` never made, and for a version that only a newer release knows.
    """
    try:
        body = _decoder.decode(state)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise LogDamaged(f"the event at position {position} cannot be read ({error}): restore a backup") from None
    version, data = upcasters.upcast(type, body.version, body.data)
    return Event(
        id=body.id, source=body.source, type=type, version=version, occurred_at=body.occurred_at,
        recorded_at=body.recorded_at, position=position, stream=stream, who=body.who, data=data,
        context=body.context, cause=body.cause, historical=body.historical,
    )  # fmt: skip


def renewed(
    rows: Iterable[tuple[int, str, str, bytes]], *, upcasters: Upcasters = UPCASTERS
) -> list[tuple[int, str, str, bytes]]:
    """Rows of position, stream, type and bytes, with bytes as `encode` would write them today.

    Raises like `decode`, but only for rows of another version than the first: the others are not looked into.
    """
    changed = upcasters.versions
    return [
        row if row[2] not in changed and _VERSIONED not in row[3] else (*row[:3], _renew(*row, upcasters))
        for row in rows
    ]


# May stand in the data as well: then a row is looked into for nothing.
_VERSIONED = b'"v":'


def _renew(position: int, stream: str, type: str, state: bytes, upcasters: Upcasters) -> bytes:
    event = decode(state, position=position, stream=stream, type=type, upcasters=upcasters)
    return encode(event, upcasters=upcasters)
