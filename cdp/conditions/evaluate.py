"""A condition's nodes as one Python closure, with SQL's three-valued logic: NULL is unknown, and unknown is not true."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from operator import add, eq, ge, gt, le, lt, mul, ne, sub, truediv
from typing import Any, assert_never

from cdp.conditions import nodes as n


@dataclass(frozen=True, slots=True)
class Scope:
    """What a condition is asked about: an event, the person, and the event that a journey run was entered by."""

    data: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, str] = field(default_factory=dict)
    person: Mapping[str, Any] = field(default_factory=dict)
    """Attributes in clear; those of the workspace's own under `attributes.NAME`."""
    tags: Collection[str] = ()
    traits: Callable[[str], n.Value] = lambda name: None
    entry_data: Mapping[str, Any] = field(default_factory=dict)
    entry_context: Mapping[str, str] = field(default_factory=dict)


Look = Callable[[Scope], Any]
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": eq, "<>": ne, "<": lt, "<=": le, ">": gt, ">=": ge, "+": add, "-": sub, "*": mul,
}  # fmt: skip


def compile_node(node: n.Node) -> Look:
    """A function of a scope that answers the node's value, None for NULL."""
    match node:
        case n.Constant(value):
            return lambda scope: value
        case n.Reference():
            return _reference(node)
        case n.HasTag(tag):
            return lambda scope: tag in scope.tags
        case n.Contains(whole, part):
            return _contains(compile_node(whole), compile_node(part))
        case n.Compare(operator, left, right):
            return _compare(_OPERATORS[operator], compile_node(left), compile_node(right))
        case n.Arithmetic("/", left, right):
            return _numbers(_divide, compile_node(left), compile_node(right))
        case n.Arithmetic(operator, left, right):
            return _numbers(_OPERATORS[operator], compile_node(left), compile_node(right))
        case n.Negative(of):
            return _numbers(sub, lambda scope: 0, compile_node(of))
        case n.Both(left, right):
            return _both(compile_node(left), compile_node(right))
        case n.Either(left, right):
            return _either(compile_node(left), compile_node(right))
        case n.Negation(of):
            return _negation(compile_node(of))
        case n.OneOf(value, options):
            return _one_of(compile_node(value), [compile_node(option) for option in options])
        case n.Between(value, low, high):
            at = compile_node(value)
            return _both(_compare(ge, at, compile_node(low)), _compare(le, at, compile_node(high)))
        case n.Like(value, pattern):
            return _like(compile_node(value), _pattern(pattern))
        case n.Is(value, expected):
            return _is(compile_node(value), expected)
        case n.Coalesce(parts):
            return _coalesce([compile_node(part) for part in parts])
        case _:
            assert_never(node)


def truth(value: object) -> bool | None:
    """A value where a condition stands: a number is true unless it is zero; a text or a list is neither."""
    if value is None or isinstance(value, bool):
        return value
    return bool(value) if isinstance(value, int | float) else None


def _reference(node: n.Reference) -> Look:
    name = node.name
    match node.root:
        case "data":
            return lambda scope: scope.data.get(name)
        case "context":
            return lambda scope: scope.context.get(name)
        case "person":
            return lambda scope: scope.person.get(name)
        case "entry.data":
            return lambda scope: scope.entry_data.get(name)
        case "entry.context":
            return lambda scope: scope.entry_context.get(name)
        case "trait":
            return lambda scope: scope.traits(name)
        case _:
            assert_never(node.root)


def _compare(operator: Callable[[Any, Any], Any], left: Look, right: Look) -> Look:
    def look(scope: Scope) -> bool | None:
        a, b = left(scope), right(scope)
        return operator(a, b) if _comparable(a, b) else None

    return look


def _comparable(a: object, b: object) -> bool:
    """Two numbers, or two texts. A text is neither larger nor smaller than a number, nor is it different: unknown."""
    if isinstance(a, int | float):
        return isinstance(b, int | float)
    return isinstance(a, str) and isinstance(b, str)


def _numbers(operator: Callable[[Any, Any], Any], left: Look, right: Look) -> Look:
    def look(scope: Scope) -> int | float | None:
        a, b = left(scope), right(scope)
        if not (isinstance(a, int | float) and isinstance(b, int | float)):
            return None
        try:
            result: int | float | None = operator(a, b)
        except OverflowError:
            return None
        return result

    return look


def _divide(a: float, b: float) -> float | None:
    return truediv(a, b) if b else None


def _both(left: Look, right: Look) -> Look:
    def look(scope: Scope) -> bool | None:
        a = truth(left(scope))
        if a is False:
            return False
        b = truth(right(scope))
        return False if b is False else None if a is None or b is None else True

    return look


def _either(left: Look, right: Look) -> Look:
    def look(scope: Scope) -> bool | None:
        a = truth(left(scope))
        if a is True:
            return True
        b = truth(right(scope))
        return True if b is True else None if a is None or b is None else False

    return look


def _negation(of: Look) -> Look:
    def look(scope: Scope) -> bool | None:
        value = truth(of(scope))
        return None if value is None else not value

    return look


def _one_of(value: Look, options: list[Look]) -> Look:
    def look(scope: Scope) -> bool | None:
        wanted = value(scope)
        found = [wanted == other if _comparable(wanted, other) else None for other in (o(scope) for o in options)]
        return True if True in found else None if None in found else False

    return look


def _contains(whole: Look, part: Look) -> Look:
    def look(scope: Scope) -> bool | None:
        holder, wanted = whole(scope), part(scope)
        if holder is None or wanted is None:
            return None
        if isinstance(holder, str):
            return wanted in holder if isinstance(wanted, str) else None
        return wanted in holder if isinstance(holder, list | tuple) else None

    return look


def _like(value: Look, pattern: re.Pattern[str]) -> Look:
    def look(scope: Scope) -> bool | None:
        text = value(scope)
        return pattern.fullmatch(text) is not None if isinstance(text, str) else None

    return look


def _pattern(like: str) -> re.Pattern[str]:
    parts = (".*" if c == "%" else "." if c == "_" else re.escape(c) for c in like)
    return re.compile("".join(parts), re.DOTALL)


def _is(value: Look, expected: bool | None) -> Look:
    if expected is None:
        return lambda scope: value(scope) is None
    return lambda scope: truth(value(scope)) is expected


def _coalesce(parts: list[Look]) -> Look:
    return lambda scope: next((value for part in parts if (value := part(scope)) is not None), None)
