"""A touchpoint: one event as a connector or a caller hands it in, before identifiers become surrogates."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Role = Literal["actor", "staff", "sharer", "inviter"]


class Identifier(msgspec.Struct, frozen=True, order=True, kw_only=True, gc=False):
    """One typed, scoped identifier of somebody (or of an order) that the event mentions."""

    type: str
    """`unionid`, `wecom` (external_userid), `openid`, `yz_open_id`, `phone`, `user_id`, `anonymous_id`, `order`, …"""
    value: str
    scope: str = ""
    """Where the value means something: `{corp}:{app}` for `wecom`, the appid for `openid`; empty where it is global."""
    role: Role = "actor"


class Touchpoint(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, to whom, when. `(source, id)` is unique for the life of the log."""

    id: str
    source: str
    type: str
    occurred_at: int
    """Microseconds since the epoch, UTC."""
    claimed_at: int | None = None
    """The time that the sender named, where `occurred_at` was corrected for its clock; 0 where it named none. It, not the
    correction, is content: the same event sent again is a duplicate."""
    who: tuple[Identifier, ...] = ()
    data: dict[str, Any] = {}
    """The fields of the type's struct in the catalogue."""
    context: dict[str, str] = {}
    """Ids that analytics joins on; keys as in `CONTEXT_KEYS`."""
    historical: bool = False
    """From an import of the past: builds profiles, starts no journeys."""
    mapping: str = ""
    """Version of the mapping that made it; the same id with other content conflicts only under the same version."""


CONTEXT_KEYS = frozenset({"live", "group", "campaign", "channel", "store", "staff", "order", "product"})
