"""The reference of event types: docs/events.md, made from the catalogue itself.

python -m cdp.events.reference > docs/events.md
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from typing import Any

import msgspec

from cdp.events.catalog import CATALOG, EventType
from cdp.events.fields import identifying_fields
from cdp.events.schema import field_docs, schema, structs_of, unit_of

_AREAS = {
    "person": ("Persons and consent", "人与授权"),
    "wecom": ("WeCom", "企业微信"),
    "groups": ("Groups and content", "社群与内容"),
    "live": ("Live", "直播"),
    "mall": ("Mall", "商城"),
    "business": ("Business", "经营"),
    "decisions": ("Decisions and actions", "旅程决策与触达"),
}
_INTRO = """\
# Event types · 事件目录

Made from `cdp/events/` by `python -m cdp.events.reference`. 由事件目录生成，请勿手改。

What a field is called here is what stands in `data`. A **sealed** (密封) field tells who somebody is: the door keeps its text in
the vault and the log holds a reference; everything else stands in clear and can be used in conditions. Money is integer fen
(分), a moment is an integer of microseconds since 1970 UTC, ids are text; the unit of a number stands beside its type, and
as `x-unit` in its JSON Schema. A field without a default is required; a type marked
*internal* is written by the system alone, and the doors refuse it. `GET /v1/schemas/TYPE` answers the JSON Schema of a type.

Types of your own begin with `x.` and need no declaration. A JSON Schema of their data in `schemas/x.NAME.json` of the workspace
is enforced at the door (`docs/ingest.md`). 自有事件以 `x.` 开头，可在工作区 `schemas/` 中声明 JSON Schema。
"""


def reference() -> str:
    """The whole text of docs/events.md."""
    lines = [_INTRO]
    for area, (english, chinese) in _AREAS.items():
        lines.append(f"## {english} · {chinese}\n")
        for entry in CATALOG.values():
            if entry.area == area:
                lines += _section(entry)
    return "\n".join(lines)


def _section(entry: EventType) -> Iterator[str]:
    marks = f"version {entry.version}, since {entry.since}" + (", internal" if entry.internal else "")
    yield f"### `{entry.name}`\n"
    yield f"{_about(entry.struct)} ({marks})\n"
    for struct in structs_of(entry.struct):
        if struct is not entry.struct:
            yield f"Each `{struct.__name__}`: {_about(struct)}\n"
        yield from _table(struct, schema(entry.name))


def _table(struct: type[msgspec.Struct], document: dict[str, Any]) -> Iterator[str]:
    part = document.get("$defs", {}).get(struct.__name__, document)
    sealed, docs = identifying_fields(struct), field_docs(struct)
    if not part["properties"]:
        yield "No fields.\n"
        return
    yield "| field | type | default | meaning |"
    yield "|---|---|---|---|"
    for name, told in part["properties"].items():
        mark = " **sealed**" if name in sealed else ""
        default = "required" if name in part.get("required", ()) else f"`{_json(told.get('default'))}`"
        yield f"| `{name}` | {_type(told)}{mark} | {default} | {docs[name]} |"
    yield ""


def _type(told: dict[str, Any]) -> str:
    """A field's type in a word or two, with its unit."""
    options = [o for o in told.get("anyOf", [told]) if o.get("type") != "null"]
    return " or ".join(_word(option) for option in options)


def _word(option: dict[str, Any]) -> str:
    if "$ref" in option:
        return f"`{option['$ref'].rpartition('/')[2]}`"
    if "enum" in option:
        return ", ".join(f"`{_json(value)}`" for value in sorted(option["enum"]))
    if option.get("type") == "array":
        return f"list of {_type(option.get('items', {})) or 'anything'}"
    unit = unit_of(option)
    return f"{option.get('type', 'anything')}{f' ({unit})' if unit else ''}"


def _about(struct: type[msgspec.Struct]) -> str:
    return " ".join((inspect.getdoc(struct) or "").split())


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


if __name__ == "__main__":
    sys.stdout.write(reference())
