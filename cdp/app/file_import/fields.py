"""The `data` of a mapping file: fields of the event's type, each read as what that field is."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import inspect

from cdp.app.file_import.cells import Cell, Constant, Kind
from cdp.app.file_import.reading import WORDS, Words, cell
from cdp.conditions.source import Source, suggestion
from cdp.events.catalog import CATALOG

Cells = tuple[tuple[tuple[str, ...], Cell], ...]


def data_cells(part: Source, kind: Cell | None) -> Cells:
    """Path inside `data` -> value. Where the type is one of the catalogue, its fields are known and checked."""
    known = _fields(str(kind.value)) if isinstance(kind, Constant) else None
    return tuple(_cells(part, known))


def _cells(part: Source, known: dict[str, Kind] | None) -> Iterator[tuple[tuple[str, ...], Cell]]:
    for name, value in part.entries().items():
        if known is not None and name not in known:
            value.wrong(f"the type has no field {name!r}{suggestion(name, known)}")
        elif value.is_mapping() and not set(value.entries()) & set(WORDS):
            for inner, deeper in _cells(value, None):
                yield (name, *inner), deeper
        elif (made := cell(value, Words.ANY, known[name] if known else None)) is not None:
            yield (name,), made


def _fields(type_name: str) -> dict[str, Kind] | None:
    """The fields of a type and what a cell of a text file must be read as; None for a type of one's own."""
    entry = CATALOG.get(type_name)
    if entry is None:
        return None
    described = inspect.type_info(entry.struct)
    assert isinstance(described, inspect.StructType)
    return {field.encode_name: _kind(field.type) for field in described.fields}


def _kind(described: inspect.Type) -> Kind:
    match described:
        case inspect.Metadata(type=inner):
            return _kind(inner)
        case inspect.UnionType(types=types):
            return _kind(next((t for t in types if not isinstance(t, inspect.NoneType)), types[0]))
        case inspect.BoolType():
            return "boolean"
        case inspect.IntType():
            return "integer"
        case inspect.StrType() | inspect.LiteralType():
            return "text"
        case _:
            return "json"
