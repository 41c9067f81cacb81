"""What is asked, within which bounds, and how an answer ends."""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec

Format = Literal["json", "ndjson", "csv", "excel", "arrow", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)
MEDIA_TYPES: dict[Format, str] = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "excel": "text/csv; charset=utf-8",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}
SUFFIXES: dict[Format, str] = {
    "json": ".json", "ndjson": ".jsonl", "csv": ".csv", "excel": ".csv", "arrow": ".arrows", "parquet": ".parquet"
}  # fmt: skip


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One statement with the values of its `$name` parameters."""

    sql: str
    params: dict[str, Any] = {}
    format: Format = "json"
    rows: int | None = None
    """The answer ends after so many; None is all there are."""
    seconds: float | None = None
    """How long the database may take for it, not counting the time in which the asker takes nothing; None is for ever."""


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What the queries of one workspace may take of the machine."""

    memory_mb: int = 512
    """Of one query; beyond it the query spills, and then fails."""
    spill_mb: int = 4096
    """What one query may write to disk while it runs."""
    threads: int = 2
    at_once: int = 2
    """So many queries run at a time; others wait for a while."""
    wait: float = 10.0
    """Seconds that a query waits for its turn."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """Up to where the tables know that answered."""

    position: int
    closed_position: int
    recorded_at: str
    """When the log took the last event that is in the tables; empty for empty tables."""
    today: str
    """The last local day that is over."""


class End(msgspec.Struct, frozen=True, kw_only=True):
    """How a complete answer ended."""

    rows: int
    truncated: bool
    """Whether there were more rows than were asked for."""


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of an answer, with its type in SQL."""

    name: str
    type: str


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What a query's process is told once."""

    directory: str
    spill: str
    timezone: str
    tables: dict[str, dict[str, str]]
    """Table -> column -> type."""
    views: dict[str, str]
    """What is computed on reading -> its SELECT, in an order in which they can be made."""
    comments: list[str]
    bounds: Bounds


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no answer. Places count from one, as editors do; 0 is nowhere in particular."""

    kind: Literal["refused", "memory", "failed"]
    message: str
    line: int = 0
    column: int = 0
