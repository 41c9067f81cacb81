"""Times that senders name: what a moment may be, and the correction of a sender's wrong clock."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from cdp.clock import DAY, SECOND, to_moment
from cdp.errors import Rejected
from cdp.events.touchpoint import Touchpoint

TRANSIT = SECOND
"""A difference up to this is the time a request takes to arrive, not a wrong clock."""
IMPLAUSIBLE = DAY
"""A difference beyond this is no wrong clock either: the body was kept somewhere and sent again."""
LATEST = to_moment(datetime(9999, 12, 31, tzinfo=UTC))
"""No moment is later than this."""


def moment_of(value: datetime, path: str) -> int:
    """The moment of an aware datetime. Raises Rejected for a time after the year 9999 in UTC."""
    moment = to_moment(value)
    if moment > LATEST:
        raise Rejected("clock", "after the year 9999", path)
    return moment


def corrected(touchpoint: Touchpoint, sent_at: int | None, received_at: int) -> Touchpoint:
    """The touchpoint with its time moved by what the sender's clock is wrong: `occurred_at + (received_at - sent_at)`.

    A sender that says when it sent, by the same clock that stamped the event, shows how wrong that clock is. Nothing moves
    when the difference is at most a second (TRANSIT) or more than a day (IMPLAUSIBLE). What the sender named stays the
    content of the event, so sending it again later is a duplicate and no conflict.
    """
    if sent_at is None:
        return touchpoint
    skew = received_at - sent_at
    if not TRANSIT < abs(skew) <= IMPLAUSIBLE:
        return touchpoint
    claimed = touchpoint.occurred_at if touchpoint.claimed_at is None else touchpoint.claimed_at
    return msgspec.structs.replace(touchpoint, occurred_at=touchpoint.occurred_at + skew, claimed_at=claimed)
