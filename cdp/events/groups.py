"""Community groups, and what the shop itself posts. `context.group` names the group."""

from __future__ import annotations

from typing import Literal

from cdp.events.fields import Count, Data, Id, Sealed, Text


class GroupCreated(Data, frozen=True, kw_only=True):
    """A group began."""

    name: Text = ""
    """The group's name."""
    building: Text | None = None
    """The building or block it is for (楼栋)."""
    interest: Text | None = None
    """What it is about."""
    members: Count | None = None
    """How many members it began with."""


class GroupDismissed(Data, frozen=True, kw_only=True):
    """A group ended."""


class GroupJoined(Data, frozen=True, kw_only=True):
    """The person joined a group."""

    scene: Literal["invited", "link", "qr", "unknown"] = "unknown"
    """How the person came in."""


class GroupLeft(Data, frozen=True, kw_only=True):
    """The person is no longer a member: left on their own, or was removed."""

    scene: Literal["left", "removed", "unknown"] = "unknown"
    """How the person went."""


class GroupMessageSent(Data, frozen=True, kw_only=True):
    """The person wrote in a group."""

    text: Sealed | None = None
    """What was written."""
    kind: Text = "text"
    """Kind of the message: text, image, …"""


class GroupLinkClicked(Data, frozen=True, kw_only=True):
    """The person opened a link posted in a group."""

    url: Text = ""
    """Where the link leads."""
    content: Text = ""
    """The post that it stands in."""


class GroupCheckedIn(Data, frozen=True, kw_only=True):
    """The person checked in (签到)."""


class GroupActivityJoined(Data, frozen=True, kw_only=True):
    """The person took part in an activity of the group."""

    activity: Id
    """The activity's id."""


class ContentPosted(Data, frozen=True, kw_only=True):
    """The shop posted something; `kind` keeps the 70/30 mix countable."""

    kind: Literal["knowledge", "feeling", "interaction", "promotion"]
    """What the post is for."""
    content: Text = ""
    """The post's id."""
    title: Text = ""
    """Its title."""


TYPES: dict[str, type[Data]] = {
    "group.created": GroupCreated,
    "group.dismissed": GroupDismissed,
    "group.joined": GroupJoined,
    "group.left": GroupLeft,
    "group.message_sent": GroupMessageSent,
    "group.link_clicked": GroupLinkClicked,
    "group.checked_in": GroupCheckedIn,
    "group.activity_joined": GroupActivityJoined,
    "content.posted": ContentPosted,
}
