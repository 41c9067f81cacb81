"""JSON Schema of every event type, with what each field means, its unit, and whether it is sealed.

The meaning of a field is the text that stands under it in its struct, so there is one place to say it.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache
from typing import Any

import msgspec
import msgspec.inspect

from cdp.events.catalog import CATALOG
from cdp.events.fields import UNIT, Data

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE = "#/$defs/{name}"


def schema(type_name: str) -> dict[str, Any]:
    """The JSON Schema of the `data` of a type of the catalogue, complete in itself. Raises KeyError for other types."""
    entry = CATALOG[type_name]
    (reference,), components = msgspec.json.schema_components([entry.struct], ref_template=_REFERENCE)
    name = reference["$ref"].rpartition("/")[2]
    described = {key: _described(component, _struct(entry.struct, key)) for key, component in components.items()}
    document = {"$schema": DIALECT, "$id": f"urn:linli:{type_name}:{entry.version}", **described.pop(name)}
    return {**document, "title": type_name, **({"$defs": described} if described else {})}


@cache
def field_docs(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Field -> the text under it, those of its bases included. Empty where the source is not at hand."""
    docs: dict[str, str] = {}
    for base in reversed(struct.__mro__):
        if issubclass(base, Data) and base is not Data:
            docs |= _own_docs(base)
    return docs


def unit_of(told: dict[str, Any]) -> str:
    """What a property counts in, wherever its schema says so; empty for what measures nothing."""
    parts = [told, *told.get("anyOf", ()), told.get("items", {})]
    return next((part[UNIT] for part in parts if UNIT in part), "")


def structs_of(struct: type[msgspec.Struct]) -> list[type[msgspec.Struct]]:
    """The struct and those that its fields hold, itself first."""
    found = [struct]
    described = msgspec.inspect.type_info(struct)
    assert isinstance(described, msgspec.inspect.StructType)
    for field in described.fields:
        found += [inner for inner in _inside(field.type) if inner not in found]
    return found


def _own_docs(struct: type[msgspec.Struct]) -> dict[str, str]:
    try:
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(struct))).body
    except (OSError, TypeError):
        return {}
    assert isinstance(tree, ast.ClassDef)
    docs = {}
    for statement, after in zip(tree.body, tree.body[1:], strict=False):
        if not (isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)):
            continue
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str):
            docs[statement.target.id] = " ".join(after.value.value.split())
    return docs


def _described(component: dict[str, Any], struct: type[msgspec.Struct] | None) -> dict[str, Any]:
    docs = field_docs(struct) if struct is not None else {}
    properties = {name: _told(told, docs.get(name, "")) for name, told in component.get("properties", {}).items()}
    return {**component, "properties": properties}


def _told(told: dict[str, Any], doc: str) -> dict[str, Any]:
    """A property with its meaning, and its unit where a program finds it and where a person reads it."""
    unit = unit_of(told)
    description = f"{doc} ({unit})" if doc and unit else doc or unit
    more = {UNIT: unit} if unit else {}
    return {**told, **more, **({"description": description} if description else {})}


def _struct(root: type[msgspec.Struct], name: str) -> type[msgspec.Struct] | None:
    return next((s for s in structs_of(root) if s.__name__ == name), None)


def _inside(described: msgspec.inspect.Type) -> list[type[msgspec.Struct]]:
    match described:
        case msgspec.inspect.StructType(cls=cls):
            return structs_of(cls)
        case msgspec.inspect.Metadata(type=inner):
            return _inside(inner)
        case msgspec.inspect.UnionType(types=types):
            return [s for t in types for s in _inside(t)]
        case msgspec.inspect.VarTupleType(item_type=item) | msgspec.inspect.ListType(item_type=item):
            return _inside(item)
        case _:
            return []
