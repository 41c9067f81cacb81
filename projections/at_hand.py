"""Keeps at hand what a batch touches, so that no view searches a long history for what another has found already.

For every list of columns that names units, such as `person_id`: the units that the batch touches, their events, and, over a long
history, their rows of views that several others read. All of it lies in temporary tables.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from projections.catalog import TOUCHPOINTS, Columns, Input, Table
from projections.copies import PLACE, Copy, copies_of_events, copies_of_views
from projections.engine import Engine


class AtHand:
    """What one batch has at hand, inside the caller's transaction. `delta_touchpoints` holds what changed there, and `dirty` the
    units of the view that is computed now."""

    def __init__(self, engine: Engine, views: Sequence[Table], *, of_views: bool) -> None:
        """Nothing yet. `of_views` says whether rows of views are worth a copy, besides events."""
        self._engine = engine
        self._events = copies_of_events(views)
        self._views = copies_of_views(views) if of_views else {}
        self._touched: dict[Columns, _Touched] = {}
        self._within: dict[str, Columns] = {}
        """The views whose dirty units were all at hand, and what names those."""

    def cover(self, view: Table, changed: Collection[str]) -> None:
        """Have the dirty units at hand, of a view that reads events by its unit; of others, see whether they are. `changed` are the
        views that have changed so far."""
        events = self._events.get(view.name)
        on = events.on if events else view.unit
        touched = self._touched.get(on)
        if touched is None and events is None:
            return
        follows = self._follows(view, on, changed)
        if touched is None:
            touched = self._touched[on] = _Touched(self._engine, on)
            touched.begin(() if follows else view.unit)
        elif not follows:
            if events is None and not self._saves(view):
                return
            if touched.lacks(view.unit):
                if events is None:
                    return
                touched.extend()
        self._within[view.name] = on

    def rows(self, view: Table, source: Input) -> str | None:
        """The table that has an input's rows of all dirty units, and of others; None where the input itself has to be searched."""
        on = self._within.get(view.name)
        if on is None:
            return None
        copy = self._events.get(view.name) if source.relation == TOUCHPOINTS else self._views.get((source.relation, on))
        if copy is None or source.on != (copy.on,):
            return None
        return self._touched[on].table(copy)

    def stored(self, view: Table) -> str | None:
        """The table that has the stored rows of all dirty units, and of others; None where the view itself has to be searched."""
        on = self._within.get(view.name)
        copy = None if on is None else self._views.get((view.name, view.unit))
        return None if on is None or copy is None else self._touched[on].table(copy)

    def events(self, name: str) -> Copy | None:
        """The copy of events from which a view was computed, if it was."""
        return self._events.get(name) if name in self._within else None

    def follow(self, view: Table) -> None:
        """Let what is at hand of a view be what it is now; its difference lies in the table `delta_` with its name."""
        touched, copy = self._touched.get(view.unit), self._views.get((view.name, view.unit))
        if touched is not None and copy is not None:
            touched.follow(copy)

    def _follows(self, view: Table, on: Columns, changed: Collection[str]) -> bool:
        """Whether nothing makes units dirty but changed touchpoints, and views whose own units were at hand."""
        if any(look.relation in changed for look in view.lookups):
            return False
        return all(
            self._within.get(i.relation) == on and i.on == (view.unit,) for i in view.inputs if i.relation in changed
        )

    def _saves(self, view: Table) -> bool:
        """Whether it reads anything that may be at hand."""
        names = {view.name, *(i.relation for i in view.inputs if i.on == (view.unit,))}
        return any((name, view.unit) in self._views for name in names)


class _Touched:
    """The units that one list of columns names, and what is copied of them."""

    def __init__(self, engine: Engine, on: Columns) -> None:
        self._engine = engine
        self._on = on
        self._units = "_".join(("units_by", *on))
        self._copied: list[Copy] = []

    def begin(self, unit: Columns) -> None:
        """Start with the units of everything that changed in `touchpoints`, and with those in `dirty` where its columns are told."""
        present = " AND ".join(f"{column} IS NOT NULL" for column in self._on)
        others = f" UNION SELECT {', '.join(unit)} FROM dirty" if unit else ""
        self._engine.run(
            f"CREATE OR REPLACE TEMP TABLE {self._units} AS "
            f"SELECT DISTINCT {', '.join(self._on)} FROM delta_touchpoints WHERE {present}{others}"
        )

    def lacks(self, unit: Columns) -> int:
        """Leave those of the units in `dirty` that are not at hand in `missing`; answers how many."""
        same = " AND ".join(f"known.{column} = dirty.{named}" for column, named in zip(self._on, unit, strict=True))
        columns = ", ".join(f"{named} AS {column}" for column, named in zip(self._on, unit, strict=True))
        return self._engine.run(
            f"CREATE OR REPLACE TEMP TABLE missing AS SELECT DISTINCT {columns} FROM dirty ANTI JOIN {self._units} AS known ON {same}"
        )

    def extend(self) -> None:
        """Have the units in `missing` at hand as well."""
        for copy in self._copied:
            self._engine.run(f"INSERT INTO {copy.name} {copy.rows('missing')}")
        self._engine.run(f"INSERT INTO {self._units} SELECT {', '.join(self._on)} FROM missing")

    def table(self, copy: Copy) -> str:
        """The name of a copy, made now if it has to be."""
        if copy not in self._copied:
            self._engine.run(f"CREATE OR REPLACE TEMP TABLE {copy.name} AS {copy.rows(self._units)}")
            self._copied.append(copy)
        return copy.name

    def follow(self, copy: Copy) -> None:
        """Put the difference of the copied view into the copy, if it is made."""
        if copy not in self._copied:
            return
        delta = f"delta_{copy.relation}"
        self._engine.run(
            f"DELETE FROM {copy.name} USING {delta} WHERE NOT {delta}.is_fresh AND {copy.name}.{PLACE} = {delta}.{PLACE}"
        )
        self._engine.run(
            f"INSERT INTO {copy.name} BY NAME SELECT * EXCLUDE (is_fresh) REPLACE (NULL AS {PLACE}) FROM {delta} WHERE is_fresh"
        )
