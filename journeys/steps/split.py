"""`split`: each person goes one of several ways by chance, the same way whenever they come again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cdp.conditions.source import Source
from journeys.moves import Block, Here, Into, Move, Plain
from journeys.reading import Reading

KIND = "split"
_NAME = re.compile(r"\w+")


@dataclass(frozen=True)
class Way:
    """One way, and how many of 100 go it."""

    name: str
    share: int
    block: Block


@dataclass(frozen=True)
class Split(Plain):
    """Ways in the order of the file. When the first way's share grows, whoever went it still does."""

    ways: tuple[Way, ...]
    kind: str = KIND

    def branches(self) -> Sequence[tuple[str, Block]]:
        return [(_label(way), way.block) for way in self.ways]

    def advance(self, here: Here) -> Move:
        edge = 0
        for way in self.ways:
            edge += way.share * 100
            if here.draw < edge:
                return Into(_label(way), {"drawn": here.draw})
        raise AssertionError("shares that are not 100 together cannot be read")


def read(source: Source, reading: Reading) -> Split | None:
    """`{A: {share: 50, do: [...]}, B: {share: 50, do: [...]}}`; the shares are 100 together."""
    ways = [way for name, part in source.entries().items() if (way := _way(name, part, reading)) is not None]
    if not source.is_mapping() or len(ways) < len(source.value):
        return None
    if len(ways) < 2 or sum(way.share for way in ways) != 100:
        source.wrong(f"the shares of two or more ways are 100 together, not {sum(way.share for way in ways)}")
        return None
    return Split(tuple(ways))


def schema() -> dict[str, Any]:
    """The step as JSON Schema."""
    way = {
        "type": "object",
        "properties": {"share": {"type": "integer", "minimum": 0, "maximum": 100}, "do": {"$ref": "#/$defs/steps"}},
        "required": ["share", "do"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "description": "Each person goes one of several ways by chance, and always the same.",
        "additionalProperties": way,
        "minProperties": 2,
    }


def _way(name: str, source: Source, reading: Reading) -> Way | None:
    if not _NAME.fullmatch(name):
        source.wrong(f"{name!r} cannot be the name of a way: letters, digits and _")
    parts = source.mapping(("share", "do"), required=("share", "do"))
    share = parts["share"].number(0, 100) if "share" in parts else None
    block = reading.block(parts["do"]) if "do" in parts else ()
    return Way(name, share, block) if share is not None else None


def _label(way: Way) -> str:
    return f"split.{way.name}"
