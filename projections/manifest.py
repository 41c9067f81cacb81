"""What one published version holds, as it stands in its `manifest.json`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cdp.clock import iso
from projections.catalog import TOUCHPOINTS, Table
from projections.parts import Content, Part

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class PublishedTable:
    """One table as published."""

    name: str
    rows: int
    bytes: int
    position: int
    path: str
    """A Parquet file, or a pattern that matches several; relative to the version's directory."""
    columns: dict[str, str]
    """Column -> type."""
    sha256: str
    """Of the file; for several, of the lines `path sha256` in the order of paths."""


@dataclass(frozen=True)
class Manifest:
    """What one published version holds."""

    position: int
    closed_position: int
    """The position of the tables that are computed at the end of a day."""
    recorded_at: str
    """When the log took the last event that is in the tables."""
    today: str
    """The last local day that is over."""
    timezone: str
    tables: tuple[PublishedTable, ...]

    def as_json(self) -> str:
        """The manifest as it stands in `manifest.json`."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def manifest_of(
    content: Content, tables: Sequence[Table], columns: Mapping[str, dict[str, str]], timezone: str
) -> Manifest:
    """The manifest of a version made of these parts."""
    fresh = content.freshness
    return Manifest(
        position=fresh.position,
        closed_position=fresh.closed_position,
        recorded_at=iso(fresh.recorded_at) if fresh.recorded_at else "",
        today=str(fresh.today or ""),
        timezone=timezone,
        tables=tuple(_published(content, table, columns) for table in tables),
    )


def read_manifest(directory: Path | str) -> Manifest:
    """The manifest of a published version. Raises OSError or ValueError where there is none of this release."""
    said: dict[str, Any] = json.loads((Path(directory) / MANIFEST).read_text(encoding="utf-8"))
    try:
        tables = tuple(PublishedTable(**table) for table in said.pop("tables"))
        return Manifest(**said, tables=tables)
    except (TypeError, KeyError) as error:
        raise ValueError(f"{directory} was published by another release: {error}") from None


def path_of(part: Part) -> str:
    """Where a part stands in a version's directory."""
    return f"{part.table}/day={part.day}/data.parquet" if part.day else f"{part.table}.parquet"


def _published(content: Content, table: Table, columns: Mapping[str, dict[str, str]]) -> PublishedTable:
    parts, fresh = content.parts[table.name], content.freshness
    return PublishedTable(
        name=table.name,
        rows=sum(part.rows for part in parts),
        bytes=sum(part.bytes for part in parts),
        position=fresh.closed_position if table.everywhere else fresh.position,
        path=f"{table.name}/*/*.parquet" if table.name == TOUCHPOINTS else f"{table.name}.parquet",
        columns=columns[table.name],
        sha256=_digest(parts),
    )


def _digest(parts: Sequence[Part]) -> str:
    if len(parts) == 1:
        return parts[0].sha256
    lines = sorted(f"{path_of(part)} {part.sha256}\n" for part in parts)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
