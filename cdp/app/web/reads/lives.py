"""Lives: the list, one beside the one before it, who was there minute by minute, and who came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cdp.app.web.reads.reader import Reader
from cdp.app.web.reads.span import Span
from cdp.app.web.reads.totals import Metric

Row = dict[str, Any]

_SAME_HOUR = 3

FIGURES = (
    Metric("viewers", "count"),
    Metric("average_watch_seconds", "seconds"),
    Metric("peak_concurrent", "count"),
    Metric("interaction_rate", "percent"),
    Metric("lead_rate", "percent"),
    Metric("conversion_rate", "percent"),
    Metric("gmv_fen", "money"),
    Metric("attendance_rate", "percent"),
)


def sessions(reader: Reader, span: Span) -> list[Row]:
    """Lives that started in the span, the latest first."""
    return reader.rows(
        "SELECT * FROM live_sessions WHERE started_at >= make_timestamptz($start) AND started_at < make_timestamptz($end)"
        " ORDER BY started_at DESC, live_id",
        span.moments(),
    )


def session(reader: Reader, live: str) -> Row | None:
    """One live."""
    return next(iter(reader.rows("SELECT * FROM live_sessions WHERE live_id = $live", {"live": live})), None)


def before(reader: Reader, sessions: Sequence[Row]) -> dict[str, Row | None]:
    """For each of these lives the one to compare it with: the last before it at that hour, else the last before it."""
    if not sessions:
        return {}
    until = max(s["started_at"] for s in sessions)
    known = reader.rows(
        "SELECT * FROM live_sessions WHERE started_at < $until ORDER BY started_at DESC", {"until": until}
    )
    return {session["live_id"]: _comparable(session, known) for session in sessions}


def _comparable(session: Row, known: Sequence[Row]) -> Row | None:
    """`known` is in order, the latest first."""
    earlier = [k for k in known if k["started_at"] < session["started_at"]]
    alike = (k for k in earlier if _hours_apart(k["started_at"], session["started_at"]) <= _SAME_HOUR)
    return next(alike, earlier[0] if earlier else None)


def _hours_apart(a: datetime, b: datetime) -> float:
    """Between two times of day, the short way round the clock."""
    hours = abs((a - b).total_seconds()) % 86_400 / 3600
    return min(hours, 24 - hours)


def minutes(reader: Reader, live: str) -> list[Row]:
    """Persons present in each minute from the start to the end: `minute` counted from 0, `present`."""
    return reader.rows(
        "SELECT row_number() OVER (ORDER BY minute) - 1 AS minute, present FROM live_minutes WHERE live_id = $live ORDER BY 1",
        {"live": live},
    )


def viewers(reader: Reader, live: str, limit: int) -> list[Row]:
    """Who came, whoever bought or stayed longest first."""
    sql = """SELECT v.*, p.building, p.lifecycle, p.paid_orders
             FROM live_viewers v JOIN persons p USING (person_id)
             WHERE v.live_id = $live AND v.entered_at IS NOT NULL
             ORDER BY v.gmv_fen DESC NULLS LAST, v.watch_seconds DESC NULLS LAST, v.person_id LIMIT $limit"""
    return reader.rows(sql, {"live": live, "limit": limit})
