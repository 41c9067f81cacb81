"""`await`: rest until the first of several things, or until the time is up.

An event counts if it comes in while the run rests here; with `look_back: entry` also if it happened since the trigger.
A condition counts as soon as it holds: on arrival, after any event it may depend on, and when the time is up. Several
at once: the first in the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cdp.conditions.condition import Condition
from cdp.conditions.durations import Duration
from cdp.conditions.source import Source
from cdp.events.event import Event
from journeys.moves import Awaited, Block, Here, Into, Move, Plain, Rest, Stay
from journeys.reading import Reading

KIND = "await"
OTHERWISE = "await.otherwise"


@dataclass(frozen=True)
class Option:
    """One thing to wait for: an event (and what it must be like), or a condition."""

    event: str
    condition: Condition | None
    block: Block

    def met(self, here: Here, *, look_back: bool) -> dict[str, Any] | None:
        """What was seen that meets it; None if nothing does."""
        if not self.event:
            return self._holds(here)
        events = [here.happened] if here.happened is not None else list(here.past) if look_back else []
        return next((seen for event in events if (seen := self._matches(event, here)) is not None), None)

    def _holds(self, here: Here) -> dict[str, Any] | None:
        condition = self.condition
        return condition.saw(here.scope) if condition and condition.evaluate(here.scope) is True else None

    def _matches(self, event: Event, here: Here) -> dict[str, Any] | None:
        if event.type != self.event:
            return None
        if self.condition is None:
            return {"event": event.position}
        scope = here.about(event)
        if self.condition.evaluate(scope) is not True:
            return None
        return {"event": event.position, **self.condition.saw(scope)}


@dataclass(frozen=True)
class Await(Plain):
    """Options in the order of the file, and what happens when none came in time."""

    options: tuple[Option, ...]
    timeout: Duration
    otherwise: Block
    look_back: bool
    kind: str = KIND

    def branches(self) -> Sequence[tuple[str, Block]]:
        return [*((_label(n), option.block) for n, option in enumerate(self.options)), (OTHERWISE, self.otherwise)]

    def awaits(self) -> Awaited:
        return Awaited(
            frozenset(option.event for option in self.options if option.event),
            tuple(option.condition for option in self.options if option.condition and not option.event),
        )

    def advance(self, here: Here) -> Move:
        for number, option in enumerate(self.options):
            seen = option.met(here, look_back=self.look_back)
            if seen is not None:
                return Into(_label(number), seen)
        if here.woken:
            return Into(OTHERWISE)
        return Stay() if here.resting else Rest(self.timeout.after(here.now, here.tz))


def read(source: Source, reading: Reading) -> Await | None:
    """`await` a list of `{event, where, do}` and `{when, do}`; beside it `timeout`, `otherwise` and `look_back`."""
    parts = source.mapping((KIND, "timeout", "otherwise", "look_back"), required=(KIND, "timeout"))
    options = [option for item in parts[KIND].items() if (option := _option(item, reading)) is not None]
    timeout = parts["timeout"].duration() if "timeout" in parts else None
    otherwise = reading.block(parts["otherwise"]) if "otherwise" in parts else ()
    look_back = parts["look_back"].one_of(("entry", "none")) if "look_back" in parts else "none"
    if not options or timeout is None:
        return None
    return Await(tuple(options), timeout, otherwise, look_back == "entry")


def schema() -> dict[str, Any]:
    """The step as JSON Schema: the words beside the verb too."""
    steps = {"$ref": "#/$defs/steps"}
    condition = {"type": ["string", "boolean"]}
    event = {"event": {"$ref": "#/$defs/event"}, "where": condition, "do": steps}
    when = {"when": condition, "do": steps}
    return {
        KIND: {
            "type": "array",
            "description": "Rest until the first of these, or until the time is up.",
            "minItems": 1,
            "items": {
                "anyOf": [
                    {"type": "object", "properties": event, "required": ["event", "do"], "additionalProperties": False},
                    {"type": "object", "properties": when, "required": ["when", "do"], "additionalProperties": False},
                ]
            },
        },
        "timeout": {"type": "string", "pattern": r"^(\d+(mo|w|d|h|m|s))+$"},
        "otherwise": steps,
        "look_back": {"enum": ["entry", "none"]},
    }


def _option(source: Source, reading: Reading) -> Option | None:
    if source.is_mapping() and "event" in source.value:
        parts = source.mapping(("event", "where", "do"), required=("event", "do"))
        event, where = reading.event(parts["event"], parts.get("where"))
        return Option(event, where, reading.block(parts["do"])) if event and "do" in parts else None
    parts = source.mapping(("when", "do"), required=("when", "do"))
    condition = reading.condition(parts["when"]) if "when" in parts else None
    return Option("", condition, reading.block(parts["do"])) if condition and "do" in parts else None


def _label(number: int) -> str:
    return f"await.{number}"
