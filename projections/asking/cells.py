"""What a value of each SQL type becomes where a format has no such type. Decided by type, computed by the database."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import msgspec

from projections.asking.question import Column, Format

_TEXTS = ("INTERVAL", "TIME WITH TIME ZONE", "TIMESTAMP_NS", "BIT", "GEOMETRY")
_NUMBERS = ("HUGEINT", "UHUGEINT", "BIGNUM")
"""Too large for what programs take a number for; in text they are exact."""
Reading = Callable[[Sequence[Any]], Sequence[Any]]


def columns_of(found: duckdb.DuckDBPyRelation) -> list[Column]:
    """Names, each once, and SQL types."""
    names: list[str] = []
    for name in found.columns:
        free = (f"{name}_{number}" if number > 1 else name for number in range(1, len(found.columns) + 1))
        names.append(next(candidate for candidate in free if candidate not in names))
    kinds = [str(kind).replace('"NULL"', "NULL") for kind in found.types]
    return [Column(name=name, type=kind) for name, kind in zip(names, kinds, strict=True)]


def shaped(found: duckdb.DuckDBPyRelation, columns: Sequence[Column], form: Format) -> duckdb.DuckDBPyRelation:
    """The same rows in the same order, in types that the format can hold."""
    cells = [_cell(f"#{place}", column.type, form) for place, column in enumerate(columns, 1)]
    if cells == [f"#{place}" for place in range(1, len(cells) + 1)] and [c.name for c in columns] == found.columns:
        return found
    named = (f"{value} AS {_quoted(column.name)}" for value, column in zip(cells, columns, strict=True))
    return found.project(", ".join(named))


def json_values(kind: str) -> Reading:
    """How the values that `shaped` leaves for JSON are read."""
    if _is_nested(kind) and ("DOUBLE" in kind or "FLOAT" in kind):
        # Numbers that are none have no form in JSON.
        return lambda cells: [cell and json.loads(cell, parse_constant=lambda _: None) for cell in cells]
    if _is_nested(kind) or kind == "JSON" or kind in _NUMBERS or kind.startswith("DECIMAL("):
        return lambda cells: [None if cell is None else msgspec.Raw(cell.encode()) for cell in cells]
    return lambda cells: cells


def _cell(value: str, kind: str, form: Format) -> str:
    match form:
        case "json" | "ndjson":
            return _in_json(value, kind)
        case "csv":
            return _in_csv(value, kind)
        case "excel":
            return _in_excel(value, kind)
        case "arrow" | "parquet":
            return value


def _in_json(value: str, kind: str) -> str:
    if _is_nested(kind):
        return f"CAST(to_json({value}) AS VARCHAR)"
    if kind == "JSON":
        return f"CAST(json({value}) AS VARCHAR)"
    if kind in _TEXTS or kind in _NUMBERS or kind.startswith("DECIMAL("):
        return f"CAST({value} AS VARCHAR)"
    return f"to_base64({value})" if kind == "BLOB" else value


def _in_csv(value: str, kind: str) -> str:
    if kind == "TIMESTAMP WITH TIME ZONE" or kind.startswith("ENUM("):
        return f"CAST({value} AS VARCHAR)"
    return value if kind == "JSON" else _in_json(value, kind)


def _in_excel(value: str, kind: str) -> str:
    if kind.startswith("TIMESTAMP"):
        return f"strftime({value}, '%Y-%m-%d %H:%M:%S')"
    return _in_csv(value, kind)


def _is_nested(kind: str) -> bool:
    return kind.endswith("]") or kind.startswith(("STRUCT(", "MAP(", "UNION(", "VARIANT"))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
