"""The events of the units a batch touches, copied out of `touchpoints` once for all views that are keyed alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from projections.catalog import TOUCHPOINTS, Columns, Input, Table, base_tables
from projections.engine import literal
from projections.search import search


@dataclass(frozen=True)
class Copy:
    """One temporary table: the events of some units, with the columns and types that any view on it reads."""

    on: Columns
    columns: Columns
    types: Columns

    @property
    def name(self) -> str:
        """The table that stands for `touchpoints`; `units_of_` it lists the units whose events are in it."""
        return "_".join(("touchpoints_by", *self.on))

    def begin(self, *, complete: bool) -> Iterator[str]:
        """Statements that start the copy with the units of everything that changed in `touchpoints`; where these are not `complete`,
        with those in `dirty` too."""
        present = " AND ".join(f"{column} IS NOT NULL" for column in self.on)
        others = "" if complete else f" UNION SELECT {_list(self.on)} FROM dirty"
        yield (
            f"CREATE OR REPLACE TEMP TABLE units_of_{self.name} AS "
            f"SELECT DISTINCT {_list(self.on)} FROM delta_touchpoints WHERE {present}{others}"
        )
        yield f"CREATE OR REPLACE TEMP TABLE {self.name} AS {self._events(f'units_of_{self.name}')}"

    def missing(self) -> str:
        """A statement that leaves those of the units in `dirty` in `missing` that are not in the copy yet."""
        same = " AND ".join(f"known.{column} = dirty.{column}" for column in self.on)
        return f"CREATE OR REPLACE TEMP TABLE missing AS SELECT dirty.* FROM dirty ANTI JOIN units_of_{self.name} AS known ON {same}"

    def extend(self) -> Iterator[str]:
        """Statements that add the events of the units in `missing`."""
        yield f"INSERT INTO {self.name} {self._events('missing')}"
        yield f"INSERT INTO units_of_{self.name} SELECT {_list(self.on)} FROM missing"

    def _events(self, units: str) -> str:
        same = " AND ".join(f"every.{column} = {units}.{column}" for column in self.on)
        kinds = of_types(self.types, "every.type")
        return search(_list(self.columns), "main.touchpoints", f"SEMI JOIN {units} ON {same}", self.on, kinds)


def copies(views: Iterable[Table]) -> Mapping[str, Copy]:
    """The copy that each of these views reads instead of `touchpoints`, by the view's name."""
    wanted = {
        view.name: Copy(source.on[0], _columns_in(view, source), source.types)
        for view in views
        for source in view.inputs
        if source.relation == TOUCHPOINTS and len(source.on) == 1
    }
    shared: dict[str, Copy] = {}
    for copy in wanted.values():
        shared[copy.name] = _joined(shared.get(copy.name), copy)
    return {view: shared[copy.name] for view, copy in wanted.items()}


def matches(event_type: str, pattern: str) -> bool:
    """Whether an event type is the pattern, or starts with what stands before its `*`."""
    return event_type.startswith(pattern[:-1]) if pattern.endswith("*") else event_type == pattern


def of_types(types: Columns, column: str = "type") -> str:
    """The condition that an event is of one of these types; TRUE for none named."""
    if not types:
        return "TRUE"
    exact = ", ".join(literal(t) for t in types if not t.endswith("*"))
    parts = [f"{column} IN ({exact})"] if exact else []
    parts += [f"starts_with({column}, {literal(t[:-1])})" for t in types if t.endswith("*")]
    return "(" + " OR ".join(parts) + ")"


def _joined(one: Copy | None, other: Copy) -> Copy:
    if one is None:
        return other
    types = tuple(dict.fromkeys((*one.types, *other.types))) if one.types and other.types else ()
    return Copy(one.on, tuple(dict.fromkeys((*one.columns, *other.columns))), types)


def _columns_in(view: Table, source: Input) -> Columns:
    """The columns of `touchpoints` whose names occur in the view's text, and those that restrict it."""
    words = set(re.findall(r"\w+", view.sql)) | set(source.on[0]) | {"type"}
    return tuple(column.name for column in base_tables()[0].columns if column.name in words)


def _list(columns: Columns) -> str:
    return ", ".join(columns)
