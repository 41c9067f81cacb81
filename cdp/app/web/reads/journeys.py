"""Counts of journeys: who is inside, who passed each step, who left and why, and what became of the actions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cdp.app.web.reads.reader import Reader

Row = dict[str, Any]
Counts = dict[str, dict[str, int]]


def overview(reader: Reader) -> dict[str, Row]:
    """Journey -> runs, how many are inside, how many reached the goal, and messages delivered."""
    rows = reader.rows(
        """SELECT r.journey, count(*) AS runs, count(*) FILTER (WHERE left_at IS NULL) AS inside,
                  count(*) FILTER (WHERE goal) AS goals, any_value(a.delivered) AS delivered, any_value(a.asked) AS asked
           FROM journey_runs r
           LEFT JOIN (SELECT journey, count(*) AS asked, count(*) FILTER (WHERE outcome IN ('delivered', 'confirmed')) AS delivered
                      FROM actions GROUP BY journey) a ON a.journey = r.journey
           GROUP BY r.journey"""
    )
    return {r["journey"]: r for r in rows}


def passed(reader: Reader, journey: str, version: int) -> dict[str, int]:
    """Step -> runs of a version that came through it."""
    rows = reader.rows(
        """SELECT s.step, count(DISTINCT s.run_id) AS runs FROM journey_steps s JOIN journey_runs r USING (run_id)
           WHERE r.journey = $journey AND r.version = $version GROUP BY s.step""",
        {"journey": journey, "version": version},
    )
    return {r["step"]: r["runs"] for r in rows}


def inside(reader: Reader, journey: str, version: int) -> dict[str, int]:
    """Step -> runs of a version that stand in it now."""
    rows = reader.rows(
        """SELECT coalesce(step, '0') AS step, count(*) AS runs FROM journey_runs
           WHERE journey = $journey AND version = $version AND left_at IS NULL GROUP BY 1""",
        {"journey": journey, "version": version},
    )
    return {r["step"]: r["runs"] for r in rows}


def left(reader: Reader, journey: str, version: int) -> Counts:
    """Step -> reason -> runs of a version that ended there."""
    rows = reader.rows(
        """SELECT coalesce(step, '') AS step, coalesce(reason, '') AS name, count(*) AS runs FROM journey_runs
           WHERE journey = $journey AND version = $version AND left_at IS NOT NULL GROUP BY 1, 2 ORDER BY runs DESC, 2""",
        {"journey": journey, "version": version},
    )
    return _nested(rows)


def outcomes(reader: Reader, journey: str, version: int) -> Counts:
    """Step -> outcome (with the reason where it was not delivered) -> actions of a version."""
    rows = reader.rows(
        """SELECT coalesce(a.step, '') AS step,
                  CASE WHEN a.outcome IN ('suppressed', 'failed') AND a.reason IS NOT NULL
                       THEN a.outcome || ':' || a.reason ELSE a.outcome END AS name,
                  count(*) AS runs
           FROM actions a JOIN journey_runs r USING (run_id)
           WHERE r.journey = $journey AND r.version = $version GROUP BY 1, 2 ORDER BY runs DESC, 2""",
        {"journey": journey, "version": version},
    )
    return _nested(rows)


def runs(reader: Reader, journey: str, limit: int) -> list[Row]:
    """The latest runs."""
    return reader.rows(
        "SELECT * FROM journey_runs WHERE journey = $journey ORDER BY entered_at DESC, run_id LIMIT $limit",
        {"journey": journey, "limit": limit},
    )


def _nested(rows: Iterable[Row]) -> Counts:
    counts: Counts = {}
    for row in rows:
        counts.setdefault(row["step"], {})[row["name"]] = row["runs"]
    return counts
