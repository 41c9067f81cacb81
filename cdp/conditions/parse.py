"""From the text of a condition to its nodes: sqlglot reads the SQL, an allow-list decides what may stand in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from cdp.conditions import nodes as n
from cdp.errors import DefinitionError, Problem

Build = Callable[[Any], n.Node]
_ROOTS = ("data", "context", "person", "entry", "trait")
_DEEPEST = 60
_MOST: Final = 2**63 - 1
"""No column holds more."""


def parse(text: str) -> n.Node:
    """The nodes of one SQL boolean expression.

    Raises DefinitionError with one problem that says what is not allowed or not SQL, and at which character.
    """
    try:
        trees = sqlglot.parse(text, dialect="duckdb")
    except RecursionError:
        raise _mistake(f"a condition may be nested {_DEEPEST} deep") from None
    except SqlglotError as error:
        raise _mistake(_syntax(error)) from None
    if len(trees) != 1 or trees[0] is None:
        raise _mistake("a condition is exactly one expression")
    tree = cast(exp.Expression, trees[0])
    if _depth(tree) > _DEEPEST:
        raise _mistake(f"a condition may be nested {_DEEPEST} deep")
    return _node(tree)


def _node(tree: exp.Expression) -> n.Node:
    build = _BUILDERS.get(type(tree))
    if build is None:
        raise _refused(tree, f"{type(tree).__name__.upper()} is not allowed in a condition")
    return build(tree)


def _pair(tree: exp.Expression) -> tuple[n.Node, n.Node]:
    return _node(tree.this), _node(tree.expression)


def _compare(operator: Literal["=", "<>", "<", "<=", ">", ">="]) -> Build:
    return lambda tree: n.Compare(operator, *_pair(tree))


def _arithmetic(operator: Literal["+", "-", "*", "/"]) -> Build:
    return lambda tree: n.Arithmetic(operator, *_pair(tree))


def _literal(tree: exp.Literal) -> n.Node:
    if tree.is_string:
        return n.Constant(tree.name)
    try:
        number = int(tree.name) if tree.name.isdigit() else float(tree.name)
    except ValueError:
        raise _refused(tree, f"{tree.name} is no number") from None
    if number > _MOST:
        raise _refused(tree, f"{tree.name} is too large")
    return n.Constant(number)


def _column(tree: exp.Column) -> n.Node:
    parts = tuple(part.name for part in tree.parts)
    match parts:
        case ("data" | "context" as root, name):
            return n.Reference(cast(Any, root), name)
        case ("person", name):
            return n.Reference("person", name)
        case ("person", "attributes", name):
            return n.Reference("person", f"attributes.{name}")
        case ("entry", "data" | "context" as root, name):
            return n.Reference(cast(Any, f"entry.{root}"), name)
        case (name,) if tree.this.quoted:
            raise _refused(tree, f"texts stand in single quotes: '{name}'")
        case (name,) if name not in _ROOTS:
            return n.Reference("trait", name)
    raise _refused(
        tree,
        f"{'.'.join(parts)!r} means nothing here; use data.x, context.x, person.x, entry.data.x, entry.context.x or a trait",
    )


def _like(tree: exp.Like) -> n.Node:
    pattern = tree.expression
    if not (isinstance(pattern, exp.Literal) and pattern.is_string):
        raise _refused(tree, "LIKE takes a text in single quotes")
    like = n.Like(_node(tree.this), pattern.name)
    return n.Negation(like) if tree.args.get("negate") else like


def _in(tree: exp.In) -> n.Node:
    if not tree.expressions:
        raise _refused(tree, "IN takes a list of values in brackets")
    found = n.OneOf(_node(tree.this), tuple(_node(option) for option in tree.expressions))
    return n.Negation(found) if tree.args.get("negate") else found


def _between(tree: exp.Between) -> n.Node:
    return n.Between(_node(tree.this), _node(tree.args["low"]), _node(tree.args["high"]))


def _is(tree: exp.Is) -> n.Node:
    match tree.expression:
        case exp.Null():
            expected = None
        case exp.Boolean(this=value):
            expected = bool(value)
        case _:
            raise _refused(tree, "IS takes NULL, TRUE or FALSE")
    test = n.Is(_node(tree.this), expected)
    return n.Negation(test) if tree.args.get("negate") else test


def _call(tree: exp.Anonymous) -> n.Node:
    arguments = [_node(argument) for argument in tree.expressions if not _is_quoted_name(argument)]
    if tree.name.lower() != "has_tag":
        raise _refused(tree, f"there is no function {tree.name}(); there are has_tag, contains and coalesce")
    match arguments:
        case [n.Constant(str() as tag)]:
            return n.HasTag(tag)
    raise _refused(tree, "has_tag takes one tag in single quotes: has_tag('老客')")


def _contains(tree: exp.Expression) -> n.Node:
    return n.Contains(*_pair(tree))


def _coalesce(tree: exp.Coalesce) -> n.Node:
    return n.Coalesce((_node(tree.this), *(_node(part) for part in tree.expressions)))


_BUILDERS: dict[type[Any], Build] = {
    exp.Paren: lambda tree: _node(tree.this),
    exp.Literal: _literal,
    exp.Boolean: lambda tree: n.Constant(bool(tree.this)),
    exp.Null: lambda tree: n.Constant(None),
    exp.Column: _column,
    exp.And: lambda tree: n.Both(*_pair(tree)),
    exp.Or: lambda tree: n.Either(*_pair(tree)),
    exp.Not: lambda tree: n.Negation(_node(tree.this)),
    exp.EQ: _compare("="),
    exp.NEQ: _compare("<>"),
    exp.LT: _compare("<"),
    exp.LTE: _compare("<="),
    exp.GT: _compare(">"),
    exp.GTE: _compare(">="),
    exp.Add: _arithmetic("+"),
    exp.Sub: _arithmetic("-"),
    exp.Mul: _arithmetic("*"),
    exp.Div: _arithmetic("/"),
    exp.Neg: lambda tree: n.Negative(_node(tree.this)),
    exp.In: _in,
    exp.Between: _between,
    exp.Like: _like,
    exp.Is: _is,
    exp.Coalesce: _coalesce,
    exp.Contains: _contains,
    exp.ArrayContains: _contains,
    exp.Anonymous: _call,
}


def _is_quoted_name(tree: exp.Expression) -> bool:
    return isinstance(tree, exp.Column) and bool(tree.this.quoted)


def _depth(tree: exp.Expression) -> int:
    deepest, level = 0, [tree]
    while level:
        deepest += 1
        level = [child for parent in level for child in parent.iter_expressions()]
    return deepest


def _refused(tree: exp.Expression, message: str) -> DefinitionError:
    starts = [start for part in tree.walk() if (start := part.meta.get("start")) is not None]
    return _mistake(f"{message} (at character {min(starts) + 1})" if starts else message)


def _syntax(error: Exception) -> str:
    first = getattr(error, "errors", None)
    if not first:
        return "this is not SQL that can be read"
    return (
        f"this is not SQL that can be read near {first[0]['highlight'] or 'the end'!r} (at character {first[0]['col']})"
    )


def _mistake(message: str) -> DefinitionError:
    return DefinitionError("a condition cannot be used", [Problem("", 0, "", message)])
