"""Actions as the outbox hands them to a channel, aimed at a running sandbox."""

from __future__ import annotations

from typing import Any

from cdp.ports import Delivery, Outcome, Sink
from connectors.registry import sinks
from tests.sandbox.running import WECOM, Running

GREETING = "你好,这是端午家宴的食谱"


def options(running: Running, **changes: Any) -> dict[str, Any]:
    return WECOM | {"secret": "wecomsecret", "api_base": f"{running.url}/cgi-bin", "timeout": 2.0} | changes


def channels(running: Running, **changes: Any) -> dict[str, Sink]:
    return {sink.channel: sink for sink in sinks("wecom", "main", options(running, **changes), running.clock)}


def welcome(running: Running, code: str, text: str = GREETING, attach: tuple[str, ...] = (), **changes: Any) -> Outcome:
    delivery = Delivery(
        "a1", "wecom.welcome", {"wecom": "wm1"}, "laowang", text, attach, secrets={"welcome_code": code}
    )
    (outcome,) = channels(running, **changes)["wecom.welcome"].deliver([delivery])
    return outcome


def messages(*persons: str, text: str = "VIP", staff: str = "laowang") -> list[Delivery]:
    return [Delivery(f"m-{person}", "wecom.message", {"wecom": person}, staff, text) for person in persons]


def tagging(person: str = "wm1", staff: str = "laowang", action: str = "t1", **params: Any) -> Delivery:
    return Delivery(action, "wecom.tag", {"wecom": person}, staff, params=params)
