"""The Segment HTTP tracking API: track, identify, alias, page, screen, group, alone or in a batch.

`messageId` is the id. A raw event made by `split` is complete in itself: it names its call and has an id, so that it reads
the same when it is replayed. docs/ingest.md says what becomes of each call.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Annotated, Any, Literal, get_args

import msgspec

from cdp.envelopes import segment_track as track
from cdp.envelopes import segment_traits as traits
from cdp.envelopes.body import Body, not_json, schema_error
from cdp.envelopes.own import check_size
from cdp.envelopes.times import corrected, moment_of
from cdp.errors import Rejected
from cdp.events.touchpoint import CONTEXT_KEYS, Identifier, Touchpoint
from cdp.ids import derive

Call = Literal["track", "identify", "alias", "page", "screen", "group"]
CALLS: tuple[Call, ...] = get_args(Call)
_Id = str | int | None
_Time = Annotated[datetime, msgspec.Meta(tz=True)] | None
_Fields = dict[str, Any] | None


class _Message(msgspec.Struct, frozen=True, rename="camel"):
    type: Call
    message_id: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    user_id: _Id = None
    anonymous_id: _Id = None
    previous_id: _Id = None
    group_id: _Id = None
    event: str | None = None
    name: str | None = None
    category: str | None = None
    timestamp: _Time = None
    sent_at: _Time = None
    context: _Fields = None
    traits: _Fields = None
    properties: _Fields = None


class _Outer(msgspec.Struct, frozen=True, rename="camel"):
    batch: list[msgspec.Raw]
    write_key: str | None = None
    sent_at: _Time = None
    context: msgspec.Raw = msgspec.Raw(b"null")


class _Key(msgspec.Struct, frozen=True, rename="camel"):
    write_key: str | None = None


# Fractions are decimals from the first: an amount never passes through a binary float.
_messages = msgspec.json.Decoder(_Message, float_hook=Decimal)
_outers = msgspec.json.Decoder(_Outer)
_keys = msgspec.json.Decoder(_Key)
_objects = msgspec.json.Decoder(dict[str, msgspec.Raw])


def write_key(body: bytes) -> str:
    """The write key in the body; empty if there is none to be read."""
    try:
        return _keys.decode(body).write_key or ""
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""


def split(body: bytes, call: Call | Literal["batch"], received_at: int) -> Body:
    """The raw messages of a body. Raises Rejected("schema") when it as a whole is no such call.

    A message without `messageId` gets one, made of its place, its bytes and the time: then sending it again doubles it.
    """
    try:
        if call != "batch":
            return Body([_complete(body.strip(), call, None, f"{received_at}:0", strict=True)])
        outer = _outers.decode(body)
    except msgspec.ValidationError as error:
        raise schema_error(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise not_json(error) from None
    sent_at = moment_of(outer.sent_at, "$.sentAt") if outer.sent_at is not None else None
    raws = [_complete(bytes(raw), None, outer.context, f"{received_at}:{n}") for n, raw in enumerate(outer.batch)]
    return Body(raws, sent_at)


def parse(
    raw: bytes, *, source: str, received_at: int, sent_at: int | None = None, historical: bool = False
) -> Touchpoint:
    """The touchpoint of one raw message, its time corrected by `sentAt`. Raises Rejected with the path of what is wrong."""
    check_size(raw)
    try:
        message = _messages.decode(raw)
        kind, data, context = _MEANING[message.type](message)
    except msgspec.ValidationError as error:
        raise schema_error(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise not_json(error) from None
    except ArithmeticError:
        raise Rejected("schema", "there is a number beyond all bounds") from None
    claimed = moment_of(message.timestamp, "$.timestamp") if message.timestamp is not None else None
    touchpoint = Touchpoint(
        id=message.message_id, source=source, type=kind, occurred_at=received_at if claimed is None else claimed,
        claimed_at=0 if claimed is None else None, who=_who(message), data=data,
        context={**_context(message), **context}, historical=historical,
    )  # fmt: skip
    if claimed is None:
        return touchpoint
    own = moment_of(message.sent_at, "$.sentAt") if message.sent_at is not None else sent_at
    return corrected(touchpoint, own, received_at)


def path_in(path: str) -> str:
    """Where something of our envelope stands in the message; inside `data` the path is that of our own event."""
    names = {"$.id": "$.messageId", "$.occurred_at": "$.timestamp", "$.type": "$.event", "$.who": "$.userId"}
    return names.get(path, path)


def _complete(raw: bytes, call: Call | None, context: msgspec.Raw | None, place: str, *, strict: bool = False) -> bytes:
    """The message with what stands around it: the call of its route, the context of its batch, an id."""
    try:
        message = _objects.decode(raw)
        missing: dict[str, Any] = {} if call is None else {"type": call}
        if _is_null(message.get("messageId")):
            missing["messageId"] = derive("segment", place, blake2b(raw, digest_size=16).hexdigest())
        if context is not None and not _is_null(context):
            missing["context"] = {**_objects.decode(context), **_given_context(message)}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        if strict:
            raise
        return raw  # `parse` says what is wrong with it
    return msgspec.json.encode({**message, **missing}) if missing else raw


def _given_context(message: Mapping[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
    given = message.get("context")
    return {} if given is None or _is_null(given) else _objects.decode(given)


def _is_null(raw: msgspec.Raw | None) -> bool:
    return raw is None or bytes(raw).strip() in (b"null", b'""')


def _who(message: _Message) -> tuple[Identifier, ...]:
    """Everybody the message names as its actor, the strongest Segment id first."""
    about = _fields(message.context).get("traits")
    known = {
        **(about if isinstance(about, dict) else {}),
        **(_fields(message.traits) if _about_person(message) else {}),
    }
    own = (("user_id", message.user_id), ("anonymous_id", message.anonymous_id))
    named = [Identifier(type=kind, value=value) for kind, given in own if (value := traits.text(given))]
    if message.type == "alias":
        named += _previous(message)
    everybody = (*named, *traits.identifiers(known), *_external(message))
    if not named:
        raise Rejected("schema", "userId or anonymousId is needed", "$.userId")
    return tuple(dict.fromkeys(everybody))


def _about_person(message: _Message) -> bool:
    return message.type != "group"


def _previous(message: _Message) -> list[Identifier]:
    """The old id of an alias: anonymous ids are UUIDs in every official library, other ids are a user's."""
    value = traits.text(message.previous_id)
    if not value or not traits.text(message.user_id):
        raise Rejected("schema", "an alias needs previousId and userId", "$.previousId" if not value else "$.userId")
    anonymous = value == traits.text(message.anonymous_id) or re.fullmatch(
        r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value
    )
    return [Identifier(type="anonymous_id" if anonymous else "user_id", value=value)]


def _external(message: _Message) -> list[Identifier]:
    """Segment's `context.externalIds`: `{"type": "openid", "id": "oABC", "collection": "wx42"}`; the collection is the scope."""
    entries = _fields(message.context).get("externalIds")
    found = [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []
    triples = [(traits.text(e.get("type")), traits.text(e.get("id")), traits.text(e.get("collection"))) for e in found]
    return [
        Identifier(type=kind, value=value, scope="" if scope == "users" else scope)
        for kind, value, scope in triples
        if kind and value
    ]


def _context(message: _Message) -> dict[str, str]:
    """Ids of ours that the context names outright, and Segment's own `campaign`: its name and its source."""
    given = _fields(message.context)
    named = {key: text for key in CONTEXT_KEYS if (text := traits.text(given.get(key)))}
    campaign = given.get("campaign")
    if isinstance(campaign, dict):
        found = {"campaign": traits.text(campaign.get("name")), "channel": traits.text(campaign.get("source"))}
        named = {**{key: text for key, text in found.items() if text}, **named}
    return named


def _fields(given: _Fields) -> dict[str, Any]:
    return given or {}


_Meaning = tuple[str, dict[str, Any], dict[str, str]]


def _track(message: _Message) -> _Meaning:
    properties = _fields(message.properties)
    kind, data = track.mapped(message.event or "", properties)
    return kind, data, track.context(properties)


def _identify(message: _Message) -> _Meaning:
    about = _fields(message.context).get("traits")
    return (
        "person.profile_changed",
        traits.profile({**(about if isinstance(about, dict) else {}), **_fields(message.traits)}),
        {},
    )


def _alias(_: _Message) -> _Meaning:
    return "person.linked", {"reason": "alias", "by": "segment"}, {}


def _visit(message: _Message) -> _Meaning:
    properties = _fields(message.properties)
    name = message.name or traits.text(properties.get("name")) or traits.text(properties.get("path"))
    page = " ".join(part for part in (message.category, name) if part)
    scene = "screen" if message.type == "screen" else ""
    return "mall.visited", {key: value for key, value in (("page", page), ("scene", scene)) if value}, {}


def _group(message: _Message) -> _Meaning:
    group = traits.text(message.group_id)
    if not group:
        raise Rejected("schema", "a group call needs groupId", "$.groupId")
    about = {name: traits.scalar(value) for name, value in _fields(message.traits).items()}
    return "x.group", {"group_id": group, **({"traits": about} if about else {})}, {"group": group}


_MEANING: dict[Call, Callable[[_Message], _Meaning]] = {
    "track": _track,
    "identify": _identify,
    "alias": _alias,
    "page": _visit,
    "screen": _visit,
    "group": _group,
}
