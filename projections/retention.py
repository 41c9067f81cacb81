"""Retention: of the persons who did something in a period, how many came back in the periods after it.

Periods are local days, ISO weeks or calendar months. Column 0 is the size of the cohort, column n counts who did the
returning step in the nth period after (`on`), or in that or any later one of the table (`on_or_after`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Any, Literal, get_args

import pyarrow as pa
from sqlglot import exp

from cdp.errors import UsageError
from projections.funnel import Step, parse_step
from projections.tables import Tables

Period = Literal["day", "week", "month"]
Kind = Literal["first_time", "recurring"]
Mode = Literal["on", "on_or_after"]
_MOST = 100


@dataclass(frozen=True)
class Cell:
    """Persons of a cohort who came back; `open` while the figure may still grow because a period is not over."""

    persons: int
    share: float | None
    open: bool


@dataclass(frozen=True)
class Cohort:
    """Who began in the period that starts on `start`. The first cell is the cohort itself."""

    start: date
    size: int
    open: bool
    """The period is not over, so more may begin."""
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class RetentionResult:
    """One cohort a period, each a cell shorter than the one before."""

    cohorts: tuple[Cohort, ...]
    period: str
    kind: str
    mode: str

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        cohorts = [{**asdict(cohort), "start": cohort.start.isoformat()} for cohort in self.cohorts]
        return {"period": self.period, "kind": self.kind, "mode": self.mode, "cohorts": cohorts}


def retention(
    reader: Tables, start: Step | str, returning: Step | str, *, since: date, periods: int = 8, today: date | None = None,
    period: Period | str = "week", kind: Kind | str = "first_time", mode: Mode | str = "on",
) -> RetentionResult:  # fmt: skip
    """Retention over everybody but staff, in `periods` periods from the one that `since` lies in.

    A person belongs to the cohort of their first start ever (`first_time`), or to that of every period with a start
    (`recurring`). `today` is the last day that is over; without it every period is taken as over. Raises UsageError.
    """
    _check(period, kind, mode, periods)
    first = parse_step(start) if isinstance(start, str) else start
    back = parse_step(returning) if isinstance(returning, str) else returning
    starts = list(_starts(since, period, periods + 1))
    table = reader.arrow(_query(first, back, starts, period, kind, mode).sql("duckdb"), {})
    sizes, came = _read(table, starts)
    cohorts = [_cohort(at, starts, sizes, came, mode, today) for at in range(periods)]
    return RetentionResult(tuple(cohorts), period, kind, mode)


def first_of(today: date, periods: int, period: Period | str) -> date:
    """The day on which a table of so many periods begins whose last one is that of `today`. Raises UsageError."""
    if period not in get_args(Period):
        raise UsageError(f"a period is day, week or month, not {period!r}")
    if period == "month":
        months = today.year * 12 + today.month - periods
        return date(months // 12, months % 12 + 1, 1)
    return next(_starts(today, period, 1)) - timedelta(days=(periods - 1) * (7 if period == "week" else 1))


def _cohort(
    at: int, starts: list[date], sizes: Counter[int], came: Counter[tuple[int, int]], mode: str, today: date | None
) -> Cohort:
    size, columns = sizes[at], range(at + 1, len(starts) - 1)
    counts = [came[at, back] for back in columns]
    if mode == "on_or_after":
        counts = list(accumulate(reversed(counts)))[::-1]
    over = [today is None or starts[i + 1] - timedelta(days=1) <= today for i in range(len(starts) - 1)]
    closed = [over[-1] if mode == "on_or_after" else over[back] for back in columns]
    later = [Cell(n, n / size if size else None, not c) for n, c in zip(counts, closed, strict=True)]
    return Cohort(starts[at], size, not over[at], (Cell(size, 1.0 if size else None, not over[at]), *later))


def _query(first: Step, back: Step, starts: list[date], period: str, kind: str, mode: str) -> exp.Select:
    """Rows (cohort, returned, persons); `returned` is NULL for the cohort's size, and the last one for `on_or_after`."""
    inside = exp.and_(
        exp.GTE(this=exp.column("began"), expression=_day(starts[0])),
        exp.LT(this=exp.column("began"), expression=_day(starts[-1])),
    )
    began = _acts(first, None if kind == "first_time" else starts, period)
    if kind == "first_time":
        began = exp.select("person", "min(began) AS began").from_(began.subquery("a")).group_by("person")
    cohorts = exp.select("person", "began").distinct().from_(began.subquery("b")).where(inside)
    pairs = exp.select("c.person", "c.began", "r.began AS returned").from_("cohorts AS c")
    pairs = pairs.join("returns AS r", on="c.person = r.person AND r.began > c.began")
    if mode == "on_or_after":
        last = exp.select("person", "began", "max(returned) AS returned").from_(pairs.subquery("p"))
        pairs = last.group_by("person", "began")
    sizes = exp.select("person", "began", "CAST(NULL AS DATE) AS returned").from_("cohorts")
    union = exp.union(sizes, pairs, distinct=False).subquery("u")
    counted = (
        exp.select("began AS cohort", "returned", "count(*) AS persons").from_(union).group_by("began", "returned")
    )
    returns = exp.select("person", "began").distinct().from_(_acts(back, starts, period).subquery("a"))
    return counted.with_("cohorts", as_=cohorts).with_("returns", as_=returns)


def _acts(step: Step, within: list[date] | None, period: str) -> exp.Select:
    """(person, period in which they did the step)."""
    began = exp.cast(exp.func("date_trunc", exp.Literal.string(period), exp.column("day"), dialect="duckdb"), "date")
    query = exp.select("person_id AS person", began.as_("began")).from_("touchpoints")
    query = query.where("person_id IS NOT NULL", "person_id NOT IN (SELECT person_id FROM staff)", step.matches.copy())
    if within is None:
        return query
    return query.where(
        exp.GTE(this=exp.column("day"), expression=_day(within[0])),
        exp.LT(this=exp.column("day"), expression=_day(within[-1])),
    )


def _read(table: pa.Table, starts: list[date]) -> tuple[Counter[int], Counter[tuple[int, int]]]:
    index = {start: at for at, start in enumerate(starts)}
    sizes: Counter[int] = Counter()
    came: Counter[tuple[int, int]] = Counter()
    for row in table.to_pylist():
        if row["returned"] is None:
            sizes[index[row["cohort"]]] = row["persons"]
        else:
            came[index[row["cohort"]], index[row["returned"]]] = row["persons"]
    return sizes, came


def _starts(since: date, period: str, count: int) -> Iterator[date]:
    if period == "week":
        since -= timedelta(days=since.weekday())
    for at in range(count):
        if period == "month":
            months = since.year * 12 + since.month - 1 + at
            yield date(months // 12, months % 12 + 1, 1)
        else:
            yield since + timedelta(days=at * (7 if period == "week" else 1))


def _check(period: str, kind: str, mode: str, periods: int) -> None:
    wrong = [
        (period not in get_args(Period), f"a period is day, week or month, not {period!r}"),
        (kind not in get_args(Kind), f"retention is first_time or recurring, not {kind!r}"),
        (mode not in get_args(Mode), f"who came back is counted on or on_or_after, not {mode!r}"),
        (not 1 <= periods <= _MOST, f"a table has 1 to {_MOST} periods, not {periods}"),
    ]
    if problems := [message for bad, message in wrong if bad]:
        raise UsageError("; ".join(problems))


def _day(day: date) -> exp.Expr:
    return exp.cast(exp.Literal.string(day.isoformat()), "date")
