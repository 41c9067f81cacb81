"""What a metric was on some days: one figure, or one a stretch of them and value of a dimension, beside those before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cdp.conditions.source import suggestion
from cdp.errors import UsageError
from projections.metrics.registry import Metric
from projections.metrics.statement import parameters, statement
from projections.periods import GRAINS, Grain, Period
from projections.tables import Tables

Number = int | float
MOST = 1000
"""So many stretches may be asked for at once."""


@dataclass(frozen=True)
class Figure:
    """A metric over one stretch of days. `value` is None where a denominator is empty, or nothing is known."""

    value: Number | None
    numerator: int | None = None
    denominator: int | None = None


@dataclass(frozen=True)
class Row:
    """One figure of an answer: the days it is of, the value of the dimension, and the same for the days before."""

    period: Period
    slice: str | None
    now: Figure
    before: Figure | None = None

    @property
    def change(self) -> Number | None:
        """By how much it differs from before."""
        if self.before is None or self.now.value is None or self.before.value is None:
            return None
        return self.now.value - self.before.value

    @property
    def change_share(self) -> float | None:
        """The same as a share of what it was before."""
        if self.change is None or self.before is None or not self.before.value:
            return None
        return self.change / abs(self.before.value)


@dataclass(frozen=True)
class Measured:
    """The answer, with what was asked. Rows are in order of days; within them the largest first, no value last."""

    metric: Metric
    period: Period
    before: Period | None
    grain: Grain | None
    dimension: str | None
    rows: tuple[Row, ...]

    @property
    def total(self) -> Row:
        """The one row of an answer that is not broken down."""
        (row,) = self.rows
        return row


def measure(
    tables: Tables, metric: Metric, period: Period, *, by: Sequence[str] = (), before: Period | None = None
) -> Measured:
    """The metric over a period, broken down by a dimension, by day, week or month, or both.

    `before` is what it is compared with. A value of a dimension that stands on one side only has the other one's figure
    of nothing: 0 for what is counted, None for a ratio. Raises UsageError.
    """
    grain, dimension = _asked(metric, by)
    pieces = [period] if grain is None else list(period.pieces(grain))
    if len(pieces) > MOST:
        raise UsageError(f"{len(pieces)} {grain}s are more than the {MOST} that one answer may have; take longer ones")
    counterparts = [before if grain is None else before and period.counterpart(piece, before) for piece in pieces]
    asked = list(dict.fromkeys([*pieces, *filter(None, counterparts)]))
    found = _figures(tables, metric, dimension, asked)
    slices = _slices(found) if dimension else [None]
    nothing = Figure(metric.empty)
    rows = [
        Row(
            piece,
            value,
            found.get((piece, value), nothing),
            None if counterpart is None else found.get((counterpart, value), nothing),
        )
        for piece, counterpart in zip(pieces, counterparts, strict=True)
        for value in slices
    ]
    return Measured(metric, period, before, grain, dimension, tuple(rows))


def _asked(metric: Metric, by: Sequence[str]) -> tuple[Grain | None, str | None]:
    grains = [grain for grain in GRAINS if grain in by]
    dimensions = [name for name in dict.fromkeys(by) if name not in GRAINS]
    known = [dimension.name for dimension in metric.dimensions]
    problems = [
        f"{metric.name} cannot be broken down by {name!r}{suggestion(name, [*known, *GRAINS])}"
        for name in dimensions
        if name not in known
    ]
    if problems:
        raise UsageError(f"{'; '.join(problems)}. It can be by {', '.join([*known, *GRAINS])}")
    if len(grains) > 1 or len(dimensions) > 1:
        raise UsageError("a metric is broken down by one dimension, and by day, week or month")
    return (grains[0] if grains else None), (dimensions[0] if dimensions else None)


_Found = Mapping[tuple[Period, str | None], Figure]


def _figures(tables: Tables, metric: Metric, dimension: str | None, periods: Sequence[Period]) -> _Found:
    sql = statement(metric, dimension, len(periods))
    rows: Iterable[dict[str, Any]] = tables.arrow(sql, parameters(periods)).to_pylist()
    return {
        (periods[row["period"]], row["slice"]): Figure(row["value"], row.get("numerator"), row.get("denominator"))
        for row in rows
    }


def _slices(found: _Found) -> list[str | None]:
    """All values of the dimension, those with the largest figures first."""
    weights: dict[str | None, tuple[Number, Number]] = {}
    for (_, value), figure in found.items():
        heaviest, largest = weights.get(value, (0, 0))
        weights[value] = (heaviest + (figure.denominator or 0), max(largest, figure.value or 0))
    return sorted(weights, key=lambda value: (value is None, *(-weight for weight in weights[value]), value or ""))
