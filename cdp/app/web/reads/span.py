"""A stretch of local days as queries take it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Span:
    """The days `since` to `until`, both in, and the same as moments, `end` out."""

    since: date
    until: date
    start: int
    end: int

    def days(self) -> dict[str, object]:
        """Parameters of a query by day."""
        return {"since": self.since, "until": self.until}

    def moments(self) -> dict[str, object]:
        """Parameters of a query by moment."""
        return {"start": self.start, "end": self.end}
