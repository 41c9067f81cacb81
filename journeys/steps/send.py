"""`send`: write to the person through a channel, if every gate lets it pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cdp.channels import CHANNELS
from cdp.conditions.source import Source
from journeys.moves import Here, Move, Perform, Plain, Request
from journeys.reading import Reading

KIND = "send"
MESSAGE_CHANNELS = tuple(channel.name for channel in CHANNELS.values() if channel.message)
PURPOSES = ("service", "promotion")


@dataclass(frozen=True)
class Send(Plain):
    """One message. The run goes on behind it whether it was sent or not."""

    request: Request
    kind: str = KIND

    def advance(self, here: Here) -> Move:
        return Perform(self.request)


def read(source: Source, reading: Reading) -> Send | None:
    """`via` a channel, `text` a template, `attach` files, `purpose` if it is not the channel's."""
    parts = source.mapping(("via", "text", "attach", "purpose"), required=("via", "text"))
    via = parts["via"].one_of(MESSAGE_CHANNELS) if "via" in parts else None
    template = reading.template(parts["text"]) if "text" in parts else None
    purpose = parts["purpose"].one_of(PURPOSES) if "purpose" in parts else None
    attach = parts["attach"].texts() if "attach" in parts else ()
    if via is None or template is None:
        return None
    return Send(Request(via, purpose or CHANNELS[via].purpose, template, attach))


def schema() -> dict[str, Any]:
    """The step as JSON Schema."""
    return {
        "type": "object",
        "description": "Write to the person through a channel, if every gate lets it pass.",
        "properties": {
            "via": {"enum": list(MESSAGE_CHANNELS)},
            "text": {"type": "string", "description": "Jinja2: {{ person.nickname | default('邻居') }}"},
            "attach": {"type": ["array", "string"], "items": {"type": "string"}},
            "purpose": {"enum": list(PURPOSES)},
        },
        "required": ["via", "text"],
        "additionalProperties": False,
    }
