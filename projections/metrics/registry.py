"""What metrics there are, as data: each SQL file says what a figure means, and computes it for any stretch of days.

-- Visitors who paid / visitors.                            the definition: English, then Chinese
-- 付过款的访客 ÷ 访客数。
-- area: mall                                               live, groups, mall or customers
-- label: Pay conversion | 支付转化率                        what people call it
-- unit: ratio                                              persons, count, seconds, fen, ratio or times
-- period: Persons count once, … | 人数去重，……               what a stretch of days means for it
-- days: 90                                                 the stretch if none is named; 7 if left out
-- better: less                                             only where less of it is better
-- target: 0.3                                              what to stay below, or to reach
-- empty: 0                                                 the figure where nothing happened; NULL if left out
-- kept: mall_days.pay_conversion by day                    a table that keeps it for each value of a dimension
-- dimension building: persons.building | Building | 楼栋    what it can be broken down by: an expression over its own rows

The statement reads the tables, two relations that stand for what was asked, `periods` (period, since, until) and `days`
(period, day), and what several metrics share: the relations of `projections/metrics/relations`. It answers `period`, `slice`, and either `value` or `numerator` and `denominator`. Wherever it says
`NULL AS slice`, the expression of a dimension takes the place of that NULL. Every left join looks something up by its key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args

from cdp.conditions.source import suggestion
from cdp.errors import NotFound
from projections.header import Header, Said, both, read, sql_files

Area = Literal["live", "groups", "mall", "customers"]
AREAS: tuple[Area, ...] = get_args(Area)
Unit = Literal["persons", "count", "seconds", "fen", "ratio", "times"]
_UNITS: tuple[Unit, ...] = get_args(Unit)
USUAL_DAYS = 7
_READ = re.compile(r"\b(?:FROM|JOIN) (\w+)\b")
_NUMERATOR = re.compile(r"\bAS numerator\b")


@dataclass(frozen=True)
class Dimension:
    """What a metric can be broken down by: `sql` is an expression over the rows of its statement."""

    name: str
    sql: str
    label: Said


@dataclass(frozen=True)
class Kept:
    """A column that holds the metric for every value of one of its dimensions, or for every day."""

    table: str
    column: str
    by: tuple[str, ...]


@dataclass(frozen=True)
class Relation:
    """Rows that the statements of several metrics read, over the same periods and days; `said` tells what a row is."""

    name: str
    said: Said
    sql: str


@dataclass(frozen=True)
class Metric:
    """One metric; its definition, its label and its SQL stand here and nowhere else."""

    name: str
    area: Area
    label: Said
    definition: Said
    unit: Unit
    period: Said
    sql: str
    dimensions: tuple[Dimension, ...] = ()
    days: int = USUAL_DAYS
    less_is_better: bool = False
    target: float | None = None
    empty: int | None = None
    kept: tuple[Kept, ...] = ()

    def relations(self) -> tuple[Relation, ...]:
        """The shared relations that its statement reads."""
        named = set(_READ.findall(self.sql))
        return tuple(relation for relation in relations() if relation.name in named)

    @property
    def is_ratio(self) -> bool:
        """Whether it is one number divided by another."""
        return _NUMERATOR.search(self.sql) is not None

    def dimension(self, name: str) -> Dimension | None:
        """The dimension of that name."""
        return next((dimension for dimension in self.dimensions if dimension.name == name), None)

    def as_dict(self) -> dict[str, Any]:
        """Everything but the SQL, as plain JSON values."""
        return {
            "metric": self.name,
            "area": self.area,
            "label": self.label._asdict(),
            "definition": self.definition._asdict(),
            "unit": self.unit,
            "period": self.period._asdict(),
            "dimensions": {dimension.name: dimension.label._asdict() for dimension in self.dimensions},
            "days": self.days,
            "less_is_better": self.less_is_better,
            "target": self.target,
        }


def metric(name: str) -> Metric:
    """The metric of that name. Raises NotFound."""
    found = metrics().get(name)
    if found is None:
        raise NotFound("metric", name, suggestion(name, list(metrics())))
    return found


@cache
def metrics() -> Mapping[str, Metric]:
    """All metrics by name, area by area."""
    found = [parse(name, text) for name, text in sql_files("metrics/definitions")]
    return {m.name: m for m in sorted(found, key=lambda m: (AREAS.index(m.area), m.name))}


@cache
def relations() -> tuple[Relation, ...]:
    """What statements share, by name. Raises ValueError for a file that does not say what a row is."""
    found = []
    for name, text in sorted(sql_files("metrics/relations")):
        header = read(text, ())
        if len(header.prose) != 2 or not header.sql:
            raise ValueError(f"{name}.sql: a relation needs a sentence in English, one in Chinese, and a statement")
        found.append(Relation(name, Said(*header.prose), header.sql))
    return tuple(found)


def kept_in(table: str, column: str) -> Metric | None:
    """The metric that a column of a table holds."""
    wanted = (table, column)
    return next((m for m in metrics().values() for kept in m.kept if (kept.table, kept.column) == wanted), None)


_FIELDS = ("area", "label", "unit", "period", "days", "better", "target", "empty", "kept")


def parse(name: str, text: str) -> Metric:
    """The metric a file defines. Raises ValueError for a file that does not say enough, or something else."""
    header = read(text, _FIELDS, ["dimension"])
    fields = header.last
    area = next((area for area in AREAS if area == fields.get("area")), None)
    unit = next((unit for unit in _UNITS if unit == fields.get("unit")), None)
    label, period = (both(fields.get(field, "")) for field in ("label", "period"))
    if len(header.prose) != 2 or not (area and unit and label and period and header.sql):
        raise ValueError(
            f"{name}.sql: a metric needs its definition in two languages, area, label, unit, period and a statement"
        )
    return Metric(
        name=name,
        area=area,
        label=label,
        definition=Said(*header.prose),
        unit=unit,
        period=period,
        sql=header.sql,
        dimensions=tuple(_dimension(name, *said) for said in header.about("dimension")),
        days=int(fields.get("days", USUAL_DAYS)),
        less_is_better=fields.get("better") == "less",
        target=float(fields["target"]) if "target" in fields else None,
        empty=int(fields["empty"]) if "empty" in fields else None,
        kept=_kept(name, header),
    )


def _dimension(metric: str, name: str, value: str) -> Dimension:
    sql, _, label = value.partition(" | ")
    said = both(label)
    if said is None:
        raise ValueError(f"{metric}.sql: dimension {name} needs an expression, English and Chinese, divided by ' | '")
    return Dimension(name, sql.strip(), said)


def _kept(metric: str, header: Header) -> tuple[Kept, ...]:
    found = []
    for value in header.every("kept"):
        place, by, dimensions = value.partition(" by ")
        table, dot, column = place.partition(".")
        if not (by and dot):
            raise ValueError(f"{metric}.sql: kept is written as TABLE.COLUMN by DIMENSION, not {value!r}")
        found.append(Kept(table, column, tuple(name.strip() for name in dimensions.split(","))))
    return tuple(found)
