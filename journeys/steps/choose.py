"""`choose`: the first branch whose condition holds, else the one that says `else`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cdp.conditions.condition import Condition
from cdp.conditions.source import Source
from journeys.moves import Block, Here, Into, Move, Plain
from journeys.reading import Reading

KIND = "choose"


@dataclass(frozen=True)
class Choose(Plain):
    """Branches in the order in which they are tried; the last one has no condition."""

    options: tuple[tuple[Condition | None, Block], ...]
    kind: str = KIND

    def branches(self) -> Sequence[tuple[str, Block]]:
        return [(_label(number), block) for number, (_, block) in enumerate(self.options)]

    def advance(self, here: Here) -> Move:
        saw: dict[str, Any] = {}
        for number, (condition, _) in enumerate(self.options):
            if condition is None:
                return Into(_label(number), saw)
            saw |= condition.saw(here.scope)
            if condition.evaluate(here.scope) is True:
                return Into(_label(number), saw)
        raise AssertionError("a choose without else cannot be read")


def read(source: Source, reading: Reading) -> Choose | None:
    """A list of `{when: CONDITION, do: [...]}`, at last `{else: [...]}`."""
    options: list[tuple[Condition | None, Block]] = []
    items = source.items()
    for number, item in enumerate(items):
        last = number == len(items) - 1
        if item.is_mapping() and "else" in item.value:
            parts = item.mapping(("else",))
            if not last:
                item.wrong("what stands behind else is never reached")
            options.append((None, reading.block(parts["else"])))
            continue
        parts = item.mapping(("when", "do"), required=("when", "do"))
        condition = reading.condition(parts["when"]) if "when" in parts else None
        block = reading.block(parts["do"]) if "do" in parts else ()
        if condition is not None:
            options.append((condition, block))
    if not options or options[-1][0] is not None:
        if items and not any(item.is_mapping() and "else" in item.value for item in items):
            source.wrong("a choose ends with an else, even an empty one: {else: []}")
        return None
    return Choose(tuple(options))


def schema() -> dict[str, Any]:
    """The step as JSON Schema."""
    steps = {"$ref": "#/$defs/steps"}
    when = {"type": ["string", "boolean"], "description": "A condition over traits, tags, person and entry"}
    return {
        "type": "array",
        "description": "The first branch whose condition holds, else the one that says else.",
        "items": {
            "anyOf": [
                {
                    "type": "object",
                    "properties": {"when": when, "do": steps},
                    "required": ["when", "do"],
                    "additionalProperties": False,
                },
                {"type": "object", "properties": {"else": steps}, "required": ["else"], "additionalProperties": False},
            ]
        },
        "minItems": 1,
    }


def _label(number: int) -> str:
    return f"choose.{number}"
