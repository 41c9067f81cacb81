"""A step's condition as an expression over the columns of `touchpoints`.

Bare names are columns, `context.live` is the column behind it, `data.x` looks into the event's data and takes the type of
what it is compared with. Everything else a condition may say elsewhere means nothing here.
"""

from __future__ import annotations

from typing import Literal

from sqlglot import exp

from cdp.conditions import nodes as n
from cdp.conditions.condition import Condition
from cdp.conditions.source import suggestion
from cdp.conditions.vocabulary import Vocabulary
from cdp.errors import UsageError

COLUMNS = frozenset(
    {"source", "type", "channel", "live_id", "group_id", "campaign_id", "order_id", "product_id", "staff_id", "store_id",
     "amount_fen", "seconds", "historical"}
)  # fmt: skip
"""Columns of `touchpoints` that a condition or a breakdown may name."""
PERSON = "person."
OF_PERSONS = frozenset(f"{PERSON}{name}" for name in ("building", "channel", "lifecycle", "is_friend"))
"""What a breakdown may name of the persons themselves: columns of `people`, as they are known now."""

_TRUTH = (n.Compare, n.Both, n.Either, n.Negation, n.OneOf, n.Between, n.Like, n.Is, n.Contains)
_Kind = Literal["text", "number", "flag"]
_CAST = {"number": exp.DataType.Type.DOUBLE, "flag": exp.DataType.Type.BOOLEAN}
_COMPARE: dict[str, type[exp.Binary]] = {
    "=": exp.EQ, "<>": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE,
    "+": exp.Add, "-": exp.Sub, "*": exp.Mul,
}  # fmt: skip


def where(condition: Condition, types: tuple[str, ...]) -> exp.Expr:
    """The condition over an event of one of `types`. Raises UsageError for a word that means nothing there."""
    unknown = [r.name for r in condition.references if r.root == "trait" and r.name not in COLUMNS]
    problems = [f"there is no column {name!r}{suggestion(name, COLUMNS)}" for name in unknown]
    problems += Vocabulary(event=types, traits=[*COLUMNS, *unknown]).problems(condition)
    if problems:
        raise UsageError(f"{condition.text}: {'; '.join(problems)}")
    return _expression(condition.node, "flag")


def _expression(node: n.Node, kind: _Kind) -> exp.Expr:
    """The node; `kind` is what a field of the data is taken for."""
    match node:
        case n.Constant(value):
            return exp.convert(value)
        case n.Reference():
            return _reference(node, kind)
        case n.Compare(operator, left, right):
            return _operation(operator, left, right, _kind(left, right))
        case n.Arithmetic("/", left, right):
            divisor = exp.func("NULLIF", _expression(right, "number"), exp.Literal.number(0))
            return exp.paren(exp.Div(this=_expression(left, "number"), expression=divisor))
        case n.Arithmetic(operator, left, right):
            return _operation(operator, left, right, "number")
        case n.Negative(of):
            return exp.Neg(this=exp.paren(_expression(of, "number")))
        case n.Both(left, right):
            return exp.and_(_expression(left, "flag"), _expression(right, "flag"))
        case n.Either(left, right):
            return exp.paren(exp.or_(_expression(left, "flag"), _expression(right, "flag")))
        case n.Negation(of):
            return exp.not_(exp.paren(_expression(of, "flag")))
        case n.OneOf(value, options):
            kind = _kind(value, *options)
            return _expression(value, kind).isin(*(_expression(option, kind) for option in options))
        case n.Between(value, low, high):
            kind = _kind(value, low, high)
            return _expression(value, kind).between(_expression(low, kind), _expression(high, kind))
        case n.Like(value, pattern):
            return _expression(value, "text").like(exp.Literal.string(pattern))
        case n.Is(value, expected):
            return exp.Is(
                this=_expression(value, "text" if expected is None else "flag"), expression=exp.convert(expected)
            )
        case n.Coalesce(parts):
            kind = _kind(*parts)
            return exp.Coalesce(this=_expression(parts[0], kind), expressions=[_expression(p, kind) for p in parts[1:]])
        case n.Contains(whole, part):
            return _contains(whole, _expression(part, "text"))
        case n.HasTag():
            raise UsageError(f"{node} means nothing in a step: a step looks at one event alone")


def _operation(operator: str, left: n.Node, right: n.Node, kind: _Kind) -> exp.Expr:
    build = _COMPARE[operator]
    return exp.paren(build(this=_expression(left, kind), expression=_expression(right, kind)))


def _kind(*parts: n.Node) -> _Kind:
    for part in parts:
        match part:
            case n.Constant(bool()):
                return "flag"
            case n.Constant(int() | float()) | n.Arithmetic() | n.Negative():
                return "number"
            case n.Reference("trait", "amount_fen" | "seconds"):
                return "number"
            case n.Coalesce(inner) if (kind := _kind(*inner)) != "text":
                return kind
            case _ if isinstance(part, _TRUTH):
                return "flag"
    return "text"


def _reference(node: n.Reference, kind: _Kind) -> exp.Expr:
    if node.root == "trait":
        return exp.column(node.name)
    if node.root == "context":
        return exp.column("channel" if node.name == "channel" else f"{node.name}_id")
    if node.root != "data":
        raise UsageError(f"{node} means nothing in a step: a step looks at one event alone")
    text = _json("json_extract_string", node, "")
    return text if kind == "text" else exp.TryCast(this=text, to=exp.DataType(this=_CAST[kind]))


def _contains(whole: n.Node, part: exp.Expr) -> exp.Expr:
    if not (isinstance(whole, n.Reference) and whole.root == "data"):
        return exp.func("contains", _expression(whole, "text"), part)
    listed = exp.func("list_contains", _json("json_extract_string", whole, "[*]"), part)
    written = exp.func("contains", _json("json_extract_string", whole, ""), part.copy())
    is_list = exp.EQ(this=_json("json_type", whole, ""), expression=exp.Literal.string("ARRAY"))
    # DuckDB says of an empty list that it does not contain NULL; here nobody knows.
    unknown = exp.Is(this=part.copy(), expression=exp.null())
    return exp.Case().when(unknown, exp.null()).when(is_list, listed).else_(written)


def _json(function: str, node: n.Reference, suffix: str) -> exp.Expr:
    """A call over the data; the path is quoted, so that a name with a dot or a quote is only a name."""
    name = node.name.replace("\\", "\\\\").replace('"', '\\"')
    return exp.Anonymous(this=function, expressions=[exp.column("data"), exp.Literal.string(f'$."{name}"{suffix}')])
