"""`invite`: ask the person into a group by private message. WeCom has no call that adds a customer to a group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cdp.channels import CHANNELS
from cdp.conditions.source import Source
from journeys.moves import Here, Move, Perform, Plain, Request
from journeys.reading import Reading
from journeys.steps.send import MESSAGE_CHANNELS
from journeys.template import Template

KIND = "invite"
DEFAULT_TEXT = "我们为老邻居建了一个小群，想请您也来坐坐，点开这条消息里的入群链接就能进。"
DEFAULT_CHANNEL = "wecom.message"


@dataclass(frozen=True)
class Invite(Plain):
    """One invitation; the sink adds the group's join link."""

    request: Request
    kind: str = KIND

    def advance(self, here: Here) -> Move:
        return Perform(self.request)


def read(source: Source, reading: Reading) -> Invite | None:
    """`group` the group's id, `via` a channel, `text` and `attach` as in send."""
    parts = source.mapping(("group", "via", "text", "attach"), required=("group",))
    group = parts["group"].text() if "group" in parts else None
    via = parts["via"].one_of(MESSAGE_CHANNELS) if "via" in parts else DEFAULT_CHANNEL
    template = reading.template(parts["text"]) if "text" in parts else Template.parse(DEFAULT_TEXT)
    attach = parts["attach"].texts() if "attach" in parts else ()
    if group is None or via is None or template is None:
        return None
    return Invite(Request(via, CHANNELS[via].purpose, template, attach, {"group": group}))


def schema() -> dict[str, Any]:
    """The step as JSON Schema."""
    return {
        "type": "object",
        "description": "Ask the person into a group by private message.",
        "properties": {
            "group": {"type": "string"},
            "via": {"enum": list(MESSAGE_CHANNELS)},
            "text": {"type": "string"},
            "attach": {"type": ["array", "string"], "items": {"type": "string"}},
        },
        "required": ["group"],
        "additionalProperties": False,
    }
