"""A column of a table that is named after a metric holds that very metric, in any history."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from cdp.events.event import Event
from projections.metrics import Metric, metrics
from projections.metrics.measure import measure
from projections.metrics.registry import Kept
from projections.periods import GRAINS, Period
from projections.read import Snapshot
from tests.metrics.shop import history
from tests.projections.histories import histories
from tests.projections.tables import tables_of

SPAN = Period(date(2026, 6, 1), date(2026, 6, 30))
_SETTINGS = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=(Phase.explicit, Phase.generate),
)
KEPT = [(metric, kept) for metric in metrics().values() for kept in metric.kept]


def check(events: list[Event]) -> int:
    """Compare all columns that hold a metric; answers how many figures were compared."""
    with tables_of([e for e in events if e.type != "group.dismissed"]) as reader, reader.snapshot() as tables:
        return sum(_compare(tables, metric, kept) for metric, kept in KEPT)


def _compare(tables: Snapshot, metric: Metric, kept: Kept) -> int:
    grain = next((name for name in kept.by if name in GRAINS), None)
    dimension = next((name for name in kept.by if name not in GRAINS), None)
    day = grain or "day"
    key = {"group": "group_id", "live": "live_id", "channel": "channel"}.get(dimension or "", "NULL")
    stored = tables.rows(
        f'SELECT {day} AS since, CAST({key} AS VARCHAR) AS slice, "{kept.column}" AS value FROM {kept.table}'
    )
    found = {
        (row.period.since if grain else None, row.slice): row.now.value
        for row in measure(tables, metric, SPAN, by=kept.by).rows
    }
    inside = [row for row in stored if row["since"] and SPAN.since <= row["since"] <= SPAN.until]
    for row in inside:
        value = found.get((row["since"] if grain else None, row["slice"]), metric.empty)
        assert value == (pytest.approx(row["value"]) if row["value"] is not None else metric.empty), (metric.name, row)
    return len(inside)


def test_what_a_table_keeps_of_a_metric_is_the_metric_in_the_week_worked_out_by_hand() -> None:
    assert check(history()) > 100


@pytest.mark.slow
@pytest.mark.timeout(600)
@given(histories(40, 120))
@settings(_SETTINGS, max_examples=40)
def test_what_a_table_keeps_of_a_metric_is_the_metric_in_many_histories(events: list[Event]) -> None:
    check(events)
