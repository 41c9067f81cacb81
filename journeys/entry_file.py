"""Reads the parts of a journey file that name events: entry, exits, goal."""

from __future__ import annotations

from collections.abc import Collection

from cdp.conditions.condition import Condition
from cdp.conditions.source import Source
from cdp.conditions.vocabulary import UNKNOWN_EVENT, Vocabulary, unknown_type
from journeys.definition import LATE, After, Again, Always, Entry, Never, PerKey, Watch
from journeys.reading import Reading

_ENTRIES_TO_COME = ("schedule", "campaign", "manual")
_WATCHED = ("event", "where")


def read_entry(source: Source, traits: Collection[str]) -> Entry | None:
    """`event` or `tag`, with `where`, `key`, `again` and `late`; None without an event, the others are read all the same."""
    parts = source.mapping(("event", "tag", "where", "key", "again", "late", *_ENTRIES_TO_COME))
    for name in _ENTRIES_TO_COME:
        if name in parts:
            parts[name].wrong(f"entry by {name!r} is not available in this version")
    if {"event", "tag"} <= set(parts):
        parts["tag"].wrong("an entry has an event or a tag, not both")
    event = _event(source, parts)
    words = Vocabulary(event=(event or UNKNOWN_EVENT,), traits=traits)
    where = _reading(words).condition(parts["where"]) if "where" in parts else None
    entry = Entry(
        event, _with_tag(parts.get("tag"), where), _key(parts.get("key"), words), _again(parts.get("again")),
        (parts["late"].duration() if "late" in parts else None) or LATE,
    )  # fmt: skip
    return entry if event else None


def read_watch(source: Source, inside: Vocabulary, *, within: bool) -> Watch | None:
    """`event` with `where`, and for a goal `within`. `where` may compare the event with `entry.`."""
    parts = source.mapping((*_WATCHED, "within") if within else _WATCHED, required=("event",))
    if "event" not in parts:
        return None
    event, where = _reading(inside).event(parts["event"], parts.get("where"))
    return Watch(event, where, parts["within"].duration() if "within" in parts else None) if event else None


def _event(source: Source, parts: dict[str, Source]) -> str:
    if "tag" in parts:
        return "tag.added"
    if "event" not in parts:
        if not set(parts) & set(_ENTRIES_TO_COME):
            source.wrong("'event' is missing")
        return ""
    event = parts["event"].text() or ""
    message = unknown_type(event) if event else ""
    if message:
        parts["event"].wrong(message)
        return ""
    return event


def _with_tag(source: Source | None, where: Condition | None) -> Condition | None:
    tag = source.text() if source is not None else None
    if tag is None:
        return where
    quoted = tag.replace("'", "''")
    return Condition.parse(f"data.tag = '{quoted}'" + (f" AND ({where.text})" if where else ""))


def _key(source: Source | None, words: Vocabulary) -> str:
    key = source.text() if source is not None else None
    if source is None or key is None:
        return ""
    root, _, name = key.partition(".")
    if root not in ("context", "data") or not name.isidentifier():
        source.wrong(f"{key!r} is no key; write context.order or data.x")
        return ""
    for message in words.problems(Condition.parse(f"{key} IS NULL")):
        source.wrong(message)
    return key


def _again(source: Source | None) -> Again:
    if source is None:
        return Never()
    if not source.is_mapping():
        return Always() if source.one_of(("never", "always")) == "always" else Never()
    parts = source.mapping(("after", "per_key"))
    if len(parts) != 1:
        source.wrong("again is never, always, {after: 30d} or {per_key: 1}")
        return Never()
    if "after" in parts:
        pause = parts["after"].duration()
        return After(pause) if pause else Never()
    runs = parts["per_key"].number(1, 1000)
    return PerKey(runs) if runs else Never()


def _reading(words: Vocabulary) -> Reading:
    return Reading(words, lambda block: ())
