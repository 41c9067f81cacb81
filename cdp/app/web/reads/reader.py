"""The tables as reads need them: what the projections' reader offers, as a port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol

import pyarrow as pa


class Freshness(Protocol):
    """How far the tables have come."""

    @property
    def position(self) -> int: ...

    @property
    def recorded_at(self) -> int:
        """When the log took the event at that position; microseconds since the epoch."""
        ...

    @property
    def today(self) -> date | None:
        """The last local day that was closed."""
        ...


class Reader(Protocol):
    """Reads of the projected tables; safe to call from several threads."""

    def rows(self, sql: str, params: Sequence[object] | Mapping[str, object] = ()) -> list[dict[str, Any]]: ...

    def arrow(self, sql: str, params: Sequence[object] | Mapping[str, object] = ()) -> pa.Table: ...

    def freshness(self) -> Freshness: ...
