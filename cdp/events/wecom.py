"""The WeCom ledger: friends and tags."""

from __future__ import annotations

from typing import Literal

from cdp.events.fields import Data, Id, Sealed, Text


class FriendAdded(Data, frozen=True, kw_only=True):
    """The person and a staff member became WeCom friends. `context.channel` says through which code."""

    staff: Id
    state: Text = ""
    """`state` of the contact way or `customer_channel` of the acquisition link."""
    add_way: int | None = None
    welcome_code: Sealed | None = None
    """One use, valid 20 s; sealed because whoever holds it can write to the person."""
    half: bool = False
    """The customer added the staff member, who has yet to confirm."""


class FriendRemoved(Data, frozen=True, kw_only=True):
    """They are no longer friends."""

    staff: Id
    by: Literal["customer", "staff", "transfer"]


class TagAdded(Data, frozen=True, kw_only=True):
    """The person got a tag."""

    tag: Id
    by: Literal["rule", "staff", "journey", "wecom"]
    run: Text = ""


class TagRemoved(Data, frozen=True, kw_only=True):
    """The person lost a tag."""

    tag: Id
    by: Literal["rule", "staff", "journey", "wecom"]
    run: Text = ""


TYPES: dict[str, type[Data]] = {
    "friend.added": FriendAdded,
    "friend.removed": FriendRemoved,
    "tag.added": TagAdded,
    "tag.removed": TagRemoved,
}
