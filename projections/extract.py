"""Turns events of the log into one Arrow batch with the columns of `touchpoints`, column by column.

`person_id` is left out (identity fills it in) and `day` too (the database knows the calendar of the time zone).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa

from cdp.clock import SECOND
from cdp.events.event import DECISIONS, PERSON_STREAM, Event
from cdp.events.fields import MOST_FEN
from cdp.identity.rules import IdentityRules, subject

VERSION = 3
"""Goes up when the same event gives other columns; all tables are then built again from the log."""

_TEXT = pa.string()
_TIME = pa.timestamp("us", tz="UTC")
_RULES = IdentityRules()
_PREFIX = len(PERSON_STREAM)
_encode = msgspec.json.Encoder(order="sorted").encode


def extract(events: Sequence[Event]) -> pa.Table:
    """One row an event, in the order given."""
    contexts = [e.context for e in events]
    datas = [e.data for e in events]
    return pa.table(
        {
            "position": pa.array([e.position for e in events], pa.int64()),
            "id": pa.array([e.id for e in events], _TEXT),
            "source": pa.array([e.source for e in events], _TEXT),
            "type": pa.array([e.type for e in events], _TEXT),
            "occurred_at": pa.array([e.occurred_at for e in events], pa.int64()).cast(_TIME),
            "recorded_at": pa.array([e.recorded_at for e in events], pa.int64()).cast(_TIME),
            "subject": pa.array([filed_under(e) for e in events], pa.int64()),
            "channel": pa.array([c.get("channel") or None for c in contexts], _TEXT),
            "live_id": pa.array([c.get("live") or None for c in contexts], _TEXT),
            "group_id": pa.array([c.get("group") or None for c in contexts], _TEXT),
            "campaign_id": pa.array([c.get("campaign") or None for c in contexts], _TEXT),
            "order_id": pa.array([c.get("order") or None for c in contexts], _TEXT),
            "product_id": _texts([c.get("product") or d.get("product") for c, d in zip(contexts, datas, strict=True)]),
            "staff_id": _texts([c.get("staff") or d.get("staff") for c, d in zip(contexts, datas, strict=True)]),
            "store_id": pa.array([c.get("store") or None for c in contexts], _TEXT),
            "run_id": _texts([d.get("run") for d in datas]),
            "action_id": _texts([d.get("action") for d in datas]),
            "amount_fen": pa.array([_whole(d.get("amount_fen", d.get("fen"))) for d in datas], pa.int64()),
            "seconds": pa.array([_seconds(e) for e in events], pa.int64()),
            "historical": pa.array([e.historical for e in events], pa.bool_()),
            "data": pa.array([_encode(d).decode() if d else "{}" for d in datas], _TEXT),
        }
    )


def filed_under(event: Event) -> int | None:
    """The surrogate whose person the event belongs to: that of its stream, or the strongest actor it names.

    A decision belongs to whom its run is filed under, who is named first: what else it names is how to reach them, and may
    turn out to be somebody else's.
    """
    stream = event.stream
    if stream.startswith(PERSON_STREAM):
        return int(stream[_PREFIX:])
    if event.source == DECISIONS:
        return event.who[0].surrogate if event.who else None
    who = subject(event.who, _RULES) if event.who else None
    return who.surrogate if who else None


def _texts(values: Sequence[object]) -> pa.Array:
    """Texts out of data, where another type may stand under the same name."""
    return pa.array([value if isinstance(value, str) and value else None for value in values], _TEXT)


def _whole(value: Any) -> int | None:
    """A whole number that a column and a sum of them can hold; anything else under that name is nothing."""
    fits = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MOST_FEN
    return value if fits else None


def _seconds(event: Event) -> int | None:
    if event.type == "live.watched":
        return _whole(event.data.get("total_seconds"))
    entered = event.data.get("entered_at") if event.type == "live.left" else None
    if isinstance(entered, int) and not isinstance(entered, bool) and entered >= 0:
        return max(0, (event.occurred_at - entered) // SECOND)
    return None
