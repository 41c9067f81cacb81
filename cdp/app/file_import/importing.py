"""`cdp ingest`: streams a file through the door of the workspace, whoever holds it.

A row that fails is written beside the file and kept in the inbox; the others go on. An interrupted import goes on where its
checkpoint stands. Taking the same file again changes nothing: every event is then a duplicate.
"""

from __future__ import annotations

import gc
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, cast, get_args

import msgspec

from cdp.app.file_import.checkpoint import Checkpoint, Progress
from cdp.app.file_import.chunks import Chunk, columns_of, csv_rows, json_rows, parquet_rows, raw_lines
from cdp.app.file_import.ends import End, Pending, Row, Verdict, opened
from cdp.app.file_import.failures import Failure, FailureFile
from cdp.app.file_import.mapping import RowMapping, read_mapping
from cdp.app.operations.ingest import BadRow
from cdp.app.settings import load
from cdp.errors import DefinitionError, Problem, Rejected, UsageError
from cdp.events.touchpoint import Touchpoint

Format = Literal["jsonl", "csv", "parquet"]
BATCH = 5000
_IN_FLIGHT = 2
"""While so many batches are made durable the next one is read and mapped."""
_SHOWN = 100
_SUFFIXES: dict[str, Format] = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".csv": "csv", ".parquet": "parquet", ".pq": "parquet"
}  # fmt: skip


@dataclass
class Result:
    """What became of the rows of a file. `failures` are (line, reason, path, message), at most the first hundred."""

    accepted: int = 0
    duplicate: int = 0
    failed: int = 0
    failures: list[tuple[int, str, str, str]] = field(default_factory=list)
    resumed_after: int = 0
    """Rows that an earlier, interrupted run had done; the counts include them."""
    failed_file: str = ""
    """Where all failures stand; empty if there are none."""


class _Batch(NamedTuple):
    lines: Sequence[int]
    rows: list[Row]
    done: int
    position: int


def import_file(
    workspace: Path,
    file: Path,
    *,
    source: str,
    historical: bool,
    format: Format | None = None,
    mapping: Path | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Result:
    """Take a file of events. `progress` hears how many more bytes of the file are done.

    Without a mapping file it holds our own JSON, one event a line. Raises UsageError when file or mapping cannot be used.
    """
    kind = format or _format(file)
    if not file.is_file():
        raise UsageError(f"{file} is no file")
    rows = _mapping(mapping, workspace, file, kind) if mapping is not None else None
    if rows is None and kind != "jsonl":
        raise UsageError(f"{file}: a {kind} file needs a mapping file: --map MAP.yaml says what its columns mean")
    named = rows.source or source if rows is not None else source
    checkpoint = Checkpoint(workspace / "data", file, named, rows.digest if rows else "", str(historical), kind)
    start = checkpoint.load()
    with _fewer_collections(), opened(workspace, named, historical=historical) as end:
        failures = FailureFile(file, start.failed_bytes)
        try:
            batches = _batches(file, kind, rows, start.rows, named, historical)
            return _run(batches, end, start, checkpoint, failures, progress)
        finally:
            failures.close()


def known_format(name: str) -> Format:
    """The format of that name. Raises UsageError."""
    if name not in get_args(Format):
        raise UsageError(f"unknown format {name!r}; known are {', '.join(get_args(Format))}")
    return cast(Format, name)


def _run(
    batches: Iterator[_Batch], end: End, start: Progress, checkpoint: Checkpoint, failures: FailureFile,
    progress: Callable[[int], None],
) -> Result:  # fmt: skip
    now, position = start, 0
    result = Result(resumed_after=start.rows)
    for batch, verdicts in _taken(batches, end):
        found = [
            Failure(line, v.reason or "", v.path, v.message)
            for line, v in zip(batch.lines, verdicts, strict=True)
            if v.outcome == "failed"
        ]
        failures.write(found)
        result.failures += [msgspec.structs.astuple(f) for f in found[: _SHOWN - len(result.failures)]]
        now = _advanced(now, batch.done, verdicts, failures.size)
        checkpoint.save(now)
        progress(batch.position - position)
        position = batch.position
    checkpoint.remove()
    result.accepted, result.duplicate, result.failed = now.accepted, now.duplicate, now.failed
    result.failed_file = str(failures.path) if failures.size else ""
    return result


def _taken(batches: Iterator[_Batch], end: End) -> Iterator[tuple[_Batch, list[Verdict]]]:
    """Every batch with its verdicts, in order; some are on their way while the next one is read."""
    waiting: deque[tuple[_Batch, Pending]] = deque()
    for batch in batches:
        waiting.append((batch, end.begin(batch.rows)))
        if len(waiting) > _IN_FLIGHT:
            first, wait = waiting.popleft()
            yield first, wait()
    for last, wait in waiting:
        yield last, wait()


@contextmanager
def _fewer_collections() -> Iterator[None]:
    """Rows make hundreds of thousands of objects and no cycles; looking for cycles every 700 objects costs a third of the time."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _advanced(now: Progress, done: int, verdicts: Sequence[Verdict], failed_bytes: int) -> Progress:
    counts = Counter(v.outcome for v in verdicts)
    return msgspec.structs.replace(
        now, rows=done, accepted=now.accepted + counts["accepted"], duplicate=now.duplicate + counts["duplicate"],
        failed=now.failed + counts["failed"], failed_bytes=failed_bytes,
    )  # fmt: skip


def _batches(
    file: Path, kind: Format, rows: RowMapping | None, skip: int, source: str, historical: bool
) -> Iterator[_Batch]:
    if rows is None:
        for lines in raw_lines(file, skip, BATCH):
            yield _Batch(lines.lines, [*lines.raws], lines.done, lines.position)
        return
    for chunk in _chunks(file, kind, rows, skip):
        made = rows.touchpoints(chunk, source, historical=historical)
        yield _Batch(chunk.lines, [_row(t, chunk, n) for n, t in enumerate(made)], chunk.done, chunk.position)


def _chunks(file: Path, kind: Format, rows: RowMapping, skip: int) -> Iterator[Chunk]:
    match kind:
        case "jsonl":
            return json_rows(file, skip, BATCH)
        case "csv":
            return csv_rows(file, rows.csv, skip, BATCH)
        case "parquet":
            return parquet_rows(file, skip, BATCH)


def _row(made: Touchpoint | Rejected, chunk: Chunk, place: int) -> Row:
    if isinstance(made, Touchpoint):
        return made
    return BadRow(msgspec.json.encode(chunk.row(place)).decode(), made.path, made.message)


def _mapping(path: Path, workspace: Path, file: Path, kind: Format) -> RowMapping:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    rows = read_mapping(str(path), text, load(workspace).workspace.timezone)
    columns = columns_of(file, kind, rows.csv)
    missing = list(rows.missing_columns(columns)) if columns is not None else []
    if missing:
        problems = [Problem(str(path), _line(text, name), "", message) for name, message in missing]
        raise DefinitionError(f"{path} does not fit {file}, whose columns are {', '.join(columns or ())}", problems)
    return rows


def _line(text: str, name: str) -> int:
    return next((number for number, line in enumerate(text.splitlines(), 1) if name in line), 0)


def _format(file: Path) -> Format:
    suffix = Path(file.name.removesuffix(".gz")).suffix.lower()
    if suffix not in _SUFFIXES:
        raise UsageError(f"{file}: what is in it? Say --format jsonl, csv or parquet")
    return _SUFFIXES[suffix]
