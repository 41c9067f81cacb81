"""Reads `traits.yaml`: a name for each trait, and what it counts."""

from __future__ import annotations

import re

from cdp.conditions.source import Source, read_source
from cdp.conditions.traits import AGGREGATES, WITHOUT_FIELD, Trait
from cdp.conditions.vocabulary import Vocabulary, unknown_type
from cdp.errors import Problem

_WORDS = ("agg", "event", "field", "where", "window", "net_of")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_RESERVED = frozenset({"data", "context", "person", "entry", "trait", "true", "false", "null"})


def read_traits(file: str, text: str) -> tuple[dict[str, Trait], list[Problem]]:
    """The traits of a file, and every mistake in it. A trait with a mistake is left out."""
    source = read_source(file, text)
    if source.value is None:
        return {}, source.problems
    traits = {}
    for name, part in source.entries().items():
        before = len(source.problems)
        trait = _trait(name, part)
        if trait is not None and len(source.problems) == before:
            traits[name] = trait
    return traits, source.problems


def _trait(name: str, source: Source) -> Trait | None:
    if not _NAME.fullmatch(name) or name in _RESERVED:
        source.wrong(f"{name!r} cannot be the name of a trait: a-z, 0-9 and _, beginning with a letter")
    parts = source.mapping(_WORDS, required=("agg", "event"))
    agg = parts["agg"].one_of(AGGREGATES) if "agg" in parts else None
    event = _types(parts.get("event"))
    field = _field(source, parts.get("field"), agg, event)
    where = parts["where"].condition() if "where" in parts else None
    if where is not None:
        for message in Vocabulary(event=event, person=False).problems(where):
            parts["where"].wrong(message)
    net_of = _types(parts.get("net_of"))
    if net_of and agg not in ("count", "sum"):
        parts["net_of"].wrong("net_of goes with count and sum")
    window = parts["window"].duration() if "window" in parts else None
    if agg is None:
        return None
    return Trait(name, next(a for a in AGGREGATES if a == agg), event, field, where, window, net_of)


def _types(source: Source | None) -> tuple[str, ...]:
    if source is None:
        return ()
    types = source.texts()
    for name in types:
        if message := unknown_type(name):
            source.wrong(message)
    return types


def _field(source: Source, part: Source | None, agg: str | None, event: tuple[str, ...]) -> str:
    if part is None:
        if agg is not None and agg not in WITHOUT_FIELD:
            source.wrong(f"{agg} needs a 'field', as in field: data.amount_fen")
        return ""
    text = part.text() or ""
    condition = Source(f"{text} IS NULL", part.file, part.line, part.path, part.problems).condition() if text else None
    if condition is not None:
        if not text.startswith(("data.", "context.")):
            part.wrong("a field is data.x or context.x")
        for message in Vocabulary(event=event, person=False).problems(condition):
            part.wrong(message)
    return text
