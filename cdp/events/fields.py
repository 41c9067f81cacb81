"""Field kinds of event types: identifying text is sealed in the vault, everything else stays in clear."""

from __future__ import annotations

from typing import Annotated, get_args, get_origin, get_type_hints

import msgspec

IDENTIFYING = "x-identifying"
UNIT = "x-unit"
"""In the JSON Schema of a number: what it counts in."""

Sealed = Annotated[str, msgspec.Meta(extra_json_schema={IDENTIFYING: True})]
"""Text that could tell who somebody is: sealed on the way in, read only for rendering, sending and display."""
MOST_FEN = 10**13
"""A hundred billion yuan: no shop's amount, and sums of millions of them still fit a column."""
MOST = 10**9
_YEAR_2200 = 7_258_118_400_000_000
_SINCE_1970 = {UNIT: "microseconds since 1970 UTC"}
Fen = Annotated[int, msgspec.Meta(ge=0, le=MOST_FEN, extra_json_schema={UNIT: "fen"})]
Count = Annotated[int, msgspec.Meta(ge=0, le=MOST, extra_json_schema={UNIT: "count"})]
Number = Annotated[int, msgspec.Meta(ge=0, le=MOST)]
"""A number of somebody else's that measures nothing."""
Seconds = Annotated[int, msgspec.Meta(ge=0, le=MOST, extra_json_schema={UNIT: "seconds"})]
Moment = Annotated[int, msgspec.Meta(ge=0, le=_YEAR_2200, extra_json_schema=_SINCE_1970)]
Stamp = Annotated[int, msgspec.Meta(extra_json_schema=_SINCE_1970)]
"""A moment that the system itself wrote."""
Position = Annotated[int, msgspec.Meta(extra_json_schema={UNIT: "position in the log"})]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Text = Annotated[str, msgspec.Meta(max_length=4000)]


class Data(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The base of every event type's data."""


def identifying_fields(struct: type[msgspec.Struct]) -> tuple[str, ...]:
    """Names of the top-level fields of `struct` that are sealed."""
    hints = get_type_hints(struct, include_extras=True)
    return tuple(name for name, hint in hints.items() if _is_sealed(hint))


def _is_sealed(hint: object) -> bool:
    if get_origin(hint) is Annotated:
        return any(
            isinstance(m, msgspec.Meta) and (m.extra_json_schema or {}).get(IDENTIFYING) for m in get_args(hint)[1:]
        )
    return any(_is_sealed(part) for part in get_args(hint))
