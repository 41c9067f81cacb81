"""How rows are written, batch by batch: Arrow and Parquet with their types, JSON and CSV for everything else."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from projections.asking.cells import json_values
from projections.asking.question import Column, End, Format, Head

_ROW_GROUP = 100_000
_LONG_NUMBER = r"^([0-9]{12,})$"
_FORMULA = r"^([=+\-@\t\r])"
_encode = msgspec.json.Encoder().encode


class Encoder(Protocol):
    """Writes one answer."""

    def begin(self) -> bytes:
        """What stands before the rows."""
        ...

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """Some rows; what is kept back comes with later ones."""
        ...

    def end(self, end: End) -> bytes:
        """What stands after the rows."""
        ...


def encoder(form: Format, columns: Sequence[Column], schema: pa.Schema, head: Head) -> Encoder:
    """The encoder of a format, for one answer."""
    told = {f"cdp.{name}": str(value) for name, value in msgspec.to_builtins(head).items()}
    match form:
        case "json":
            return _Json(columns, head)
        case "ndjson":
            return _Lines(columns)
        case "csv":
            return _Csv(schema)
        case "excel":
            return _Excel(schema)
        case "arrow":
            return _Arrow(schema.with_metadata(told))
        case "parquet":
            return _Parquet(schema.with_metadata(told))


class _Lines:
    """One JSON object a line."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._names = [column.name for column in columns]
        self._read = [json_values(column.type) for column in columns]

    def begin(self) -> bytes:
        return b""

    def rows(self, batch: pa.RecordBatch) -> bytes:
        return b"".join(row + b"\n" for row in self._encoded(batch))

    def end(self, end: End) -> bytes:
        return b""

    def _encoded(self, batch: pa.RecordBatch) -> list[bytes]:
        cells = [read(column.to_pylist()) for read, column in zip(self._read, batch.columns, strict=True)]
        return [_encode(dict(zip(self._names, row, strict=True))) for row in zip(*cells, strict=True)]


class _Json(_Lines):
    """One document; how it ended stands at its end."""

    def __init__(self, columns: Sequence[Column], head: Head) -> None:
        super().__init__(columns)
        self._head: dict[str, Any] = {**msgspec.to_builtins(head), "columns": msgspec.to_builtins(list(columns))}
        self._between = b""

    def begin(self) -> bytes:
        return _encode(self._head)[:-1] + b',"rows":['

    def rows(self, batch: pa.RecordBatch) -> bytes:
        written = self._between + b",".join(self._encoded(batch))
        self._between = b","
        return written

    def end(self, end: End) -> bytes:
        return b'],"row_count":' + _encode(end.rows) + b',"truncated":' + _encode(end.truncated) + b"}"


class _Csv:
    """Comma-separated, with a line of names; NULL is nothing, an empty text is `""`."""

    _before = b""
    _options = pyarrow.csv.WriteOptions(include_header=True)

    def __init__(self, schema: pa.Schema) -> None:
        self._sink = io.BytesIO()
        self._writer = pyarrow.csv.CSVWriter(self._sink, schema, write_options=self._options)

    def begin(self) -> bytes:
        return self._before + _taken(self._sink)

    def rows(self, batch: pa.RecordBatch) -> bytes:
        self._writer.write_batch(batch)
        return _taken(self._sink)

    def end(self, end: End) -> bytes:
        self._writer.close()
        return _taken(self._sink)


class _Excel(_Csv):
    """As spreadsheets open it by a double click: they know UTF-8 by its mark, round long numbers, and run formulas."""

    _before = b"\xef\xbb\xbf"

    def rows(self, batch: pa.RecordBatch) -> bytes:
        return super().rows(pa.RecordBatch.from_arrays([_harmless(c) for c in batch.columns], schema=batch.schema))


class _Arrow:
    """The Arrow IPC stream. That there were more rows stands at an empty last batch, as its metadata."""

    def __init__(self, schema: pa.Schema) -> None:
        self._sink, self._schema = io.BytesIO(), schema
        self._writer = pa.ipc.new_stream(self._sink, schema)

    def begin(self) -> bytes:
        return _taken(self._sink)

    def rows(self, batch: pa.RecordBatch) -> bytes:
        self._writer.write_batch(batch)
        return _taken(self._sink)

    def end(self, end: End) -> bytes:
        if end.truncated:
            nothing = pa.RecordBatch.from_pylist([], schema=self._schema)
            self._writer.write_batch(nothing, custom_metadata={"cdp.truncated": "true"})
        self._writer.close()
        return _taken(self._sink)


class _Parquet:
    """A Parquet file."""

    def __init__(self, schema: pa.Schema) -> None:
        self._sink = io.BytesIO()
        self._writer = pyarrow.parquet.ParquetWriter(_Onward(self._sink), schema, compression="zstd")
        self._waiting: list[pa.RecordBatch] = []

    def begin(self) -> bytes:
        return _taken(self._sink)

    def rows(self, batch: pa.RecordBatch) -> bytes:
        self._waiting.append(batch)
        if sum(waiting.num_rows for waiting in self._waiting) >= _ROW_GROUP:
            self._write()
        return _taken(self._sink)

    def end(self, end: End) -> bytes:
        self._write()
        self._writer.close()
        return _taken(self._sink)

    def _write(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting))
            self._waiting = []


class _Onward(io.RawIOBase):
    """A file that is only ever added to, and knows how long it would be."""

    def __init__(self, sink: io.BytesIO) -> None:
        self._sink, self._length = sink, 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._length

    def write(self, data: Any) -> int:
        self._length += len(data)
        return self._sink.write(data)


def _taken(sink: io.BytesIO) -> bytes:
    written = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return written


def _harmless(column: pa.Array) -> pa.Array:
    if not pa.types.is_string(column.type):
        return column
    whole = pc.replace_substring_regex(column, _LONG_NUMBER, "\t\\1")
    return pc.if_else(pc.equal(whole, column), pc.replace_substring_regex(column, _FORMULA, "'\\1"), whole)
