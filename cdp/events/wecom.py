"""The WeCom ledger: friends and tags."""

from __future__ import annotations

from typing import Literal

from cdp.events.fields import Data, Id, Number, Sealed, Text


class FriendAdded(Data, frozen=True, kw_only=True):
    """The person and a staff member became WeCom friends. `context.channel` says through which code."""

    staff: Id
    """The staff member's user id."""
    state: Text = ""
    """`state` of the contact way or `customer_channel` of the acquisition link."""
    add_way: Number | None = None
    """WeCom's number for how they met (`add_way`)."""
    welcome_code: Sealed | None = None
    """One use, valid 20 s; sealed because whoever holds it can write to the person."""
    half: bool = False
    """The customer added the staff member, who has yet to confirm."""


class FriendRemoved(Data, frozen=True, kw_only=True):
    """They are no longer friends."""

    staff: Id
    """The staff member's user id."""
    by: Literal["customer", "staff", "transfer"]
    """Who ended it."""


class TagAdded(Data, frozen=True, kw_only=True):
    """The person got a tag."""

    tag: Id
    """The tag's name."""
    by: Literal["rule", "staff", "journey", "wecom"]
    """Who put it there."""
    run: Text = ""
    """The journey run that did, if one did."""


class TagRemoved(Data, frozen=True, kw_only=True):
    """The person lost a tag."""

    tag: Id
    """The tag's name."""
    by: Literal["rule", "staff", "journey", "wecom"]
    """Who took it away."""
    run: Text = ""
    """The journey run that did, if one did."""


TYPES: dict[str, type[Data]] = {
    "friend.added": FriendAdded,
    "friend.removed": FriendRemoved,
    "tag.added": TagAdded,
    "tag.removed": TagRemoved,
}
