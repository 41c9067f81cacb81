"""`tag`: give the person tags in WeCom, or take them away. The tag counts once WeCom has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cdp.conditions.source import Source
from journeys.moves import Here, Move, Perform, Plain, Request
from journeys.reading import Reading

KIND = "tag"
CHANNEL = "wecom.tag"


@dataclass(frozen=True)
class Tag(Plain):
    """Tags to add and to remove."""

    add: tuple[str, ...]
    remove: tuple[str, ...]
    kind: str = KIND

    def advance(self, here: Here) -> Move:
        params = {name: list(tags) for name, tags in (("add", self.add), ("remove", self.remove)) if tags}
        return Perform(Request(CHANNEL, "service", params=params))


def read(source: Source, reading: Reading) -> Tag | None:
    """`add` and `remove`, each a tag or a list of tags."""
    parts = source.mapping(("add", "remove"))
    add = parts["add"].texts() if "add" in parts else ()
    remove = parts["remove"].texts() if "remove" in parts else ()
    if source.is_mapping() and not add and not remove:
        source.wrong("a tag step adds or removes at least one tag")
    if both := set(add) & set(remove):
        source.wrong(f"{', '.join(sorted(both))} is added and removed at once")
    return Tag(add, remove)


def schema() -> dict[str, Any]:
    """The step as JSON Schema."""
    tags = {"type": ["array", "string"], "items": {"type": "string"}}
    return {
        "type": "object",
        "description": "Give the person tags, or take them away.",
        "properties": {"add": tags, "remove": tags},
        "minProperties": 1,
        "additionalProperties": False,
    }
