"""A circuit breaker a channel: closes it for a while when its calls go wrong for reasons that are not the person's."""

from __future__ import annotations

from typing import assert_never

from cdp.clock import MINUTE
from cdp.ports import Accepted, Deferred, Delivered, Outcome, Refused, Unanswered

OPENS_AFTER = 5
"""Unanswered calls in a row."""
PAUSE = 5 * MINUTE


class Breaker:
    """Remembers trouble by channel; lost with the process, which only means that a channel is tried again."""

    def __init__(self) -> None:
        self._trouble: dict[str, int] = {}
        self._closed_until: dict[str, int] = {}

    def closed_until(self, channel: str) -> int:
        """The moment from which the channel may be called again; 0 if it may be called now."""
        return self._closed_until.get(channel, 0)

    def heard(self, channel: str, outcome: Outcome, now: int) -> None:
        """Take an outcome into account: a wrong configuration closes at once, silence after a few calls."""
        match outcome:
            case Refused(_, _, "configuration"):
                self._closed_until[channel] = now + PAUSE
            case Unanswered():
                self._trouble[channel] = self._trouble.get(channel, 0) + 1
                if self._trouble[channel] >= OPENS_AFTER:
                    self._closed_until[channel] = now + PAUSE
            case Delivered() | Accepted() | Deferred() | Refused():
                self._trouble.pop(channel, None)
            case _:
                assert_never(outcome)
