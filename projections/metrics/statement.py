"""The statement that computes a metric: its own text, over the stretches of days and by the dimension that were asked.

Nothing of what a caller says becomes part of the text. Days are parameters; a dimension is looked up by its name, and its
expression, parsed once, is put in the place that the text keeps for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from textwrap import indent

import sqlglot
from sqlglot import exp

from projections.metrics.registry import Dimension, Metric, Unit
from projections.periods import Period

_DIALECT = "duckdb"
_SLICE = "slice"
_IN = "    "

# A day that has not begun yet is no day on which nothing happened.
_FRAME = """\
WITH periods AS (
    SELECT 0 AS period, CAST($since AS DATE) AS since, CAST($until AS DATE) AS until
),

days AS (
    SELECT period, CAST(UNNEST(GENERATE_SERIES(since, LEAST(until, last_day), INTERVAL 1 DAY)) AS DATE) AS day
    FROM periods
    CROSS JOIN (SELECT MAX(day) AS last_day FROM touchpoints) AS known
),

{relations}figures AS (
{figures}
)

SELECT periods.period, figures.slice, {columns}
FROM periods
LEFT JOIN figures ON figures.period = periods.period"""
_WHOLE: dict[Unit, str] = {"persons": "BIGINT", "count": "BIGINT", "fen": "BIGINT"}


def text(metric: Metric) -> str:
    """The statement over one stretch of days, from `$since` to `$until`, for people to read and run.

    One row, with the columns `period`, `slice`, `value`, and for a ratio `numerator` and `denominator`. A ratio whose
    denominator is empty is NULL.
    """
    shared = "".join(f"{relation.name} AS (\n{indent(relation.sql, _IN)}\n),\n\n" for relation in metric.relations())
    return _FRAME.format(relations=shared, figures=indent(metric.sql, _IN), columns=", ".join(_columns(metric)))


@lru_cache(maxsize=512)
def statement(metric: Metric, dimension: str | None, periods: int) -> str:
    """The same over so many periods, with the parameters that `parameters` gives: one row a period, counted from 0, and by
    a dimension one for each of its values in each period that has any."""
    query = sqlglot.parse_one(text(metric), dialect=_DIALECT, into=exp.Select)
    _slice(query, metric.dimension(dimension) if dimension else None)
    query.ctes[0].set("this", _periods(periods))
    if dimension:
        query.args["joins"][0].set("side", None)
    return query.sql(_DIALECT)


def parameters(periods: Sequence[Period]) -> dict[str, object]:
    """The parameters of a statement over these periods."""
    return {name: day for n, p in enumerate(periods) for name, day in ((f"since{n}", p.since), (f"until{n}", p.until))}


def columns_of(select: exp.Select) -> Iterator[exp.Column]:
    """The columns that a SELECT names itself, not those of the queries inside it."""
    return (column for column in select.find_all(exp.Column) if column.parent_select is select)


def _columns(metric: Metric) -> Iterator[str]:
    whole = _WHOLE.get(metric.unit)
    if not metric.is_ratio:
        value = "figures.value" if metric.empty is None else f"COALESCE(figures.value, {metric.empty})"
        yield f"CAST({value} AS {whole or 'DOUBLE'}) AS value"
        return
    for part in ("numerator", "denominator"):
        yield f"CAST(figures.{part} AS BIGINT) AS {part}"
    value = "CAST(figures.numerator AS DOUBLE) / NULLIF(figures.denominator, 0)"
    yield f"CAST(ROUND({value}) AS {whole}) AS value" if whole else f"{value} AS value"


def _slice(query: exp.Select, dimension: Dimension | None) -> None:
    """Put the dimension where the text keeps a place for it, and leave out what only other dimensions would need."""
    for alias in list(query.find_all(exp.Alias)):
        if alias.alias == _SLICE and isinstance(alias.this, exp.Null):
            by = sqlglot.parse_one(dimension.sql, dialect=_DIALECT) if dimension else exp.null()
            alias.set("this", exp.cast(by, "varchar"))
    for select in query.find_all(exp.Select):
        for join in list(select.args.get("joins") or ()):
            if join.side == "LEFT" and not _is_used(select, join):
                select.args["joins"].remove(join)


def _is_used(select: exp.Select, join: exp.Join) -> bool:
    """Whether any column of a joined relation is named outside of the condition that joins it."""
    within = set(map(id, join.find_all(exp.Column)))
    return any(column.table == join.alias_or_name and id(column) not in within for column in columns_of(select))


def _periods(number: int) -> exp.Select:
    rows = [
        exp.Tuple(expressions=[exp.Literal.number(n), *(_day(f"{end}{n}") for end in ("since", "until"))])
        for n in range(number)
    ]
    names = list(map(exp.to_identifier, ("period", "since", "until")))
    asked = exp.Values(expressions=rows, alias=exp.TableAlias(this=exp.to_identifier("asked"), columns=names))
    return exp.select("period", "since", "until").from_(asked)


def _day(name: str) -> exp.Expr:
    return exp.cast(exp.Placeholder(this=name), "date")
