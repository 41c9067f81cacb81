"""Events of a small shop: identifiers by name, each name one surrogate, its first letter the type."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from cdp.events.event import Event, Who

TYPES = {"u": "unionid", "w": "wecom", "p": "phone", "a": "anonymous_id", "o": "order"}


def surrogate(name: str) -> int:
    """`u1` is 11, `w1` is 12, `p1` 13; `u2` is 21: a strong identifier may have come long after a weak one."""
    return 10 * int(name[1:]) + list(TYPES).index(name[0]) + 1


def who(names: str) -> tuple[Who, ...]:
    """`"u1 p1"` are two actors."""
    return tuple(Who(TYPES[name[0]], "", surrogate(name)) for name in names.split())


def seen(names: str, *, at: int = 0, type: str = "mall.visited", source: str = "shop", **data: Any) -> Event:
    """An event whose actors are `names`."""
    return Event(id=f"{type}:{names}:{at}", source=source, type=type, occurred_at=at, who=who(names), data=data)


def linked(names: str, at: int, *, beyond_limit: bool = False) -> Event:
    """Somebody said at `at` that these are one person."""
    event = seen(names, at=at, type="person.linked", **({"beyond_limit": True} if beyond_limit else {}))
    return replace(event, id=f"{event.id}:{beyond_limit}")


def unlinked(names: str, at: int) -> Event:
    """Somebody said at `at` that these are not one person."""
    return seen(names, at=at, type="person.unlinked")


def configured(**identity: Any) -> Event:
    """The workspace's identity rules change."""
    return seen("", type="workspace.configured", settings={"identity": identity}, files={}, digest="d")
