"""What one message says, in the form both kinds of message share, checked before anything is called."""

from __future__ import annotations

from typing import Any

from cdp.ports import Deferred, Delivery, Refused
from connectors.wecom.attachments import Attachments

LONGEST_TEXT = 4000
"""Bytes of UTF-8."""


def content(delivery: Delivery, attachments: Attachments) -> dict[str, Any] | Deferred | Refused:
    """Text and attachments as WeCom takes them, or why it would not."""
    size = len(delivery.text.encode())
    if size > LONGEST_TEXT:
        return Refused(0, f"the text has {size} bytes, more than {LONGEST_TEXT}")
    if not delivery.text and not delivery.attach:
        return Refused(0, "neither text nor attachment")
    built = attachments.build(delivery.attach)
    if not isinstance(built, list):
        return built
    text = {"text": {"content": delivery.text}} if delivery.text else {}
    return text | ({"attachments": built} if built else {})
