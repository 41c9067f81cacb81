"""Publishes all tables as Parquet files for analysts, in a directory named after the position, swapped in as one.

    published/12345/orders.parquet …          one file a table, `touchpoints` one directory a day
    published/12345/manifest.json             position, time, rows, columns and digest of every table
    published/12345/cdp.sql, published/cdp.sql    views over the files, for any DuckDB
    published/current -> 12345                swapped atomically

A version is made of links to the tables' parts, so what did not change takes neither time nor room. Whoever reads a
version goes on reading it: it stays for a stated time after another took its place.
"""

from __future__ import annotations

import itertools
import os
import shutil
import time
from datetime import timedelta
from pathlib import Path

from cdp.errors import WorkspaceError
from projections.catalog import Table, base_tables, views
from projections.comments import comments
from projections.engine import literal
from projections.manifest import MANIFEST, Manifest, PublishedTable, manifest_of, path_of, read_manifest
from projections.parts import Content, Parts
from projections.projector import Projector

KEEP = timedelta(hours=2)
"""How long a version stays, at least, once another has taken its place."""
_KEPT = 3
"""So many versions stay, however old."""


def publish(projector: Projector, directory: Path | str, keep: timedelta = KEEP) -> Manifest:
    """Publish the tables' present state below `directory` and make it `current`; answers what was published.

    A crash leaves `current` on the version before. Publishing the same state twice writes nothing the second time. From any
    thread; whoever writes tables goes on meanwhile.

    Raises WorkspaceError when the directory cannot be written.
    """
    top, parts = Path(directory).resolve(), projector.parts
    try:
        top.mkdir(parents=True, exist_ok=True)
        with parts.publishing, parts.held([table.name for table in _tables()]) as content:
            manifest = manifest_of(content, _tables(), parts.columns(), parts.timezone)
            target = _version(top, manifest, content, parts)
            _make_current(top, target, manifest)
            _prune(top, target, keep)
    except OSError as error:
        raise WorkspaceError(f"cannot publish to {top}: {error}") from None
    return manifest


def _version(top: Path, manifest: Manifest, content: Content, parts: Parts) -> Path:
    """The complete directory of this state; made unless it is there."""
    target, known = _place(top, manifest)
    if known:
        os.utime(target / MANIFEST)
        return target
    unfinished = top / f".{target.name}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    for every in content.parts.values():
        for part in every:
            _link_or_copy(parts.directory / part.path, unfinished / path_of(part))
    (unfinished / "cdp.sql").write_text(_views_sql(target, manifest), encoding="utf-8")
    (unfinished / MANIFEST).write_text(manifest.as_json(), encoding="utf-8")
    os.replace(unfinished, target)
    return target


def _link_or_copy(source: Path, place: Path) -> None:
    """Another name for the same file; a copy where the file system has no such thing, or `place` is on another one."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, place)
    except OSError:
        shutil.copyfile(source, place)


def _place(top: Path, manifest: Manifest) -> tuple[Path, bool]:
    """Where this state belongs, and whether it stands there already: a directory named after the position, and a number
    where something else was published at the same position."""
    for again in itertools.count():
        target = top / (f"{manifest.position}.{again}" if again else f"{manifest.position}")
        if not target.exists():
            return target, False
        try:
            if read_manifest(target) == manifest:
                return target, True
        except (OSError, ValueError):
            continue
    raise AssertionError("numbers do not end")


def _make_current(top: Path, target: Path, manifest: Manifest) -> None:
    link = top / ".current.new"
    link.unlink(missing_ok=True)
    link.symlink_to(target.name, target_is_directory=True)
    os.replace(link, top / "current")
    beside = top / ".cdp.sql.new"
    beside.write_text(_views_sql(top / "current", manifest), encoding="utf-8")
    os.replace(beside, top / "cdp.sql")


def _views_sql(base: Path, manifest: Manifest) -> str:
    lines = [
        "-- Views over the published tables; run this in DuckDB, for instance with  .read cdp.sql",
        f"SET TimeZone = {literal(manifest.timezone)};",
        *(f"CREATE OR REPLACE VIEW {table.name} AS {_rows(base, table)};" for table in manifest.tables),
        *(f"{comment};" for table in _tables() for comment in comments("VIEW", table)),
    ]
    return "\n".join(lines) + "\n"


def _rows(base: Path, table: PublishedTable) -> str:
    days = ", hive_partitioning = true, hive_types = {'day': DATE}" if "*" in table.path else ""
    if table.rows or not days:
        return f"SELECT * FROM read_parquet({literal(str(base / table.path))}{days})"
    # No event, no day, no file: nothing tells the columns.
    typed = ", ".join(f'CAST(NULL AS {kind}) AS "{column}"' for column, kind in table.columns.items())
    return f"SELECT {typed} WHERE FALSE"


def _prune(top: Path, newest: Path, keep: timedelta) -> None:
    """Remove what was left unfinished, and versions that have not been current for a while."""
    for leftover in top.glob(".*.unfinished"):
        shutil.rmtree(leftover, ignore_errors=True)
    versions = sorted((p for p in top.iterdir() if (p / MANIFEST).is_file() and not p.is_symlink()), key=_since)
    long_ago = time.time() - keep.total_seconds()
    for version, after in itertools.pairwise(versions[: -_KEPT + 1]):
        if _since(after) < long_ago and version != newest:
            # Nobody may ever take for complete what was half removed.
            condemned = top / f".{version.name}.unfinished"
            os.replace(version, condemned)
            shutil.rmtree(condemned, ignore_errors=True)


def _tables() -> tuple[Table, ...]:
    return (*base_tables(), *views())


def _since(version: Path) -> float:
    """Since when it has been current, or was."""
    return (version / MANIFEST).stat().st_mtime
