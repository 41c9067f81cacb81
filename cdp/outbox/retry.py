"""When to try again: exponential back-off with jitter, short where a deadline presses. Pure and repeatable."""

from __future__ import annotations

from cdp.clock import HOUR, MINUTE, SECOND
from cdp.ids import bucket

MAX_ATTEMPTS = 8
BREAKER_OPENS_AFTER = 5
"""Consecutive calls of one channel that went unanswered or were refused for configuration."""
BREAKER_PAUSE = 5 * MINUTE
_CAP = HOUR


def next_attempt(action: str, attempt: int, now: int, *, deadline: int | None, at_least: int = 0) -> int:
    """The moment of the attempt after attempt number `attempt`: doubling from 30 s (1 s before a deadline), half jittered."""
    base = SECOND if deadline is not None else 30 * SECOND
    step = min(base << (attempt - 1), _CAP)
    jitter = step * bucket(action, attempt) // 20_000
    return now + max(at_least, step // 2 + jitter)
