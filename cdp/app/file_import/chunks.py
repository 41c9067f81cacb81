"""A file with rows, read in chunks: CSV, Parquet, or JSON lines. Memory holds one chunk, whatever the file's size."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast
from zoneinfo import ZoneInfo

import msgspec

from cdp.envelopes.own import MAX_EVENT_BYTES
from cdp.errors import UsageError

_ROW_BYTES = 1024 * 1024
"""A row of JSON lines larger than this is broken."""
_rows = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


@dataclass(frozen=True)
class Lines:
    """Some lines of one event each, empty ones left out; fields as in Chunk."""

    lines: Sequence[int]
    raws: list[bytes]
    done: int
    position: int


@dataclass
class Chunk:
    """Some rows, column by column."""

    lines: Sequence[int]
    """Where each row stands: the line of a text file, the number of the row of a Parquet file, from 1."""
    cells: Mapping[str, list[Any]]
    done: int
    """How many rows (lines, where empty ones are left out) to skip in order to go on after this chunk."""
    position: int
    """How many bytes of the file were read so far."""
    broken: Mapping[int, str] = field(default_factory=dict)
    """Rows (by their place in the chunk) that could not be read at all, and why."""

    def column(self, name: str) -> list[Any]:
        """The cells of a column; all empty where there is no such column."""
        return self.cells.get(name) or [None] * len(self.lines)

    def moments(self, name: str, zone: ZoneInfo) -> list[Any] | None:
        """The column as moments, if the file itself says that it holds times; else None."""
        return None

    def row(self, place: int) -> dict[str, Any]:
        """One row by column names, for the record."""
        return {name: values[place] for name, values in self.cells.items()}


class JsonRows(Chunk):
    """Rows of JSON lines: objects, whose fields are found by name or by a dotted path."""

    def __init__(
        self, lines: Sequence[int], objects: list[dict[str, Any]], done: int, position: int, broken: Mapping[int, str]
    ):
        super().__init__(lines, {}, done, position, broken)
        self._objects = objects

    def column(self, name: str) -> list[Any]:
        """The field of every object."""
        return [_field(document, name) for document in self._objects]

    def row(self, place: int) -> dict[str, Any]:
        """The object."""
        return self._objects[place]


class ArrowRows(Chunk):
    """Rows of a Parquet file."""

    def __init__(self, lines: range, batch: Any, position: int):
        super().__init__(lines, {}, lines.stop - 1, position)
        self._batch = batch

    def column(self, name: str) -> list[Any]:
        """The cells as Python values."""
        if name not in self._batch.schema.names:
            return [None] * len(self.lines)
        return cast(list[Any], self._batch.column(name).to_pylist())

    def moments(self, name: str, zone: ZoneInfo) -> list[Any] | None:
        """A timestamp column as microseconds; one without a zone is meant in `zone`."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if name not in self._batch.schema.names or not pa.types.is_timestamp(self._batch.column(name).type):
            return None
        column = self._batch.column(name)
        if column.type.tz is None:
            column = pc.assume_timezone(column, zone.key, ambiguous="earliest", nonexistent="latest")
        micros = column.cast(pa.timestamp("us", column.type.tz), safe=False).cast(pa.int64())
        return cast(list[Any], micros.to_pylist())

    def row(self, place: int) -> dict[str, Any]:
        """The cells of one row."""
        return cast(dict[str, Any], self._batch.slice(place, 1).to_pylist()[0])


@dataclass(frozen=True)
class Csv:
    """How a CSV file is written."""

    encoding: str = "utf-8-sig"
    delimiter: str = ","


@contextmanager
def open_file(file: Path) -> Iterator[IO[bytes]]:
    """The file's bytes, unpacked if its name ends in `.gz`. Raises UsageError when it cannot be read, at any byte of it."""
    if not file.is_file():
        raise UsageError(f"{file} is no file")
    try:
        with cast(IO[bytes], gzip.open(file, "rb")) if file.suffix == ".gz" else file.open("rb") as stream:
            yield stream
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from None


def lines_of(stream: IO[bytes], longest: int) -> Iterator[bytes]:
    """The lines of a file; of one that is too long only the beginning, one byte longer than allowed."""
    while line := stream.readline(longest + 1):
        yield line.rstrip(b"\r\n")
        while not line.endswith(b"\n") and (line := stream.readline(1024 * 1024)):
            pass


def raw_lines(file: Path, skip: int, size: int) -> Iterator[Lines]:
    """The lines of a file, `size` at a time."""
    with open_file(file) as stream:
        lines = enumerate(lines_of(stream, MAX_EVENT_BYTES), 1)
        for batch in _batches(islice(lines, skip, None), size):
            filled = [(number, line) for number, line in batch if line.strip()]
            yield Lines([n for n, _ in filled], [line for _, line in filled], batch[-1][0], _position(stream))


def json_rows(file: Path, skip: int, size: int) -> Iterator[Chunk]:
    """The objects of a file of one a line."""
    with open_file(file) as stream:
        lines = enumerate(lines_of(stream, _ROW_BYTES), 1)
        for batch in _batches(islice(lines, skip, None), size):
            filled = [(number, line) for number, line in batch if line.strip()]
            broken: dict[int, str] = {}
            objects = [_object(line, place, broken) for place, (_, line) in enumerate(filled)]
            yield JsonRows([n for n, _ in filled], objects, batch[-1][0], _position(stream), broken)


def csv_rows(file: Path, form: Csv, skip: int, size: int) -> Iterator[Chunk]:
    """The records of a CSV file after its header. A record with more or fewer cells than the header is broken."""
    with open_file(file) as stream:
        reader = csv.reader(_decoded(stream, form, file), delimiter=form.delimiter, strict=True)
        try:
            header = [name.strip() for name in next(reader, [])]
            records = ((reader.line_num, record) for record in reader if record)
            done = skip
            for batch in _batches(islice(records, skip, None), size):
                done += len(batch)
                yield _csv_chunk(header, batch, done, _position(stream))
        except csv.Error as error:
            raise UsageError(f"{file}:{reader.line_num}: not readable as CSV: {error}") from None


def parquet_rows(file: Path, skip: int, size: int) -> Iterator[Chunk]:
    """The rows of a Parquet file; groups of rows that are skipped are not read."""
    parquet = _parquet(file)
    total = max(parquet.metadata.num_rows, 1)
    bytes_all, done = file.stat().st_size, 0
    for group in range(parquet.metadata.num_row_groups):
        in_group = parquet.metadata.row_group(group).num_rows
        if done + in_group <= skip:
            done += in_group
            continue
        for whole in _readable(parquet.iter_batches(batch_size=size, row_groups=[group], use_threads=False), file):
            batch = whole.slice(min(max(skip - done, 0), whole.num_rows))
            first = done + whole.num_rows - batch.num_rows
            done += whole.num_rows
            if batch.num_rows:
                yield ArrowRows(range(first + 1, done + 1), batch, bytes_all * done // total)


def columns_of(file: Path, kind: str, form: Csv) -> list[str] | None:
    """The names of the columns, where a file says so before its rows."""
    if kind == "parquet":
        return list(_parquet(file).schema_arrow.names)
    if kind == "jsonl":
        return None
    with open_file(file) as stream:
        try:
            return [n.strip() for n in next(csv.reader(_decoded(stream, form, file), delimiter=form.delimiter), [])]
        except csv.Error as error:
            raise UsageError(f"{file}:1: not readable as CSV: {error}") from None


def _decoded(stream: IO[bytes], form: Csv, file: Path) -> Iterator[str]:
    """The lines as text, ends of lines kept, as the csv module wants them."""
    try:
        text = io.TextIOWrapper(cast(Any, stream), encoding=form.encoding, newline="")
        yield from text
        text.detach()  # or it would close the file with itself
    except (UnicodeDecodeError, LookupError) as error:
        message = f"{file} is not {form.encoding} text ({error}); name its encoding in the mapping file, as csv: {{encoding: gb18030}}"
        raise UsageError(message) from None


def _csv_chunk(header: list[str], batch: list[tuple[int, list[str]]], done: int, position: int) -> Chunk:
    width = len(header)
    broken = {
        place: f"the record has {len(record)} cells, the header {width}"
        for place, (_, record) in enumerate(batch)
        if len(record) != width
    }
    records = [(*record[:width], *[""] * (width - len(record))) for _, record in batch]
    cells = dict(zip(header, map(list, zip(*records, strict=True)), strict=True))
    return Chunk([number for number, _ in batch], cells, done, position, broken)


def _object(line: bytes, place: int, broken: dict[int, str]) -> dict[str, Any]:
    if len(line) > _ROW_BYTES:
        broken[place] = f"the line has more than {_ROW_BYTES} bytes"
        return {}
    try:
        return _rows.decode(line)
    except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError) as error:
        broken[place] = f"the line is no JSON object: {error}"
        return {"line": line[:MAX_EVENT_BYTES].decode(errors="replace")}


def _field(document: Mapping[str, Any], name: str) -> Any:
    if name in document:
        return document[name]
    part: Any = document
    for key in name.split("."):
        part = part.get(key) if isinstance(part, dict) else None
    return part


def _readable(batches: Iterator[Any], file: Path) -> Iterator[Any]:
    """The batches; UsageError where the bytes are not what the file's footer says."""
    import pyarrow as pa

    try:
        for batch in batches:
            # Texts in a damaged file may be no UTF-8, which would show only when they are used.
            batch.validate(full=True)
            yield batch
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UsageError(f"{file} is damaged: {error}") from None


def _parquet(file: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not file.is_file():
        raise UsageError(f"{file} is no file")
    try:
        return pq.ParquetFile(file, memory_map=False, buffer_size=1024 * 1024, pre_buffer=False)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UsageError(f"{file} is not readable as Parquet: {error}") from None


def _position(stream: IO[bytes]) -> int:
    """Bytes of the file itself that were read, packed ones where it is packed."""
    packed = getattr(stream, "fileobj", None)
    return int((packed or stream).tell())


def _batches(items: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while batch := list(islice(items, size)):
        yield batch
