"""How one value of an event is made from a row: a constant, a column, or a text with columns in it.

A cell that is empty makes None: there is nothing to say. A cell that cannot be understood makes a Bad, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

import msgspec

from cdp.app.file_import.chunks import Chunk
from cdp.clock import to_moment
from cdp.envelopes.amounts import fen, plain
from cdp.envelopes.segment_traits import phone
from cdp.envelopes.times import LATEST

Kind = Literal["text", "integer", "number", "boolean", "yuan", "phone", "json"]
_YES = frozenset({"true", "yes", "y", "1", "是", "有", "t"})
_NO = frozenset({"false", "no", "n", "0", "否", "无", "f"})
_UNUSABLE = (ValueError, ArithmeticError, TypeError, RecursionError, msgspec.MsgspecError)
"""What a cell may make of the functions that read it."""
_UNITS = {"seconds": 1_000_000, "milliseconds": 1_000, "microseconds": 1}


@dataclass(frozen=True, slots=True)
class Bad:
    """A value that could not be made, and why."""

    message: str


class Cell(Protocol):
    """Makes one value a row."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads."""
        ...

    def values(self, chunk: Chunk) -> list[Any]:
        """A value, None or a Bad for every row of the chunk, in order."""
        ...


@dataclass(frozen=True)
class Constant:
    """The same in every row."""

    value: Any
    columns: tuple[str, ...] = ()

    def values(self, chunk: Chunk) -> list[Any]:
        """The value, as often as there are rows."""
        return [self.value] * len(chunk.lines)


@dataclass(frozen=True)
class Column:
    """A column, read as `kind`; `translate` gives other values for the texts that stand in it."""

    name: str
    kind: Kind | None = None
    translate: Mapping[str, Any] = field(default_factory=dict)
    default: Any = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The one column."""
        return (self.name,)

    def values(self, chunk: Chunk) -> list[Any]:
        """The cells, converted."""
        convert = self._translated if self.translate else _CONVERTERS[self.kind] if self.kind else _as_it_is
        return converted(chunk.column(self.name), convert, self.name, self.default)

    def _translated(self, value: Any) -> Any:
        key = text(value) or ""
        if key in self.translate:
            return self.translate[key]
        if self.default is not None:
            return self.default
        raise ValueError(f"{key!r} is none of {', '.join(self.translate)}")


@dataclass(frozen=True)
class Template:
    """A text with columns in it: `("order-", "", "-paid")` around `("订单号",)`. One empty column makes it empty."""

    between: tuple[str, ...]
    columns: tuple[str, ...]

    def values(self, chunk: Chunk) -> list[Any]:
        """The texts."""
        parts = [converted(chunk.column(name), text, name) for name in self.columns]
        if len(parts) == 1:
            before, after = self.between
            return [before + p + after if type(p) is str else p for p in parts[0]]
        return [self._joined(row) for row in zip(*parts, strict=True)]

    def _joined(self, row: Sequence[Any]) -> Any:
        unusable = [part for part in row if part is None or isinstance(part, Bad)]
        if unusable:
            return unusable[0]
        return self.between[0] + "".join(part + after for part, after in zip(row, self.between[1:], strict=True))


@dataclass(frozen=True)
class Time:
    """A column as a moment: ISO 8601 without `format`, a number of `seconds` and the like, or a strptime pattern."""

    name: str
    zone: ZoneInfo
    format: str = "iso"

    @property
    def columns(self) -> tuple[str, ...]:
        """The one column."""
        return (self.name,)

    def values(self, chunk: Chunk) -> list[Any]:
        """Microseconds since the epoch; times without a zone are meant in `zone`."""
        typed = chunk.moments(self.name, self.zone)
        moments = typed if typed is not None else converted(chunk.column(self.name), self._moment, self.name)
        if max((m for m in moments if type(m) is int), default=0) <= LATEST:
            return moments
        late = Bad(f"column {self.name!r}: after the year 9999")
        return [late if type(m) is int and m > LATEST else m for m in moments]

    def _moment(self, value: Any) -> int:
        if isinstance(value, datetime | date):
            return self._placed(value if isinstance(value, datetime) else datetime.combine(value, time()))
        unit = _UNITS.get(self.format)
        if unit is not None:
            return int(_decimal(text(value) or "") * unit)
        written = text(value) or ""
        if self.format == "iso":
            return self._placed(datetime.fromisoformat(written))
        return self._placed(datetime.strptime(written, self.format))  # noqa: DTZ007  its zone is the mapping's

    def _placed(self, value: datetime) -> int:
        return to_moment(value if value.tzinfo is not None else value.replace(tzinfo=self.zone))


def converted(values: Sequence[Any], convert: Callable[[Any], Any], name: str, default: Any = None) -> list[Any]:
    """Every value converted, `default` for those that are empty, a Bad for those that cannot be."""
    try:
        return [default if v is None or v == "" else convert(v) for v in values]
    except _UNUSABLE:
        return [default if v is None or v == "" else _one(v, convert, name) for v in values]


def text(value: Any) -> str | None:
    """A cell as text without blanks around it; 17.0 of a column that holds numbers is "17"."""
    if type(value) is str:
        return value.strip() or None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None


def _one(value: Any, convert: Callable[[Any], Any], name: str) -> Any:
    try:
        return convert(value)
    except _UNUSABLE as error:
        return Bad(f"column {name!r}: {error}")


def _as_it_is(value: Any) -> Any:
    return plain(value) if isinstance(value, Decimal | dict | list) else value


def _integer(value: Any) -> int:
    number = value if isinstance(value, int) and not isinstance(value, bool) else _decimal(str(value).strip())
    if number != int(number):
        raise ValueError(f"{str(value)[:40]!r} is no whole number")
    return int(number)


def _decimal(written: str) -> Decimal:
    """A number of a size that numbers have; 1e999999999 would fill the memory as an integer."""
    try:
        number = Decimal(written)
    except InvalidOperation:
        raise ValueError(f"{written[:40]!r} is no number") from None
    if not number.is_finite() or number.adjusted() > 18:
        raise ValueError(f"{written[:40]!r} is out of range")
    return number


def _number(value: Any) -> float:
    return float(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = (text(value) or "").lower()
    if word not in _YES | _NO:
        raise ValueError(f"{word[:40]!r} is neither yes nor no")
    return word in _YES


def _yuan(value: Any) -> int:
    # The shortest text of a double is what was written; its binary value is not.
    return fen(value if isinstance(value, Decimal | int) else str(value))


def _phone(value: Any) -> str | None:
    return phone(text(value) or "") or None


def _json(value: Any) -> Any:
    return msgspec.json.decode(value) if isinstance(value, str) else plain(value)


_CONVERTERS: dict[Kind, Callable[[Any], Any]] = {
    "text": text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "yuan": _yuan,
    "phone": _phone,
    "json": _json,
}
KINDS: tuple[Kind, ...] = tuple(_CONVERTERS)
