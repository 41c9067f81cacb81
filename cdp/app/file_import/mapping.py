"""The mapping file: how a row of a foreign file becomes an event. All its mistakes are reported at once, with the line.

source: youzan-export
id: {format: "{订单号}-paid"}
type: order.paid
occurred_at: {column: 支付时间, format: "%Y-%m-%d %H:%M:%S", zone: Asia/Shanghai}
who:
  - {type: phone, value: {column: 手机号}}
data:
  amount_fen: {column: 实付金额, as: yuan}
context:
  order: {column: 订单号}
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, get_args

from cdp.app.file_import.cells import Bad, Cell, Column, Constant
from cdp.app.file_import.chunks import Chunk, Csv
from cdp.app.file_import.fields import data_cells
from cdp.app.file_import.reading import Words, cell, time_cell
from cdp.conditions.source import Source, read_source, suggestion
from cdp.conditions.vocabulary import unknown_type
from cdp.errors import DefinitionError, Rejected
from cdp.events.catalog import CATALOG
from cdp.events.touchpoint import CONTEXT_KEYS, Identifier, Role, Touchpoint
from cdp.ids import derive

_ROLES: tuple[Role, ...] = get_args(Role)
_WORDS = ("source", "id", "type", "occurred_at", "who", "data", "context", "csv")


@dataclass(frozen=True)
class _Somebody:
    type: str
    scope: str
    role: Role
    value: Cell


@dataclass(frozen=True)
class RowMapping:
    """Makes touchpoints of rows. Pure: the same row always gives the same event, or the same failure."""

    digest: str
    source: str
    id: Cell
    type: Cell
    occurred_at: Cell
    who: tuple[_Somebody, ...]
    data: tuple[tuple[tuple[str, ...], Cell], ...]
    """Path inside `data` -> value."""
    context: tuple[tuple[str, Cell], ...]
    csv: Csv

    def touchpoints(self, chunk: Chunk, source: str, *, historical: bool) -> list[Touchpoint | Rejected]:
        """The event of every row, or what is wrong with the row and where in the event."""
        ids, types, times = (made.values(chunk) for made in (self.id, self.type, self.occurred_at))
        who = [s.value.values(chunk) for s in self.who]
        data = [made.values(chunk) for _, made in self.data]
        context = [made.values(chunk) for _, made in self.context]
        wrong = {place: Rejected("mapping", message) for place, message in chunk.broken.items()}
        for path, values, needed in self._placed(ids, types, times, who, data, context):
            _find_wrong(wrong, path, values, needed)
        count = len(chunk.lines)
        everybody = zip(*who, strict=True) if who else repeat((), count)
        details = zip(*data, strict=True) if data else repeat((), count)
        around = zip(*context, strict=True) if context else repeat((), count)
        rows = zip(ids, types, times, everybody, details, around, strict=True)
        return [wrong[n] if n in wrong else self._touchpoint(row, source, historical) for n, row in enumerate(rows)]

    def _touchpoint(self, row: tuple[Any, ...], source: str, historical: bool) -> Touchpoint:
        id, kind, time, who, data, context = row
        return Touchpoint(
            id=id, source=self.source or source, type=kind, occurred_at=time,
            who=tuple([
                Identifier(type=s.type, value=value, scope=s.scope, role=s.role)
                for s, value in zip(self.who, who, strict=True) if value
            ]),
            data=self._data(data),
            context={key: value for (key, _), value in zip(self.context, context, strict=True) if value},
            historical=historical, mapping=self.digest,
        )  # fmt: skip

    def _data(self, values: tuple[Any, ...]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for (path, _), value in zip(self.data, values, strict=True):
            if value is not None:
                inside = made
                for key in path[:-1]:
                    inside = inside.setdefault(key, {})
                inside[path[-1]] = value
        return made

    def missing_columns(self, columns: Collection[str]) -> Iterator[tuple[str, str]]:
        """Columns that the mapping reads and the file does not have, each with the words to say about it."""
        everything = [self.id, self.type, self.occurred_at, *(s.value for s in self.who)]
        everything += [made for _, made in (*self.data, *self.context)]
        for name in dict.fromkeys(name for made in everything for name in made.columns):
            if name not in columns:
                yield name, f"the file has no column {name!r}{suggestion(name, columns)}"

    def _placed(
        self, ids: list[Any], types: list[Any], times: list[Any], who: list[Any], data: list[Any], context: list[Any]
    ) -> Iterator[tuple[str, list[Any], bool]]:
        """Every list of values with its path in the event, and whether the event needs it."""
        yield from (("$.id", ids, True), ("$.type", types, True), ("$.occurred_at", times, True))
        yield from ((f"$.who[{n}].value", values, False) for n, values in enumerate(who))
        for (path, _), values in zip(self.data, data, strict=True):
            yield f"$.data.{'.'.join(path)}", values, False
        for (key, _), values in zip(self.context, context, strict=True):
            yield f"$.context.{key}", values, False


def read_mapping(file: str, text: str, timezone: str) -> RowMapping:
    """The mapping in `text`. `timezone` is for times that name no zone. Raises DefinitionError with every mistake."""
    root = read_source(file, text)
    fields = root.mapping(_WORDS, required=("id", "type", "occurred_at")) if root.is_mapping() else {}
    if not root.problems and not fields:
        root.wrong("a mapping file says at least id, type and occurred_at")
    kind = cell(fields["type"], Words.TEXT) if "type" in fields else None
    _check_type(fields.get("type"), kind)
    source = fields["source"].text() if "source" in fields else ""
    made = {
        "id": cell(fields["id"], Words.TEXT) if "id" in fields else None,
        "occurred_at": time_cell(fields["occurred_at"], timezone) if "occurred_at" in fields else None,
    }
    who = tuple(_somebody(part) for part in fields["who"].items()) if "who" in fields else ()
    data = data_cells(fields["data"], kind) if "data" in fields else ()
    context = tuple(_context(fields["context"])) if "context" in fields else ()
    form = _csv(fields["csv"]) if "csv" in fields else Csv()
    if root.problems:
        raise DefinitionError(
            f"{file} has {len(root.problems)} mistake(s)", sorted(root.problems, key=lambda p: p.line)
        )
    id_cell, time = made["id"], made["occurred_at"]
    assert id_cell is not None
    assert time is not None
    assert kind is not None
    named = tuple(s for s in who if s is not None)
    digest = f"map/{derive(text)[:12]}"
    return RowMapping(digest, source or "", id_cell, kind, time, named, data, context, form)


def _check_type(part: Source | None, kind: Cell | None) -> None:
    match kind:
        case Constant(value):
            names = [str(value)]
        case Column(translate=translate, default=default):
            names = [str(v) for v in (*translate.values(), default) if v is not None]
        case _:
            return
    for name in names:
        message = unknown_type(name)
        if not message and name in CATALOG and CATALOG[name].internal:
            message = f"{name} is written by the system alone"
        if message and part is not None:
            part.wrong(message)


def _somebody(part: Source) -> _Somebody | None:
    fields = part.mapping(("type", "scope", "role", "value"), required=("type", "value"))
    if not {"type", "value"} <= fields.keys():
        return None
    kind, value = fields["type"].text(), cell(fields["value"], Words.TEXT)
    scope = fields["scope"].text() if "scope" in fields else ""
    role = fields["role"].one_of(_ROLES) if "role" in fields else "actor"
    if kind is None or value is None or scope is None or role is None:
        return None
    return _Somebody(kind, scope, next(r for r in _ROLES if r == role), value)


def _context(part: Source) -> Iterator[tuple[str, Cell]]:
    for key, value in part.mapping(CONTEXT_KEYS).items():
        made = cell(value, Words.TEXT)
        if made is not None:
            yield key, made


def _csv(part: Source) -> Csv:
    fields = part.mapping(("encoding", "delimiter"))
    encoding = fields["encoding"].text() if "encoding" in fields else None
    delimiter = fields["delimiter"].value if "delimiter" in fields else ","
    if not isinstance(delimiter, str) or len(delimiter) != 1:
        fields["delimiter"].wrong("expected one character")
        delimiter = ","
    if encoding is not None:
        try:
            "".encode(encoding)
        except LookupError:
            fields["encoding"].wrong(f"no encoding is called {encoding!r}")
    return Csv(encoding or Csv.encoding, delimiter)


def _find_wrong(wrong: dict[int, Rejected], path: str, values: Sequence[Any], needed: bool) -> None:
    if Bad not in map(type, values) and not (needed and None in values):
        return  # nearly always, and then no row is looked at one by one
    for place, value in enumerate(values):
        if type(value) is Bad:
            wrong.setdefault(place, Rejected("mapping", value.message, path))
        elif needed and value is None:
            wrong.setdefault(place, Rejected("mapping", "the cell is empty", path))
