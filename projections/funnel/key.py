"""The one number by which a person's events are ordered: time, then position.

It is as narrow as the events at hand allow: times in milliseconds where all of them are whole ones, counted from the
first, and positions counted from the smallest, fit into 64 bits for years of a shop; where they do not, 128 bits do.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

_BITS = 63


@dataclass(frozen=True)
class Key:
    """How keys are made. Events with a position beyond `last` are not to be looked at.

    In statements its numbers are parameters, so that one statement serves all keys of a shape.
    """

    origin: int = 0
    unit: int = 1
    """Microseconds that a step of time stands for; every time is a multiple of it."""
    first: int = 0
    span: int = 1 << 40
    """More than the largest position, counted from `first`."""
    wide: bool = True
    last: int | None = None

    def shape(self) -> Key:
        """A key that makes the same statements; its numbers mean nothing."""
        return Key(unit=self.unit, wide=self.wide, last=None if self.last is None else 0)

    def values(self, window: int) -> dict[str, int | None]:
        """The parameters of the statements that speak of this key."""
        units = window // self.unit + 1
        return {"origin": self.origin, "first": self.first, "span": self.span, "last": self.last, "units": units}

    def of_event(self) -> exp.Expr:
        """The key of a row of `touchpoints`."""
        micros = exp.func("epoch_us", exp.column("occurred_at"))
        time = _int_div(exp.paren(exp.Sub(this=micros, expression=number("origin"))), self.unit)
        position = exp.paren(exp.Sub(this=exp.column("position"), expression=number("first")))
        return exp.Add(this=exp.Mul(this=self._sized(time), expression=number("span")), expression=position)

    def deadline(self, key: exp.Expr) -> exp.Expr:
        """The last key inside the window of a start: any position at the last moment."""
        after = exp.Add(this=exp.IntDiv(this=key, expression=number("span")), expression=number("units"))
        ends = exp.Mul(this=self._sized(exp.paren(after)), expression=number("span"))
        return exp.Sub(this=ends, expression=exp.Literal.number(1))

    def moment(self, key: exp.Expr) -> exp.Expr:
        """The time of a key, in microseconds."""
        time = exp.cast(exp.IntDiv(this=key, expression=number("span")), "bigint")
        scaled = exp.Mul(this=time, expression=exp.Literal.number(self.unit)) if self.unit > 1 else time
        return exp.Add(this=scaled, expression=number("origin"))

    def _sized(self, value: exp.Expr) -> exp.Expr:
        return exp.cast(value, "hugeint") if self.wide else value


WIDE = Key()


def number(name: str) -> exp.Expr:
    """A parameter that is a whole number."""
    return exp.cast(exp.Placeholder(this=name), "bigint")


def extent(inside: exp.Select) -> exp.Select:
    """What `narrow` has to know about the events `inside` selects: the same select, with other columns."""
    micros = exp.func("epoch_us", exp.column("occurred_at"))
    whole = exp.EQ(
        this=exp.Mod(this=micros.copy(), expression=exp.Literal.number(1000)), expression=exp.Literal.number(0)
    )
    return inside.select(
        exp.Min(this=micros.copy()).as_("since"),
        exp.Max(this=micros.copy()).as_("until"),
        exp.Min(this=exp.column("position")).as_("first"),
        exp.Max(this=exp.column("position")).as_("last"),
        exp.func("bool_and", whole).as_("whole"),
        append=False,
    )


def narrow(since: int, until: int, first: int, last: int, whole: bool, window: int) -> Key:
    """The narrowest key for events between these times and positions, all of them whole milliseconds or not."""
    unit = 1000 if whole else 1
    origin, span = since - since % unit, last - first + 1
    longest = (until - origin) // unit + window // unit + 2
    wide = (longest * span).bit_length() > _BITS
    return Key(origin, unit, first, span, wide, last)


def _int_div(value: exp.Expr, by: int) -> exp.Expr:
    return exp.IntDiv(this=value, expression=exp.Literal.number(by)) if by > 1 else value
