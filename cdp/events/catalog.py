"""The catalogue: every event type there is, as data. What is not here is accepted under `x.` only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from cdp.errors import Rejected
from cdp.events import business, decisions, groups, live, mall, person, wecom
from cdp.events.fields import Data, identifying_fields
from cdp.events.upcast import UPCASTERS

OWN_PREFIX = "x."
"""Types of a workspace's own start with this and need no declaration."""


@dataclass(frozen=True)
class EventType:
    """One type: its name, the version of its struct, and which of its fields are sealed."""

    name: str
    area: str
    struct: type[Data]
    version: int
    identifying: tuple[str, ...]
    internal: bool
    """Written by this product alone; the doors refuse it."""
    since: str = "0.1.0"
    """The release that first knew the type."""


_AREAS: dict[str, tuple[dict[str, type[Data]], bool]] = {
    "person": (person.TYPES, False),
    "wecom": (wecom.TYPES, False),
    "groups": (groups.TYPES, False),
    "live": (live.TYPES, False),
    "mall": (mall.TYPES, False),
    "business": (business.TYPES, False),
    "decisions": (decisions.TYPES, True),
}
_INTERNAL = frozenset({"workspace.configured", "day.closed", "person.erased"})

CATALOG: dict[str, EventType] = {
    name: EventType(
        name, area, struct, UPCASTERS.version(name), identifying_fields(struct), internal or name in _INTERNAL
    )
    for area, (types, internal) in _AREAS.items()
    for name, struct in types.items()
}

for _entry in CATALOG.values():
    # msgspec looks a struct over when it is first used; two threads that did so at once would end the process.
    msgspec.json.Decoder(_entry.struct)


def check_data(type_name: str, data: dict[str, Any]) -> dict[str, Any]:
    """The data of one event, checked against its type and reduced to plain JSON values with defaults left out.

    Raises Rejected: `unknown_type` for a type that is neither in the catalogue nor under `x.`, `schema` with the path
    of the first field that does not fit (numbers as strings do not fit, unknown fields do not fit).
    """
    entry = CATALOG.get(type_name)
    if entry is None:
        if type_name.startswith(OWN_PREFIX) and len(type_name) > len(OWN_PREFIX):
            return data
        raise Rejected(
            "unknown_type", f"{type_name!r} is not in the catalogue; types of your own start with 'x.'", "$.type"
        )
    try:
        checked = msgspec.convert(data, entry.struct, strict=True)
    except msgspec.ValidationError as error:
        message, path = _split(str(error))
        raise Rejected("schema", message, "$.data" + path) from None
    plain: dict[str, Any] = msgspec.to_builtins(checked)
    return plain


def _split(text: str) -> tuple[str, str]:
    """msgspec says "Expected `int`, got `str` - at `$.amount_fen`"; answers message and path without the `$`."""
    message, marker, path = text.rpartition(" - at `$")
    return (message, path.rstrip("`")) if marker else (text, "")
