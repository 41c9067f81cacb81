"""What a funnel says: persons by step, rates, times to convert, and the same by value of a breakdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cdp.clock import DAY, HOUR, MINUTE
from projections.funnel.steps import Step

_BARS = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 12 * HOUR, DAY, 3 * DAY, 7 * DAY, 14 * DAY, 30 * DAY)


@dataclass(frozen=True)
class StepResult:
    """One step. Rates are None where nobody could have come; times are microseconds, None where nobody came."""

    step: int
    """Counted from 1."""
    name: str
    label: str
    persons: int
    dropped: int
    """Reached the step before, and not this one."""
    from_start: float | None
    from_previous: float | None
    median: int | None
    """Median time since the step before, of those who came."""


@dataclass(frozen=True)
class Bar:
    """How many took at most `upto` microseconds from first to last step, and longer than the bar before."""

    upto: int | None
    persons: int


@dataclass(frozen=True)
class Ways:
    """Steps of everybody, or of those with one value of the breakdown."""

    steps: tuple[StepResult, ...]
    median: int | None
    """Median time from the first step to the last, of those who reached it."""
    histogram: tuple[Bar, ...]
    value: str | None = None
    audience: int | None = None
    """Who could have begun, where that is known; the first step's `from_previous` and `dropped` are of them."""

    @property
    def counts(self) -> tuple[int, ...]:
        """Persons by step; never increasing."""
        return tuple(step.persons for step in self.steps)


@dataclass(frozen=True)
class FunnelResult(Ways):
    """The answer, with what was asked."""

    groups: tuple[Ways, ...] = ()
    """By value of the breakdown, the largest first; None stands for no value. A person may be in several."""
    order: str = "sequential"
    window: int = 0
    since: int | None = None
    until: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values; times in microseconds."""
        return {"counts": list(self.counts), **asdict(self)}


def ways(table: pa.Table, steps: Sequence[Step], value: str | None = None) -> Ways:
    """The figures of a table with one row a person: `reach`, `t1` … `tn`."""
    counts = [pc.sum(pc.greater_equal(table["reach"], i), min_count=0).as_py() for i in range(1, len(steps) + 1)]
    medians = [None, *(_median(_took(table, i, i + 1)) for i in range(1, len(steps)))]
    whole = _took(table, 1, len(steps))
    return Ways(_steps(steps, counts, medians), _median(whole), _histogram(whole), value)


def counted(steps: Sequence[Step], counts: Sequence[int]) -> Ways:
    """Figures of which the counts alone are known, and no times."""
    return Ways(_steps(steps, counts, [None] * len(steps)), None, ())


def groups(table: pa.Table, steps: Sequence[Step]) -> tuple[Ways, ...]:
    """The figures by `value`, the largest first, equals by value."""
    by_value = [
        ways(
            table.filter(pc.is_null(table["value"]) if value is None else pc.equal(table["value"], value)), steps, value
        )
        for value in pc.unique(table["value"]).to_pylist()
    ]
    return tuple(sorted(by_value, key=lambda group: (-group.counts[0], group.value is None, group.value or "")))


def _steps(steps: Sequence[Step], counts: Sequence[int], medians: Sequence[int | None]) -> tuple[StepResult, ...]:
    return tuple(
        StepResult(
            step=i + 1,
            name=step.name or str(step),
            label=step.label or step.name or str(step),
            persons=counts[i],
            dropped=counts[i - 1] - counts[i] if i else 0,
            from_start=_share(counts[i], counts[0]),
            from_previous=_share(counts[i], counts[i - 1]) if i else None,
            median=medians[i],
        )
        for i, step in enumerate(steps)
    )


def _took(table: pa.Table, first: int, last: int) -> pa.ChunkedArray:
    return pc.drop_null(pc.subtract(table[f"t{last}"], table[f"t{first}"]))


def _median(took: pa.ChunkedArray) -> int | None:
    middle = pc.quantile(took, q=0.5)[0].as_py()
    return None if middle is None else round(middle)


def _histogram(took: pa.ChunkedArray) -> tuple[Bar, ...]:
    upto = [pc.sum(pc.less_equal(took, bar), min_count=0).as_py() for bar in _BARS]
    each = [now - before for now, before in zip(upto, [0, *upto], strict=False)]
    return *(Bar(bar, persons) for bar, persons in zip(_BARS, each, strict=True)), Bar(None, len(took) - upto[-1])


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
