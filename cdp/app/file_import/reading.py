"""Reads the values of a mapping file: `constant`, `column` or `format`, and what a column is read as."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import Enum
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from cdp.app.file_import.cells import KINDS, Cell, Column, Constant, Kind, Template, Time
from cdp.clock import zone
from cdp.conditions.source import Source

WORDS = ("constant", "column", "format", "as", "values", "default", "zone")
_TIMES = ("iso", "seconds", "milliseconds", "microseconds")
_SOME_TIME = datetime(2026, 6, 13, 20, 15, 30, 123456, UTC)


class Words(Enum):
    """What a value is when the mapping does not say."""

    TEXT = "text"
    """Always text: ids, types, identifiers, context."""
    ANY = "any"
    """As the file has it."""


def cell(part: Source, words: Words, kind: Kind | None = None, timezone: str = "") -> Cell | None:
    """The value that `part` describes; None after its mistakes were noted. `kind` is what it must become."""
    if not isinstance(part.value, CommentedMap):
        return _constant(part, part.value, words)
    fields = part.mapping(WORDS)
    ways = [way for way in ("constant", "column", "format") if way in fields]
    if fields.keys() & {"column"} and _is_time(fields):
        return time_cell(part, timezone)
    if len(ways) != 1:
        part.wrong("give exactly one of constant, column, format")
        return None
    match ways[0]:
        case "constant":
            return _constant(fields["constant"], fields["constant"].value, words)
        case "column":
            return _column(fields, words, kind)
        case _:
            return _template(fields["format"])


def time_cell(part: Source, timezone: str) -> Cell | None:
    """A time: `{column, format, zone}`, where format is `iso` (the default), `seconds` and the like, or a strptime pattern."""
    fields = part.mapping(("column", "format", "zone", "as"), required=("column",))
    name = fields["column"].text() if "column" in fields else None
    pattern = fields["format"].text() if "format" in fields else "iso"
    where = fields["zone"].text() if "zone" in fields else timezone
    found = _zone(fields.get("zone", part), where or timezone)
    if pattern is not None and pattern not in _TIMES and "%" not in pattern:
        fields["format"].wrong(
            f"{pattern!r} is none of {', '.join(_TIMES)}, and no pattern such as '%Y-%m-%d %H:%M:%S'"
        )
        return None
    if pattern is not None and "%" in pattern and (problem := _unusable(pattern)):
        fields["format"].wrong(f"{pattern!r} is no pattern for times: {problem}")
        return None
    return Time(name, found, pattern) if name and pattern and found else None


def _unusable(pattern: str) -> str:
    """Why no time that is written by the pattern can be read by it; empty if it can."""
    try:
        datetime.strptime(_SOME_TIME.strftime(pattern), pattern)  # noqa: DTZ007  its zone is the mapping's
    except (ValueError, re.error) as error:
        return str(error)
    return ""


def _is_time(fields: dict[str, Source]) -> bool:
    return "as" in fields and fields["as"].value == "time"


def _zone(part: Source, name: str) -> ZoneInfo | None:
    try:
        return zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        part.wrong(f"there is no time zone {name!r}")
        return None


def _constant(part: Source, value: Any, words: Words) -> Cell | None:
    if words is Words.TEXT:
        text = part.text()
        return Constant(text) if text is not None else None
    if value is None:
        part.wrong("expected a value")
        return None
    return Constant(_plain(value))


def _column(fields: dict[str, Source], words: Words, kind: Kind | None) -> Cell | None:
    name = fields["column"].text()
    given = fields["as"].one_of((*KINDS, "time")) if "as" in fields else None
    if "as" in fields and given is None:
        return None
    if "zone" in fields:
        fields["zone"].wrong("a zone belongs to a time; write as: time")
    meant = next((k for k in KINDS if k == given), None) or ("text" if words is Words.TEXT else kind)
    read = Source.text if words is Words.TEXT else _value
    translate = {key: read(v) for key, v in fields["values"].entries().items()} if "values" in fields else {}
    default = read(fields["default"]) if "default" in fields else None
    return Column(name, meant, translate, default) if name else None


def _template(part: Source) -> Cell | None:
    text = part.text()
    if text is None:
        return None
    between, columns = [""], []
    try:
        for before, name, spec, conversion in Formatter().parse(text):
            between[-1] += before
            if name is None:
                continue
            if not name or spec or conversion:
                raise ValueError(f"write {{column}}, without anything else in the braces: {name!r}")
            columns.append(name)
            between.append("")
    except ValueError as error:
        part.wrong(f"not a text with columns in it: {error}")
        return None
    return Template(tuple(between), tuple(columns)) if columns else Constant(text)


def _value(part: Source) -> Any:
    return _plain(part.value)


def _plain(value: Any) -> Any:
    """YAML's own lists and mappings as plain ones."""
    match value:
        case CommentedMap():
            return {str(k): _plain(v) for k, v in value.items()}
        case CommentedSeq():
            return [_plain(v) for v in value]
        case bool() | None:
            return value
        case str():
            return str(value)
        case int():
            return int(value)
        case float():
            return float(value)
        case _:
            return str(value)
