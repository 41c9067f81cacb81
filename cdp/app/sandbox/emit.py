"""`POST /sandbox/emit`: something happened on a platform; the world learns of it first, then the workspace is told."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from cdp.app.sandbox.journal import Record
from cdp.app.sandbox.sandbox import Sandbox
from cdp.app.sandbox.wire import Item, WecomItem, check
from cdp.clock import SECOND
from cdp.errors import UsageError

_ADDED = ("add_external_contact", "add_half_external_contact")


def happen(sandbox: Sandbox, items: list[Item]) -> list[Item]:
    """Let the world change as these messages say, durably and at once; answers the items with their welcome codes.

    Raises UsageError, before anything happened, for an item that cannot be sent.
    """
    for item in items:
        check(item, sandbox.settings)
    dated = [_dated(item, sandbox.clock.now()) for item in items]
    records = [record for item in dated if isinstance(item, WecomItem) for record in _changes(item.fields)]
    fresh = [r for r in records if r["effect"] != "code" or r["code"] not in sandbox.world.codes]
    if fresh:
        sandbox.write(fresh)
    return dated


def _dated(item: Item, now: int) -> Item:
    """A WeCom item with its time and its welcome code: all repeats and attempts carry the same."""
    if not isinstance(item, WecomItem) or item.xml:
        return item
    fields: dict[str, Any] = {"CreateTime": (item.at or now) // SECOND} | item.fields
    if not str(fields["CreateTime"]).isdecimal():
        raise UsageError(f"CreateTime {fields['CreateTime']!r} is not a time in seconds")
    if fields.get("WelcomeCode") is True:
        fields["WelcomeCode"] = secrets.token_urlsafe(24)
    return msgspec.structs.replace(item, fields=fields)


def _changes(fields: Mapping[str, Any]) -> Iterator[Record]:
    at = int(fields["CreateTime"]) * SECOND if fields else 0
    match fields.get("Event"):
        case "change_external_contact":
            yield from _contact_changes(fields, at)
        case "change_external_chat":
            yield from _group_changes(fields, at)


def _contact_changes(fields: Mapping[str, Any], at: int) -> Iterator[Record]:
    pair = {"at": at, "staff": fields.get("UserID", ""), "person": fields.get("ExternalUserID", "")}
    change = fields.get("ChangeType")
    if change in _ADDED:
        yield pair | {"effect": "befriended", "state": fields.get("State", "")}
        if code := fields.get("WelcomeCode"):
            yield pair | {"effect": "code", "code": code, "issued_at": at}
    elif change == "del_external_contact":
        yield pair | {"effect": "removed"}
    elif change == "del_follow_user":
        yield pair | {"effect": "left"}


def _group_changes(fields: Mapping[str, Any], at: int) -> Iterator[Record]:
    effect = {"add_member": "joined", "del_member": "parted"}.get(str(fields.get("UpdateDetail")))
    members = fields.get("MemChangeList")
    if effect and isinstance(members, Mapping):
        listed = members.get("Item", [])
        for member in listed if isinstance(listed, list) else [listed]:
            yield {"at": at, "effect": effect, "group": str(fields.get("ChatId", "")), "person": str(member)}
