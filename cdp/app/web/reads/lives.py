"""Lives: the list, one beside the one before it, who was there minute by minute, and who came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cdp.app.web.reads.reader import Reader
from projections.periods import Period

Row = dict[str, Any]

_SAME_HOUR = 3

FIGURES = (
    "viewers",
    "average_watch_seconds",
    "peak_concurrent",
    "interaction_rate",
    "lead_rate",
    "conversion_rate",
    "gmv_fen",
    "attendance_rate",
)
"""Columns of `live_sessions` that are metrics of one live."""


def sessions(reader: Reader, period: Period) -> list[Row]:
    """Lives of these days, the latest first."""
    return reader.rows(
        "SELECT * FROM live_sessions WHERE day BETWEEN $since AND $until ORDER BY day DESC, started_at DESC NULLS LAST, live_id",
        {"since": period.since, "until": period.until},
    )


def session(reader: Reader, live: str) -> Row | None:
    """One live."""
    return next(iter(reader.rows("SELECT * FROM live_sessions WHERE live_id = $live", {"live": live})), None)


def before(reader: Reader, sessions: Sequence[Row]) -> dict[str, Row | None]:
    """For each of these lives the one to compare it with: the last before it at that hour, else the last before it."""
    begun = [s["started_at"] for s in sessions if s["started_at"]]
    if not begun:
        return {s["live_id"]: None for s in sessions}
    until = max(begun)
    known = reader.rows(
        "SELECT * FROM live_sessions WHERE started_at < $until ORDER BY started_at DESC", {"until": until}
    )
    return {session["live_id"]: _comparable(session, known) for session in sessions}


def _comparable(session: Row, known: Sequence[Row]) -> Row | None:
    """`known` is in order, the latest first."""
    if session["started_at"] is None:
        return None
    earlier = [k for k in known if k["started_at"] < session["started_at"]]
    alike = (k for k in earlier if _hours_apart(k["started_at"], session["started_at"]) <= _SAME_HOUR)
    return next(alike, earlier[0] if earlier else None)


def _hours_apart(a: datetime, b: datetime) -> float:
    """Between two times of day, the short way round the clock."""
    hours = abs((a - b).total_seconds()) % 86_400 / 3600
    return min(hours, 24 - hours)


def minutes(reader: Reader, live: str) -> list[Row]:
    """Persons present in each minute from the start to the end: `minute` counted from 0, `present`. None where nobody told
    of anybody's coming and going."""
    return reader.rows(
        "SELECT row_number() OVER (ORDER BY minute) - 1 AS minute, present FROM live_minutes "
        "WHERE live_id = $live AND present IS NOT NULL ORDER BY 1",
        {"live": live},
    )


def viewers(reader: Reader, live: str, limit: int) -> list[Row]:
    """Who came, whoever bought or stayed longest first."""
    sql = """SELECT v.*, p.building, p.lifecycle, p.paid_orders
             FROM live_viewers v JOIN persons p USING (person_id)
             WHERE v.live_id = $live AND v.entered_at IS NOT NULL
             ORDER BY v.gmv_fen DESC NULLS LAST, v.watch_seconds DESC NULLS LAST, v.person_id LIMIT $limit"""
    return reader.rows(sql, {"live": live, "limit": limit})
