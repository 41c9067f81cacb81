"""Writes all tables as Parquet files for analysts, in a directory named after the position, swapped in as one.

    published/12345/orders.parquet …          one file a table, `touchpoints` one directory a day
    published/12345/manifest.json             position, time, rows, columns and digest of every table
    published/12345/cdp.sql, published/cdp.sql    views over the files, for any DuckDB
    published/current -> 12345                swapped atomically

Whoever reads a version goes on reading it: the last few are kept.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from cdp.clock import iso
from cdp.errors import WorkspaceError
from projections.catalog import TOUCHPOINTS, Table, base_tables, views
from projections.engine import literal
from projections.projector import Projector
from projections.read import Freshness, Snapshot

_KEPT = 3
_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class PublishedTable:
    """One table as published."""

    name: str
    rows: int
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
    today: str
    timezone: str
    made_by: str
    tables: tuple[PublishedTable, ...]

    def as_json(self) -> str:
        """The manifest as it stands in `manifest.json`."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def publish(projector: Projector, directory: Path | str) -> Manifest:
    """Write the tables' present state below `directory` and make it `current`; answers what was written.

    A crash leaves `current` on the version before. Publishing the same state twice writes nothing the second time.
    Raises WorkspaceError when the directory cannot be written.
    """
    top = Path(directory).resolve()
    try:
        top.mkdir(parents=True, exist_ok=True)
        with projector.reader().snapshot() as state:
            manifest = _publish(state, top, projector.timezone)
    except OSError as error:
        raise WorkspaceError(f"cannot publish to {top}: {error}") from None
    return manifest


def read_manifest(directory: Path | str) -> Manifest:
    """The manifest of a published version. Raises OSError or ValueError where there is none."""
    said: dict[str, Any] = json.loads((Path(directory) / _MANIFEST).read_text(encoding="utf-8"))
    tables = tuple(PublishedTable(**table) for table in said.pop("tables"))
    return Manifest(**said, tables=tables)


def _publish(state: Snapshot, top: Path, timezone: str) -> Manifest:
    fresh = state.freshness()
    made_by = hashlib.sha256("".join(t.digest() for t in _tables()).encode()).hexdigest()[:16]
    target = _place(top, fresh, made_by)
    if not target.exists():
        _write(state, fresh, top, target, timezone, made_by)
    _point(top / "current", target.name)
    _replace(top / "cdp.sql", _views_sql(top / "current", read_manifest(target)))
    _prune(top, target)
    return read_manifest(target)


def _place(top: Path, fresh: Freshness, made_by: str) -> Path:
    """The directory of this state: its position, and a number where another release published the same position."""
    for again in itertools.count():
        target = top / (f"{fresh.position}.{again}" if again else f"{fresh.position}")
        if not target.exists():
            return target
        known = read_manifest(target)
        if (known.made_by, known.closed_position) == (made_by, fresh.closed_position):
            return target
    raise AssertionError("numbers do not end")


def _write(state: Snapshot, fresh: Freshness, top: Path, target: Path, timezone: str, made_by: str) -> None:
    unfinished = top / f".{target.name}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    tables = tuple(_write_table(state, table, fresh, unfinished) for table in _tables())
    recorded_at = iso(fresh.recorded_at) if fresh.recorded_at else ""
    manifest = Manifest(
        fresh.position, fresh.closed_position, recorded_at, str(fresh.today or ""), timezone, made_by, tables
    )
    (unfinished / _MANIFEST).write_text(manifest.as_json(), encoding="utf-8")
    (unfinished / "cdp.sql").write_text(_views_sql(target, manifest), encoding="utf-8")
    os.replace(unfinished, target)


def _write_table(state: Snapshot, table: Table, fresh: Freshness, into: Path) -> PublishedTable:
    order = ", ".join(f'"{column}"' for column in table.key)
    if table.name == TOUCHPOINTS:
        path = f"{table.name}/*/*.parquet"
        (into / table.name).mkdir()
        for row in state.rows(f"SELECT DISTINCT day FROM {table.name} ORDER BY day"):
            place = into / table.name / f"day={row['day']}" / "data.parquet"
            place.parent.mkdir()
            of_day = f"SELECT * EXCLUDE (day) FROM {table.name} WHERE day = DATE '{row['day']}' ORDER BY {order}"
            _write_rows(state, of_day, place)
    else:
        path = f"{table.name}.parquet"
        _write_rows(state, f"SELECT * FROM {table.name} ORDER BY {order}", into / path)
    return PublishedTable(
        name=table.name,
        rows=state.rows(f"SELECT COUNT(*) AS n FROM {table.name}")[0]["n"],
        position=fresh.closed_position if table.everywhere else fresh.position,
        path=path,
        columns={row["column_name"]: row["column_type"] for row in state.rows(f"DESCRIBE {table.name}")},
        sha256=_digest(into, sorted(into.glob(path))),
    )


def _write_rows(state: Snapshot, query: str, place: Path) -> None:
    """Write the rows of a query as one Parquet file, piece by piece."""
    rows = state.batches(query)
    with pq.ParquetWriter(place, rows.schema, compression="zstd") as writer:
        for batch in rows:
            writer.write_batch(batch)


def _digest(base: Path, files: Iterable[Path]) -> str:
    sums = [(file.relative_to(base).as_posix(), _sha256(file)) for file in files]
    if len(sums) == 1:
        return sums[0][1]
    return hashlib.sha256("".join(f"{path} {digest}\n" for path, digest in sums).encode()).hexdigest()


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _views_sql(base: Path, manifest: Manifest) -> str:
    lines = ["-- Views over the published tables; run this in DuckDB, for instance with  .read cdp.sql"]
    for table in manifest.tables:
        if not table.rows and "*" in table.path:
            continue
        source = literal(str(base / table.path))
        days = ", hive_partitioning = true, hive_types = {'day': DATE}" if "*" in table.path else ""
        lines.append(f"CREATE OR REPLACE VIEW {table.name} AS SELECT * FROM read_parquet({source}{days});")
    return "\n".join(lines) + "\n"


def _tables() -> tuple[Table, ...]:
    return (*base_tables(), *views())


def _point(link: Path, name: str) -> None:
    beside = link.with_name(".current.new")
    beside.unlink(missing_ok=True)
    beside.symlink_to(name, target_is_directory=True)
    os.replace(beside, link)


def _replace(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)


def _prune(top: Path, newest: Path) -> None:
    """Remove what was left unfinished, and all versions but the newest few."""
    for leftover in top.glob(".*.unfinished"):
        shutil.rmtree(leftover, ignore_errors=True)
    versions = sorted((p for p in top.iterdir() if (p / _MANIFEST).is_file() and not p.is_symlink()), key=_age)
    for old in [version for version in versions if version != newest][: -(_KEPT - 1)]:
        shutil.rmtree(old, ignore_errors=True)


def _age(version: Path) -> float:
    return (version / _MANIFEST).stat().st_mtime
