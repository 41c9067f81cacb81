"""What a batch copies out of large tables once, for all views that look it up by the same columns: rows of the units it touches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from projections.catalog import TOUCHPOINTS, Columns, Input, Table, base_tables
from projections.engine import literal
from projections.search import search

_OFTEN = 3
"""What is searched so often in a batch is worth a copy."""
PLACE = "stored_row"
"""The column that says where a row of a view is stored; empty for rows that came with this batch."""


@dataclass(frozen=True)
class Copy:
    """One temporary table: what a relation has of some units, with the columns and event types that any view on it reads. A copy of a
    view's rows also has `stored_row`."""

    relation: str
    on: Columns
    columns: Columns
    types: Columns = ()

    @property
    def name(self) -> str:
        """The table that stands for the relation."""
        return "_".join((self.relation, "by", *self.on))

    def rows(self, units: str) -> str:
        """The query for the rows that belong to the units in a table, whose columns are named as `on`."""
        same = " AND ".join(f"every.{column} = {units}.{column}" for column in self.on)
        columns = ", ".join(f'"{column}"' for column in self.columns)
        if self.relation != TOUCHPOINTS:
            columns += f", rowid AS {PLACE}"
        kinds = of_types(self.types, "every.type")
        return search(columns, f"main.{self.relation}", f"SEMI JOIN {units} ON {same}", self.on, kinds)


def copies_of_events(views: Iterable[Table]) -> Mapping[str, Copy]:
    """The copy of `touchpoints` that each of these views reads instead of it, by the view's name."""
    wanted = {
        view.name: Copy(TOUCHPOINTS, source.on[0], _columns_in(view, source), source.types)
        for view in views
        for source in view.inputs
        if source.relation == TOUCHPOINTS and len(source.on) == 1
    }
    shared: dict[Columns, Copy] = {}
    for copy in wanted.values():
        shared[copy.on] = _joined(shared.get(copy.on), copy)
    return {view: shared[copy.on] for view, copy in wanted.items()}


def copies_of_views(views: Iterable[Table]) -> Mapping[tuple[str, Columns], Copy]:
    """Copies of views that are searched again and again by the same columns, by the view's name and these columns: by the view itself
    for what is stored of its unit, and by others whose unit the columns are too."""
    kept = {view.name: view for view in views}
    searches: dict[tuple[str, Columns], list[Table]] = {}
    for view in kept.values():
        read = [i.relation for i in view.inputs if i.relation in kept and i.on == (view.unit,)]
        for name in (view.name, *read):
            searches.setdefault((name, view.unit), []).append(view)
    return {
        (name, on): Copy(name, on, _columns_of(kept[name], on, readers))
        for (name, on), readers in searches.items()
        if len(readers) >= _OFTEN
    }


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
    return Copy(one.relation, one.on, tuple(dict.fromkeys((*one.columns, *other.columns))), types)


def _columns_in(view: Table, source: Input) -> Columns:
    """The columns of `touchpoints` whose names occur in the view's text, and those that restrict it."""
    words = view.words | {*source.on[0], "type"}
    return tuple(column.name for column in base_tables()[0].columns if column.name in words)


def _columns_of(view: Table, on: Columns, readers: Iterable[Table]) -> Columns:
    """The columns of a view whose names occur in the readers' texts; all of them where it reads its own rows."""
    words = set(on).union(*(reader.words for reader in readers))
    return tuple(column.name for column in view.columns if column.name in words or view.unit == on)
