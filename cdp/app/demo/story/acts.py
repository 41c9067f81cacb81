"""What a story is made of: lines of history, and acts that are played at their moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Line = dict[str, Any]
"""One event in the JSON of `POST /v1/events`."""


@dataclass(frozen=True)
class WecomCallback:
    """WeCom tells of a friend, a group or a live. `times` above 1: the platform sends the very same body again.

    `late`: it happened long before, and a welcome code that came with it is no longer good.
    """

    at: int
    fields: Mapping[str, Any]
    times: int = 1
    late: bool = False


@dataclass(frozen=True)
class YouzanWebhook:
    """The mall tells of an order. Trade messages travel as an encoded string, refunds as a plain object."""

    at: int
    type: str
    id: str
    status: str
    msg_id: str
    version: int
    msg: Mapping[str, Any]
    encoded: bool = True
    times: int = 1


@dataclass(frozen=True)
class HttpEvents:
    """The mini-program and the shop's own tools post a batch. `late`: it happened long before."""

    at: int
    events: tuple[Line, ...]
    times: int = 1
    late: bool = False


@dataclass(frozen=True)
class StaffConfirm:
    """The shopkeeper opens WeCom and confirms what waits there."""

    at: int


@dataclass(frozen=True)
class Pause:
    """Nothing happens until then; journeys and the days go on by themselves."""

    at: int


Act = WecomCallback | YouzanWebhook | HttpEvents | StaffConfirm | Pause


@dataclass(frozen=True)
class Contact:
    """A neighbour as WeCom knows them."""

    external_userid: str
    unionid: str
    name: str
    staff: str
    friend: bool
    """Whether they are friends when the evening begins."""


@dataclass(frozen=True)
class Story:
    """Everything that happens. Moments are microseconds since the epoch; acts are in order of time."""

    seed: int
    opening: int
    """When history ends and the evening begins."""
    history: tuple[Line, ...]
    evening: tuple[Act, ...]
    after: tuple[Act, ...]
    contacts: tuple[Contact, ...]
    neighbours: int
