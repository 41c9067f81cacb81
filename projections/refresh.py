"""Recomputes, in every view, the units that a batch touched, and nothing else.

For each view: which units are dirty follows from the rows that changed in its inputs, as they were and as they are. The
view's own SELECT then runs with its inputs shadowed by relations that hold only those units' rows. What comes out is
compared with what is stored; only rows that differ are written, and only they make the next views' units dirty.

What several views look up by the same columns is copied out once, so that the cost of a batch follows the units' events and
hardly the length of history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdp.errors import CdpError, ProjectionFailed
from projections.at_hand import AtHand
from projections.catalog import TOUCHPOINTS, Columns, Input, Lookup, Table
from projections.copies import PLACE, matches, of_types
from projections.engine import Engine
from projections.schema import fill
from projections.search import search

_FEW = 1_000
"""Up to so many changed rows, a unit may be named once for each of them: to name it once would cost more than it saves."""


class Refresh:
    """One pass over all views, inside the caller's transaction. `delta_touchpoints` holds what changed there."""

    def __init__(
        self, engine: Engine, views: Sequence[Table], position: int, types: Mapping[str, int], *, long: bool = False
    ) -> None:
        """`views` in order, of which those are computed that are kept; `types` are the event types among the changed touchpoints,
        and how many of each there are; `long` says that a view may have many rows."""
        self._engine = engine
        self._views = [view for view in views if not view.on_reading]
        self._position = position
        self._types = types
        self._changed: dict[str, int] = {}
        """The views that were computed with a difference, and how many rows it has."""
        self._read = {relation for view in self._views for relation in view.depends_on()}
        """What any of the views reads."""
        self._at_hand = AtHand(engine, self._views, of_views=long)

    def units(self) -> None:
        """Compute the units that were touched. Raises ProjectionFailed naming the first view that could not be computed."""
        for view in self._views:
            try:
                if self._concerned(view) and self._find_dirty(view) and (differing := self._replace(view)):
                    self._changed[view.name] = differing
            except CdpError as error:
                raise ProjectionFailed(view.name, self._position, str(error)) from error

    def whole(self) -> None:
        """Compute the views from everything there is. Raises ProjectionFailed like `units`."""
        for view in self._views:
            try:
                fill(self._engine, view)
            except CdpError as error:
                raise ProjectionFailed(view.name, self._position, str(error)) from error

    def _concerned(self, view: Table) -> bool:
        """Whether anything that the view reads changed at all; costs no statement."""
        if any(relation in self._changed for relation in view.depends_on()):
            return True
        return any(i.relation == TOUCHPOINTS and self._of_types(i.types) for i in view.inputs)

    def _of_types(self, types: Columns) -> int:
        """How many touchpoints changed of these types; of any, if none is named."""
        return sum(n for said, n in self._types.items() if not types or any(matches(said, wanted) for wanted in types))

    def _find_dirty(self, view: Table) -> int:
        """Fill the temporary table `dirty` with the units to compute anew; answers 0 if there are none. A unit may stand there more
        than once."""
        sources = [s for i in view.inputs if self._moved(i.relation) for s in _units_of(view, i)]
        sources += [s for look in view.lookups if look.relation in self._changed for s in self._led_to(view, look)]
        if not sources:
            return 0
        present = " AND ".join(f"{column} IS NOT NULL" for column in view.unit)
        once = "" if self._few(view) else "DISTINCT "
        return self._engine.run(
            f"CREATE OR REPLACE TEMP TABLE dirty AS SELECT {once}{_list(view.unit)} "
            f"FROM ({' UNION ALL '.join(sources)}) AS touched WHERE {present}"
        )

    def _few(self, view: Table) -> bool:
        """Whether few changed rows name the view's units; how many a lookup leads to is not known."""
        named = sum(
            len(i.on) * (self._of_types(i.types) if i.relation == TOUCHPOINTS else self._changed.get(i.relation, 0))
            for i in view.inputs
        )
        return named <= _FEW and not any(look.relation in self._changed for look in view.lookups)

    def _led_to(self, view: Table, look: Lookup) -> list[str]:
        """Queries for the units to which changed rows of a lookup matter."""
        via = view.input(look.via)
        same = " AND ".join(f"via.{c} IS NOT DISTINCT FROM changed.{c}" for c in look.on)
        if look.before:
            same += f" AND changed.{look.before[0]} < via.{look.before[1]}"
        return [
            f"SELECT {_renamed(on, view.unit, 'via.')} FROM {self._searched(look, via)} AS via "
            f"SEMI JOIN delta_{look.relation} AS changed ON {same} WHERE {_types(via, 'via.')}"
            for on in via.on
        ]

    def _searched(self, look: Lookup, via: Input) -> str:
        """Where to search for what changed rows of a lookup matter to: in its own copy of events, if all of it is there."""
        copy = self._at_hand.events_of(look.relation)
        needed = {"type", *look.on, *look.before[1:], *(column for on in via.on for column in on)}
        if (
            via.relation == TOUCHPOINTS
            and copy
            and not copy.types
            and {*copy.on} <= {*look.on}
            and needed <= {*copy.columns}
        ):
            return copy.name
        return f"main.{via.relation}"

    def _moved(self, relation: str) -> bool:
        return relation == TOUCHPOINTS or relation in self._changed

    def _replace(self, view: Table) -> int:
        """Compute the dirty units, write the rows that differ; answers how many there were that another view may read.

        A row that is both stored and fresh weighs nothing, so what is left over has gone or come.
        """
        self._at_hand.cover(view, self._changed)
        if view.name not in self._read and {*view.key} <= {*view.unit}:
            # A row a unit, and nobody asks which of them differ: to find out would cost more than to write them all.
            self._exchange(view)
            return 0
        columns = ", ".join(f'"{column.name}"' for column in view.columns)
        differing = self._engine.run(
            f"CREATE OR REPLACE TEMP TABLE delta_{view.name} AS "
            f"SELECT {columns}, SUM(weight) > 0 AS is_fresh, MAX({PLACE}) AS {PLACE} "
            f"FROM (SELECT *, 1 AS weight, NULL AS {PLACE} FROM ({self._restricted(view)}) AS fresh UNION ALL {self._stored(view)}) "
            f"AS both_sides GROUP BY {columns} HAVING SUM(weight) <> 0"
        )
        if differing:
            self._write(view, differing)
            self._at_hand.follow(view)
        return differing

    def _stored(self, view: Table) -> str:
        dirty = _semi_join("every", view.unit, view.unit)
        kept = self._at_hand.stored(view)
        if kept:
            return f"SELECT * EXCLUDE ({PLACE}), -1 AS weight, {PLACE} FROM {kept} AS every {dirty}"
        return search(f"*, -1 AS weight, rowid AS {PLACE}", f"main.{view.name}", dirty, view.unit)

    def _exchange(self, view: Table) -> None:
        same = _same("stored", view.unit, "dirty", view.unit)
        self._engine.run(f"DELETE FROM main.{view.name} AS stored USING dirty WHERE {same}")
        self._engine.run(f"INSERT INTO main.{view.name} BY NAME {self._restricted(view)}")

    def _write(self, view: Table, differing: int) -> None:
        delta = f"delta_{view.name}"
        come = self._engine.run(
            f"INSERT INTO main.{view.name} BY NAME SELECT * EXCLUDE (is_fresh, {PLACE}) FROM {delta} WHERE is_fresh"
        )
        if come < differing:
            self._engine.run(
                f"DELETE FROM main.{view.name} AS stored USING {delta} WHERE NOT is_fresh AND stored.rowid = {delta}.{PLACE}"
            )

    def _restricted(self, view: Table) -> str:
        """The view's SELECT over the dirty units alone."""
        shadows = ",\n".join(f"{i.relation} AS ({self._shadow(view, i)})" for i in view.inputs)
        # A row that an input's other column brought in may belong to a unit that is not dirty, and is not whole then.
        only = _semi_join("computed", view.unit, view.unit) if any(len(i.on) > 1 for i in view.inputs) else ""
        return f"WITH {shadows}\nSELECT * FROM (\n{view.sql}\n) AS computed {only}"

    def _shadow(self, view: Table, source: Input) -> str:
        table = self._at_hand.rows(view, source)
        if table:
            columns = "*" if source.relation == TOUCHPOINTS else f"* EXCLUDE ({PLACE})"
            join = _semi_join("every", source.on[0], view.unit)
            return f"SELECT {columns} FROM {table} AS every {join} WHERE {_types(source, 'every.')}"
        # Several columns may name a unit; each is searched by itself, since that needs no full scan, and no row comes twice.
        found = []
        for number, on in enumerate(source.on):
            join = _semi_join("every", on, view.unit) + "".join(
                f" ANTI JOIN dirty AS by_{n} ON {_same('every', earlier, f'by_{n}', view.unit)}"
                for n, earlier in enumerate(source.on[:number])
            )
            found.append(search("*", f"main.{source.relation}", join, on, _types(source, "every.")))
        return " UNION ALL ".join(found)


def _units_of(view: Table, source: Input) -> list[str]:
    """Queries for the units named by the changed rows of an input."""
    return [f"SELECT {_renamed(on, view.unit)} FROM delta_{source.relation} WHERE {_types(source)}" for on in source.on]


def _semi_join(alias: str, columns: Columns, unit: Columns) -> str:
    return f"SEMI JOIN dirty ON {_same(alias, columns, 'dirty', unit)}"


def _same(alias: str, columns: Columns, dirty: str, unit: Columns) -> str:
    return " AND ".join(f"{alias}.{c} = {dirty}.{u}" for c, u in zip(columns, unit, strict=True))


def _types(source: Input, prefix: str = "") -> str:
    return of_types(source.types, f"{prefix}type") if source.relation == TOUCHPOINTS else "TRUE"


def _renamed(columns: Columns, unit: Columns, prefix: str = "") -> str:
    return ", ".join(f"{prefix}{c} AS {u}" for c, u in zip(columns, unit, strict=True))


def _list(columns: Columns) -> str:
    return ", ".join(columns)
