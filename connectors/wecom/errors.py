"""What WeCom's error codes mean for an action, as a table. Match on codes only: the texts carry addresses and hints."""

from __future__ import annotations

from typing import Literal

from cdp.clock import MINUTE, SECOND
from cdp.ports import Deferred, Refused

ErrorClass = Literal["retry", "token", "configuration", "permanent", "settled"]

CLASSES: dict[int, ErrorClass] = {
    # Nothing was taken and it may be later.
    -1: "retry", 6000: "retry", 45009: "retry", 45033: "retry", 41063: "retry", 41096: "retry",
    10001: "retry", 10002: "retry", 10003: "retry", 429: "retry",
    # The access token is not, or no longer, good; the client has already fetched another one.
    40014: "token", 42001: "token",
    # Nothing will work until a person changes the account or our settings.
    40001: "configuration", 40013: "configuration", 41001: "configuration", 48002: "configuration",
    48005: "configuration", 48006: "configuration", 60011: "configuration", 60020: "configuration",
    301002: "configuration", 301042: "configuration", 301052: "configuration", 301053: "configuration",
    701008: "configuration",
    # Not with this person, this staff member, this text or this code.
    84061: "permanent", 84074: "permanent", 40096: "permanent", 40068: "permanent", 40071: "permanent",
    90501: "permanent", 60111: "permanent", 41050: "permanent", 41053: "permanent", 81013: "permanent",
    81017: "permanent", 40058: "permanent",
    # Somebody else's message was there before ours, or there is nobody left to send to: not ours, and not to repeat.
    41051: "settled", 41048: "settled",
}  # fmt: skip

_WAIT = {45009: MINUTE, 45033: 5 * SECOND, 41063: 5 * SECOND, 41096: 2 * SECOND, 429: MINUTE}
"""Microseconds to wait at least; a frequency block lasts as long as its window."""
_HTTP = range(300, 500)


def outcome(code: int, message: str) -> Deferred | Refused:
    """What an error makes of an action. A code that is not listed is permanent: the platform took nothing."""
    match CLASSES.get(code, "configuration" if code in _HTTP else "permanent"):
        case "retry":
            return Deferred(code, message, _WAIT.get(code, SECOND))
        case "token" | "configuration":
            return Refused(code, message, "configuration")
        case "settled":
            return Refused(code, message, "refused")
        case "permanent":
            return Refused(code, message)
