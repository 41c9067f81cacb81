"""One raw event in, one touchpoint out, whichever envelope it came in; and what must be kept to read it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, assert_never

import msgspec

from cdp.envelopes import cloudevents, own, segment
from cdp.envelopes.times import corrected
from cdp.errors import Rejected
from cdp.events.touchpoint import Touchpoint
from cdp.ports import Callback

Format = Literal["own", "cloudevents", "segment", "row"]
VERSION = "1"
"""Of how envelopes are read; goes up when the same body gives another event. An inbox keeps it beside what failed."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How a raw event is to be read. Kept beside a body that failed, so that its replay reads it in the same way."""

    source: str
    """The `source` of events that name none."""
    received_at: int
    format: Format = "own"
    """`row` is a line of a file as a mapping file reads it; without that file nobody can."""
    historical: bool = False
    sent_at: int | None = None
    """When the sender says it sent, by its own clock."""

    def query(self) -> dict[str, str]:
        """What an inbox keeps of it in the query of a Callback, beside name and time."""
        kept = {"history": "true"} if self.historical else {}
        if self.format != "own":
            kept["format"] = self.format
        if self.sent_at is not None:
            kept["sent_at"] = str(self.sent_at)
        return kept

    def callback(self, raw: bytes) -> Callback:
        """The raw event as an inbox keeps it."""
        return Callback("POST", self.query(), {}, raw, self.received_at)


def reading_of(callback: Callback, source: str) -> Reading:
    """The reading that `callback` was made of."""
    query: Mapping[str, str] = callback.query
    given = {"format": query.get("format", "own"), "sent_at": int(query["sent_at"]) if "sent_at" in query else None}
    historical = query.get("history") == "true"
    return msgspec.convert(
        {**given, "source": source, "received_at": callback.received_at, "historical": historical}, Reading
    )


def read(raw: bytes, reading: Reading) -> Touchpoint:
    """The touchpoint of one raw event. Raises Rejected with the path of the first thing that does not fit."""
    match reading.format:
        case "own":
            touchpoint = own.parse(raw, default_source=reading.source, historical=reading.historical)
            return corrected(touchpoint, reading.sent_at, reading.received_at)
        case "cloudevents":
            return cloudevents.parse(raw, historical=reading.historical)
        case "segment":
            return segment.parse(
                raw, source=reading.source, received_at=reading.received_at, sent_at=reading.sent_at,
                historical=reading.historical,
            )  # fmt: skip
        case "row":
            raise Rejected(
                "mapping", "a row of a file is read by its mapping file: correct that and take the file again"
            )
        case _:
            assert_never(reading.format)


def path_in(path: str, format: Format) -> str:
    """Where something of our envelope stands in the document that was sent."""
    match format:
        case "cloudevents":
            return cloudevents.path_in(path)
        case "segment":
            return segment.path_in(path)
        case "own" | "row":
            return path
        case _:
            assert_never(format)
