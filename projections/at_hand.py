"""Keeps at hand what a batch touches, so that no view searches a long history for what another has found already.

For every list of columns by which some view of the batch reads events, such as `person_id`: the units that the batch touches, their
events, and, over a long history, their rows of views that are searched often. All of it lies in temporary tables.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from projections.catalog import TOUCHPOINTS, Columns, Input, Table
from projections.copies import PLACE, Copy, copies_of_events, copies_of_views
from projections.engine import Engine


class AtHand:
    """What one batch has at hand, inside the caller's transaction. `delta_touchpoints` holds what changed in `touchpoints`, and `dirty`
    the units of the view that is computed now."""

    def __init__(self, engine: Engine, views: Sequence[Table], *, of_views: bool) -> None:
        """Nothing yet. `of_views` says whether rows of views are worth a copy, besides events."""
        self._engine = engine
        self._events = copies_of_events(views)
        self._views = copies_of_views(views) if of_views else {}
        self._touched: dict[Columns, _Touched] = {}
        self._within: dict[str, Columns] = {}
        """The views whose dirty units were all at hand, and what names those."""

    def cover(self, view: Table, changed: Collection[str]) -> None:
        """Have the dirty units at hand, of a view that reads events by what names its units; of others, see whether they are.
        `changed` are the views that have changed so far."""
        events = self._events.get(view.name)
        on = events.on if events else view.unit
        if self._reach(view, on, changed, further=events is not None):
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
        copy = self._own(view)
        return self._touched[copy.on].table(copy) if copy else None

    def follow(self, view: Table) -> None:
        """Let what is at hand of a view be what it is now; its difference lies in the table `delta_` with its name."""
        copy = self._own(view)
        if copy:
            self._touched[copy.on].follow(copy)

    def events_of(self, name: str) -> Copy | None:
        """The copy of events from which the view of this name was computed, if it was."""
        return self._events.get(name) if name in self._within else None

    def _reach(self, view: Table, on: Columns, changed: Collection[str], *, further: bool) -> bool:
        """Whether all dirty units are at hand; `further` says to fetch those that are not."""
        follows = self._follows(view, on, changed)
        touched = self._touched.get(on)
        if touched is None:
            if further:
                self._touched[on] = _Touched(self._engine, on, () if follows else view.unit)
            return further
        if follows:
            return True
        if not further:
            return self._saves(view) and not touched.find_missing(view.unit)
        if touched.find_missing(view.unit):
            touched.extend()
        return True

    def _own(self, view: Table) -> Copy | None:
        """The copy of a view's rows by its unit, where its dirty units are at hand."""
        return self._views.get((view.name, view.unit)) if self._within.get(view.name) == view.unit else None

    def _follows(self, view: Table, on: Columns, changed: Collection[str]) -> bool:
        """Whether nothing makes units dirty but changed touchpoints, and views whose own units were at hand."""
        if any(look.relation in changed for look in view.lookups):
            return False
        if any(i.relation == TOUCHPOINTS and len(i.on) > 1 for i in view.inputs):
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

    def __init__(self, engine: Engine, on: Columns, dirty: Columns) -> None:
        """The units of everything that changed in `touchpoints`, and of `dirty`, where its columns are named."""
        self._engine = engine
        self._on = on
        self._units = "_".join(("units_by", *on))
        self._copied: list[Copy] = []
        present = " AND ".join(f"{column} IS NOT NULL" for column in on)
        others = f" UNION SELECT {', '.join(dirty)} FROM dirty" if dirty else ""
        engine.run(
            f"CREATE OR REPLACE TEMP TABLE {self._units} AS "
            f"SELECT DISTINCT {', '.join(on)} FROM delta_touchpoints WHERE {present}{others}"
        )

    def find_missing(self, unit: Columns) -> int:
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
