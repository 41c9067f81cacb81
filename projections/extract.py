"""Turns events of the log into one Arrow batch with the columns of `touchpoints`, column by column.

`person_id` is left out (identity fills it in) and `day` too (the database knows the calendar of the time zone).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import pyarrow as pa

from cdp.clock import SECOND
from cdp.events.event import PERSON_STREAM, Event
from cdp.identity.rules import IdentityRules, subject

VERSION = 1
"""Goes up when the same event gives other columns; all tables are then built again from the log."""

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
            "id": _texts(e.id for e in events),
            "source": _texts(e.source for e in events),
            "type": _texts(e.type for e in events),
            "occurred_at": pa.array([e.occurred_at for e in events], pa.int64()).cast(_TIME),
            "recorded_at": pa.array([e.recorded_at for e in events], pa.int64()).cast(_TIME),
            "subject": pa.array([filed_under(e) for e in events], pa.int64()),
            "channel": _texts(c.get("channel") for c in contexts),
            "live_id": _texts(c.get("live") for c in contexts),
            "group_id": _texts(c.get("group") for c in contexts),
            "campaign_id": _texts(c.get("campaign") for c in contexts),
            "order_id": _texts(c.get("order") for c in contexts),
            "product_id": _texts(c.get("product") or d.get("product") for c, d in zip(contexts, datas, strict=True)),
            "staff_id": _texts(c.get("staff") or d.get("staff") for c, d in zip(contexts, datas, strict=True)),
            "store_id": _texts(c.get("store") for c in contexts),
            "run_id": _texts(d.get("run") for d in datas),
            "action_id": _texts(d.get("action") for d in datas),
            "amount_fen": pa.array([_whole(d.get("amount_fen", d.get("fen"))) for d in datas], pa.int64()),
            "seconds": pa.array([_seconds(e) for e in events], pa.int64()),
            "historical": pa.array([e.historical for e in events], pa.bool_()),
            "data": _texts(_encode(d).decode() for d in datas),
        }
    )


def filed_under(event: Event) -> int | None:
    """The surrogate whose person the event belongs to: that of its stream, or the strongest actor it names."""
    stream = event.stream
    if stream.startswith(PERSON_STREAM):
        return int(stream[_PREFIX:])
    who = subject(event.who, _RULES) if event.who else None
    return who.surrogate if who else None


def _texts(values: Iterable[object]) -> pa.Array:
    return pa.array([value if isinstance(value, str) and value else None for value in values], pa.string())


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _seconds(event: Event) -> int | None:
    if event.type == "live.watched":
        return _whole(event.data.get("total_seconds"))
    if event.type == "live.left" and (entered := _whole(event.data.get("entered_at"))) is not None:
        return max(0, (event.occurred_at - entered) // SECOND)
    return None
