"""What tables there are, as data: each SQL file's header says what a row is, its key, and what it depends on.

-- A row is one order.                              English, then Chinese
-- 一行是一个订单。
-- key: order_id                                    what makes a row unique
-- unit: order_id                                   what is computed anew as a whole, once anything in it changes
-- refresh: global                                  only for what depends on everybody
-- refresh: read                                    computed by whoever reads it, from tables that are kept
-- order: order_id                                  how rows that are filled in at once lie in the file, where others look for
                                                    neighbours in it
-- from: touchpoints[order.*] on order_id           an input, restricted to the units at hand
-- from: orders on placed_day | paid_day            either column may name the unit
-- lookup: staff on person_id via touchpoints       an input seen whole; a change in it makes the units dirty that
                                                    the other input leads to
-- lookup: sizes on group_id, day < day via moves   the same, where it matters only to what comes later
-- column order_id: English | 中文
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from graphlib import TopologicalSorter

from projections.header import both, read, sql_files
from projections.metrics.table import description as metrics_table

TOUCHPOINTS = "touchpoints"

Columns = tuple[str, ...]


@dataclass(frozen=True)
class Input:
    """A relation that a view reads restricted to the units at hand.

    Each of `on` is a list of its columns that stands for the unit's columns, in the unit's order. `types` are event
    types or prefixes ending in `*`; none means all.
    """

    relation: str
    on: tuple[Columns, ...]
    types: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lookup:
    """A relation that a view reads whole. `via` is the input that leads from a changed row to the units it matters to: the
    rows that have the same values in `on`, and where `before` says so, a later one in its second column than the changed
    row in its first.
    """

    relation: str
    on: Columns
    via: str
    before: Columns = ()


@dataclass(frozen=True)
class Column:
    """What a column means, in English and in Chinese."""

    name: str
    en: str
    zh: str


@dataclass(frozen=True)
class Table:
    """One table and the text that makes it. A base table has neither unit nor inputs: the log itself fills it."""

    name: str
    en: str
    zh: str
    key: Columns
    columns: tuple[Column, ...]
    sql: str
    unit: Columns = ()
    inputs: tuple[Input, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    everywhere: bool = False
    """Refreshed as a whole at the end of a day, and carrying a position of its own."""
    on_reading: bool = False
    """Never stored: computed by whoever reads it, from tables that are. It says what those say, at their positions."""
    order: Columns = ()
    """How rows that are filled in at once lie in the file; whoever asks for neighbours reads little of it."""

    def input(self, relation: str) -> Input:
        """The input from `relation`. Raises KeyError."""
        return {i.relation: i for i in self.inputs}[relation]

    def depends_on(self) -> frozenset[str]:
        """Names of all relations it reads."""
        return frozenset([i.relation for i in self.inputs] + [look.relation for look in self.lookups])

    def rows(self) -> str:
        """The query for all rows of a view, in the order in which they are filled in."""
        order = f" ORDER BY {', '.join(self.order)}" if self.order else ""
        return f"SELECT * FROM (\n{self.sql}\n) AS fresh{order}"

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of its text, among them the names of all columns that it reads."""
        return frozenset(re.findall(r"\w+", self.sql))

    @cached_property
    def digest(self) -> str:
        """Changes with every change of the file that could change a row."""
        said = repr((self.key, self.unit, self.inputs, self.lookups, self.everywhere, self.on_reading, self.sql))
        return hashlib.blake2b(said.encode(), digest_size=12).hexdigest()


@cache
def base_tables() -> tuple[Table, ...]:
    """The tables that the log fills."""
    return tuple(sorted(_tables("base"), key=lambda table: table.name != TOUCHPOINTS))


@cache
def views() -> tuple[Table, ...]:
    """The tables computed from other tables, each after everything it depends on; and the metrics, which depend on nothing."""
    return in_order([*_tables("views"), parse("metrics", metrics_table())])


def in_order(tables: Iterable[Table]) -> tuple[Table, ...]:
    """Tables sorted so that each comes after what it reads. Raises graphlib.CycleError, and ValueError for a table that is
    kept but made of one that is not: nobody would tell it what changed there.
    """
    by_name = {table.name: table for table in sorted(tables, key=lambda table: table.name)}
    unkept = {name for name, table in by_name.items() if table.on_reading}
    for table in by_name.values():
        if not table.on_reading and table.depends_on() & unkept:
            raise ValueError(
                f"{table.name}.sql reads {', '.join(sorted(table.depends_on() & unkept))}, which is not kept"
            )
    order = TopologicalSorter({name: sorted(table.depends_on()) for name, table in by_name.items()}).static_order()
    return tuple(by_name[name] for name in order if name in by_name)


def kept(names: Iterable[str]) -> frozenset[str]:
    """The tables that are kept, of those named and of those from which the named are computed on reading."""
    tables = {table.name: table for table in (*base_tables(), *views())}
    found, waiting = set[str](), list(names)
    while waiting:
        table = tables[waiting.pop()]
        if table.on_reading:
            waiting += table.depends_on()
        else:
            found.add(table.name)
    return frozenset(found)


def dependants(changed: Iterable[str], among: Iterable[Table]) -> frozenset[str]:
    """The given names and those of all views that read them, directly or not. `among` is in order."""
    found = set(changed)
    for table in among:
        if table.depends_on() & found:
            found.add(table.name)
    return frozenset(found)


def parse(name: str, text: str) -> Table:
    """The table a file describes. Raises ValueError for a header that does not say enough, and for a text that names no columns."""
    header = read(text, _FIELDS, ["column"])
    fields = header.last
    if len(header.prose) != 2 or "key" not in fields or not header.sql:
        raise ValueError(f"{name}.sql: the header needs a sentence in English, one in Chinese, and a key")
    if "from" in fields and _EVERYTHING.search(header.sql):
        # What a view reads is copied for it by the names of columns.
        raise ValueError(f"{name}.sql: name the columns instead of *")
    return Table(
        name=name,
        en=header.prose[0],
        zh=header.prose[1],
        key=_names(fields["key"]),
        columns=tuple(_column(name, column, value) for column, value in header.about("column")),
        sql=header.sql,
        unit=_names(fields.get("unit", "")),
        inputs=tuple(map(_input, header.every("from"))),
        lookups=tuple(map(_lookup, header.every("lookup"))),
        everywhere=fields.get("refresh") == "global",
        on_reading=fields.get("refresh") == "read",
        order=_names(fields.get("order", "")),
    )


_FIELDS = ("key", "unit", "order", "refresh", "from", "lookup")
_EVERYTHING = re.compile(r"(\bSELECT|\bDISTINCT|,|\w\.)\s*\*", re.IGNORECASE)
_INPUT = re.compile(r"^(?P<relation>\w+)(\[(?P<types>[^\]]+)\])?( on (?P<on>.+))?$")
_LOOKUP = re.compile(r"^(?P<relation>\w+) on (?P<on>.+) via (?P<via>\w+)$")


def _tables(folder: str) -> list[Table]:
    return [parse(name, text) for name, text in sql_files(folder)]


def _names(text: str) -> Columns:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _input(text: str) -> Input:
    match = _INPUT.match(text)
    if match is None:
        raise ValueError(f"cannot read input {text!r}")
    types = _names(match["types"] or "")
    on = tuple(_names(alternative) for alternative in (match["on"] or "").split("|") if alternative.strip())
    return Input(match["relation"], on, () if types == ("*",) else types)


def _lookup(text: str) -> Lookup:
    match = _LOOKUP.match(text)
    if match is None:
        raise ValueError(f"cannot read lookup {text!r}")
    parts = [_names(name.replace("<", ",")) for name in _names(match["on"])]
    before = [part for part in parts if len(part) > 1]
    if len(before) > 1 or any(len(part) > 2 for part in before):
        raise ValueError(f"cannot read lookup {text!r}: one column may be before one other")
    return Lookup(match["relation"], tuple(part[0] for part in parts if len(part) == 1), match["via"], *before)


def _column(table: str, name: str, value: str) -> Column:
    said = both(value)
    if said is None:
        raise ValueError(f"{table}.sql: column {name} needs English and Chinese, divided by ' | '")
    return Column(name, *said)
