"""From what a mapping understood to the outcomes the inbox counts: numbered, checked against the catalogue, never raising."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from cdp.errors import Rejected
from cdp.events.catalog import check_data
from cdp.events.touchpoint import Identifier, Touchpoint
from cdp.ports import Failed, Ignored, Mapped


@dataclass(frozen=True)
class Fact:
    """A touchpoint without what all touchpoints of one body share."""

    type: str
    at: int
    who: tuple[Identifier, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    context: dict[str, str] = field(default_factory=dict)


Understood = Fact | Ignored | Failed


@dataclass(frozen=True)
class Origin:
    """What all touchpoints of one body share: their source, the id they are numbered under, the mapping's version."""

    source: str
    id: str
    mapping: str


def outcomes(read: Callable[[], tuple[Origin, Iterable[Understood]]]) -> list[Mapped]:
    """The outcomes of reading one body, at least one; a Rejected on the way becomes Failed."""
    try:
        origin, understood = read()
        found = list(understood)
    except Rejected as rejected:
        return [Failed(rejected.reason, rejected.path, rejected.message)]
    numbered = len(found) > 1
    return [
        _checked(one, replace(origin, id=f"{origin.id}#{n}") if numbered else origin) for n, one in enumerate(found)
    ] or [Ignored("empty")]


def _checked(one: Understood, origin: Origin) -> Mapped:
    if not isinstance(one, Fact):
        return one
    try:
        check_data(one.type, one.data)
    except Rejected as rejected:
        return Failed(rejected.reason, rejected.path, rejected.message)
    return Touchpoint(
        id=origin.id,
        source=origin.source,
        type=one.type,
        occurred_at=one.at,
        who=one.who,
        data=one.data,
        context={key: value for key, value in one.context.items() if value},
        mapping=origin.mapping,
    )
