"""A request body taken apart into raw events, and how JSON that does not fit is named."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from cdp.errors import Rejected


@dataclass(frozen=True)
class Body:
    """The raw events of one request body, each complete in itself, and when the sender says it sent them."""

    raws: list[bytes]
    sent_at: int | None = None
    """Microseconds since the epoch by the sender's own clock; None where it does not say."""


def schema_error(error: msgspec.ValidationError) -> Rejected:
    """What msgspec found, with the path apart: it says "Expected `int`, got `str` - at `$.amount_fen`"."""
    message, marker, path = str(error).rpartition(" - at `")
    if not marker:
        return Rejected("schema", path, _named_in(path, "$"))
    return Rejected("schema", message, _named_in(message, path.rstrip("`")))


def not_json(error: Exception) -> Rejected:
    """Bytes that are no JSON, or JSON nested beyond reading."""
    return Rejected("schema", f"not JSON: {error}")


def _named_in(message: str, path: str) -> str:
    """A missing or unknown field stands in the text only: "… required field `id`"; it belongs to the path."""
    _, marker, field = message.partition("field `")
    return f"{path}.{field.rstrip('`')}" if marker else path
