"""Identity rules: how strong each identifier type is, and how many different values of it one person may have."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cdp.events.event import Who

UNLISTED_STRENGTH = 50
STRENGTH = {
    "unionid": 0,
    "wecom": 10,
    "openid": 20,
    "yz_open_id": 30,
    "phone": 40,
    "user_id": 45,
    "anonymous_id": 90,
}
LIMITS = {"unionid": 1, "wecom": 3, "yz_open_id": 3, "openid": 8, "phone": 5, "user_id": 3}


class IdentityRules(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of a workspace; part of every `workspace.configured`."""

    strength: dict[str, int] = msgspec.field(default_factory=STRENGTH.copy)
    """Type -> rank; the smallest is the strongest. Types that are not listed rank 50."""
    limits: dict[str, int] = msgspec.field(default_factory=LIMITS.copy)
    """Type -> how many different values (of any scope) one person may have; 0 or no entry, any number."""
    blocked: tuple[tuple[str, str], ...] = ()
    """(type, value) pairs that identify nobody, such as the shop's own phone; the type `*` stands for all. For the door
    alone: the log knows them by their surrogates."""
    blocked_surrogates: tuple[int, ...] = ()
    """The same as the log knows them: identifiers that belong to nobody else, whatever they ever stood beside."""

    def rank(self, identifier_type: str) -> int:
        """The strength of a type; smaller is stronger."""
        return self.strength.get(identifier_type, UNLISTED_STRENGTH)

    def caps(self) -> dict[str, int]:
        """The limits that there are, by type."""
        return {name: limit for name, limit in self.limits.items() if limit}


ALWAYS_BLOCKED = frozenset({"", "0", "null", "none", "undefined", "nan", "-", "unknown"})
"""Values that identify nobody under any type, compared in lower case."""


def subject(who: Sequence[Who], rules: IdentityRules) -> Who | None:
    """Whose stream an event is filed under: the strongest actor, the order where no actor is known, else None.

    Among equals the first mentioned wins.
    """
    if len(who) == 1:
        return who[0] if who[0].role == "actor" else None
    actors = [w for w in who if w.role == "actor"]
    people = [w for w in actors if w.type != "order"]
    return min(people or actors, key=lambda w: rules.rank(w.type), default=None)
