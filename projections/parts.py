"""What the tables hold, as Parquet files that never change: one a table, and of `touchpoints` one a day.

A part is named after a fingerprint of its rows. What did not change since the last time is not written again, however
many versions are published from it and however many questions read it.

    projections.parts/orders/4c4b40-1f0b…-9a41….parquet
    projections.parts/touchpoints/day=2026-06-19/69fb-77aa…-03d2….parquet
    projections.parts/index.json          what is complete: nothing else counts
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow.parquet as pq

from cdp.errors import CdpError, WorkspaceError
from projections.catalog import base_tables, views
from projections.engine import Engine
from projections.fingerprint import Fingerprints, Wanted
from projections.read import Freshness, Reader, Snapshot

_INDEX = "index.json"
_WRITERS = min(os.cpu_count() or 1, 4)
_COLUMNS = """
    SELECT table_name, column_name, data_type FROM duckdb_columns()
    WHERE schema_name = 'main' AND NOT internal AND database_name = current_database()
    ORDER BY table_name, column_index
"""


@dataclass(frozen=True)
class Part:
    """One file. `path` is relative to the directory of parts."""

    table: str
    path: str
    rows: int
    bytes: int
    sha256: str
    day: str = ""


@dataclass(frozen=True)
class Content:
    """What some tables held at one moment."""

    freshness: Freshness
    parts: Mapping[str, tuple[Part, ...]]


class Parts:
    """The parts of one file of tables. Thread-safe; whoever writes tables is not waited for, nor kept waiting unless the file is to be
    exchanged.

    A crash leaves files that the index does not name; they go when parts are asked for next.
    """

    def __init__(self, engine: Engine) -> None:
        self.directory = engine.parts
        self.publishing = threading.Lock()
        """Held by whoever publishes, one at a time."""
        self._reader = Reader(engine)
        self.timezone = engine.timezone
        self._lock = threading.Lock()
        self._complete: dict[str, Part] | None = None
        self._latest: dict[str, tuple[Freshness, tuple[Part, ...]]] = {}
        self._held: Counter[str] = Counter()

    @contextmanager
    def held(self, names: Collection[str]) -> Iterator[Content]:
        """What these tables hold now, in files that nobody deletes within the block.

        Raises WorkspaceError when they cannot be written; what was there before is as it was.
        """
        with self._lock:
            content = self._present(names)
            paths = [part.path for parts in content.parts.values() for part in parts]
            self._held.update(paths)
        try:
            yield content
        finally:
            with self._lock:
                self._held.subtract(paths)
                self._prune()

    def look_again(self) -> None:
        """Tables may hold something else now, though they say the same of themselves."""
        with self._lock:
            self._latest.clear()

    def columns(self) -> dict[str, dict[str, str]]:
        """Table -> column -> type, of every table there is."""
        with self._lock:
            self._opened()
        columns: dict[str, dict[str, str]] = {}
        for row in self._reader.rows(_COLUMNS):
            columns.setdefault(row["table_name"], {})[row["column_name"]] = row["data_type"]
        return columns

    def _present(self, names: Collection[str]) -> Content:
        try:
            return self._content(names)
        except OSError as error:
            # The name of the directory is enough: this is told to people elsewhere as well.
            raise WorkspaceError(f"{self.directory.name} cannot be written: {error.strerror}") from error

    def _content(self, names: Collection[str]) -> Content:
        complete = self._opened()
        tables = [table for table in (*base_tables(), *views()) if table.name in names]
        with self._reader.snapshots(_WRITERS) as states:
            fresh = states[0].freshness()
            stale = [t.name for t in tables if t.name not in self._latest or self._latest[t.name][0] != fresh]
            fingerprints = Fingerprints(states[0], self.timezone)
            wanted = {name: fingerprints.of(name) for name in stale}
            missing = [file for files in wanted.values() for file in files if file.path not in complete]
            if missing:
                complete |= {part.path: part for part in self._write_all(states, missing)}
                self._save()
        for name, files in wanted.items():
            self._latest[name] = fresh, tuple(complete[file.path] for file in files)
        return Content(fresh, {table.name: self._latest[table.name][1] for table in tables})

    def _write_all(self, states: Sequence[Snapshot], missing: Sequence[Wanted]) -> Iterable[Part]:
        """Write the large ones first, several at a time."""
        dealt = sorted(missing, key=lambda wanted: -wanted.rows)

        def write(nth: int) -> list[Part]:
            return [self._write(states[nth], wanted) for wanted in dealt[nth :: len(states)]]

        with ThreadPoolExecutor(len(states)) as pool:
            return [part for written in pool.map(write, range(len(states))) for part in written]

    def _write(self, state: Snapshot, wanted: Wanted) -> Part:
        place = self.directory / wanted.path
        unfinished = place.with_suffix(".unfinished")
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            state.write_parquet(wanted.query, unfinished)
            with unfinished.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                # The index trusts what it names, so a power cut must not leave the name of a file without its content.
                os.fsync(file.fileno())
                rows = pq.ParquetFile(file).metadata.num_rows
            # Published versions are other names of this very file, so nobody is to write into it.
            unfinished.chmod(0o400)
            os.replace(unfinished, place)
        except BaseException as error:
            unfinished.unlink(missing_ok=True)
            if isinstance(error, CdpError):
                raise OSError(errno.EIO, f"a file of {wanted.table.name} could not be completed") from error
            raise
        return Part(wanted.table.name, wanted.path, rows, place.stat().st_size, sha256, wanted.day)

    def _opened(self) -> dict[str, Part]:
        """The complete parts by their paths. The first time, what a crash left is removed."""
        if self._complete is None:
            try:
                self.directory.mkdir(parents=True, exist_ok=True)
                complete = _read_index(self.directory)
                _sweep(self.directory, complete)
            except OSError as error:
                raise WorkspaceError(f"{self.directory.name} cannot be used: {error.strerror}") from error
            self._complete = complete
        return self._complete

    def _save(self) -> None:
        beside = self.directory / f".{_INDEX}.new"
        said = [asdict(part) for part in self._opened().values()]
        with beside.open("w", encoding="utf-8") as file:
            json.dump(said, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, self.directory / _INDEX)

    def _prune(self) -> None:
        """Delete what no table holds any more and nobody reads. Published versions have links of their own."""
        complete = self._opened()
        latest = {part.path for _, parts in self._latest.values() for part in parts}
        unknown = {part.path for part in complete.values() if part.table not in self._latest}
        gone = [path for path in complete if path not in latest | unknown and not self._held[path]]
        for path in gone:
            del complete[path]
        if gone:
            self._save()
        for path in gone:
            (self.directory / path).unlink(missing_ok=True)
            with suppress(OSError):
                (self.directory / path).parent.rmdir()


def _read_index(directory: Path) -> dict[str, Part]:
    try:
        said = json.loads((directory / _INDEX).read_text(encoding="utf-8"))
        parts = [Part(**part) for part in said]
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError):
        # Everything can be written again from the tables.
        return {}
    tables = {table.name for table in (*base_tables(), *views())}
    return {p.path: p for p in parts if p.table in tables and (directory / p.path).is_file()}


def _sweep(directory: Path, complete: Mapping[str, Part]) -> None:
    for entry in directory.iterdir():
        if entry.is_dir() and entry.name.startswith("."):
            shutil.rmtree(entry, ignore_errors=True)
    for file in directory.rglob("*"):
        if file.is_file() and file.name != _INDEX and file.relative_to(directory).as_posix() not in complete:
            file.unlink(missing_ok=True)
