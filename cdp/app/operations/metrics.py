"""Metrics: what there are, and what one was on some days."""

from __future__ import annotations

from datetime import date
from typing import Any

from cdp.app.operations.days import known, period
from cdp.app.operations.runtime import Answer, Runtime
from projections.metrics import Measured, Row, measure, metric, metrics


def list_metrics(runtime: Runtime) -> Answer:
    """Every metric with its definition, unit and dimensions."""
    return {"metrics": [each.as_dict() for each in metrics().values()]}


def measure_metric(
    runtime: Runtime, name: str, since: str = "", until: str = "", by: list[str] | None = None, compare: bool = False
) -> Answer:
    """What a metric was, with its definition, and up to where the tables knew. Days are local, both inclusive.

    Without days: the last that are over, as many as are usual for the metric. `compare` adds the period before.
    """
    wanted = metric(name)
    with runtime.reader().snapshot() as tables:
        fresh = tables.freshness()
        days = period(runtime, since, until, wanted.days, fresh)
        found = measure(tables, wanted, days, by=by or (), before=days.before() if compare else None)
    return {
        **wanted.as_dict(),
        "since": str(days.since),
        "until": str(days.until),
        "by": by or [],
        "compared_with": found.before and {"since": str(found.before.since), "until": str(found.before.until)},
        "rows": [_row(found, row, fresh.today) for row in found.rows],
        **known(fresh),
    }


def _row(found: Measured, row: Row, today: date | None) -> dict[str, Any]:
    """One figure. It is `open` while it may still grow, because its last day is not over."""
    told: dict[str, Any] = {"since": str(row.period.since), "until": str(row.period.until)}
    if found.dimension:
        told[found.dimension] = row.slice
    told["value"] = row.now.value
    if found.metric.is_ratio:
        told |= {"numerator": row.now.numerator, "denominator": row.now.denominator}
    if found.before:
        told |= {
            "value_before": row.before and row.before.value,
            "change": row.change,
            "change_share": row.change_share,
        }
    return told | {"open": today is None or row.period.until > today}
