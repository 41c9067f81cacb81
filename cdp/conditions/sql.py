"""A condition's nodes as DuckDB SQL that means the same, NULL logic included."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from cdp.conditions import nodes as n

Columns = Callable[[n.Reference], str]
"""The SQL of a reference, such as a quoted column."""


def to_sql(node: n.Node, columns: Columns, tags: str) -> str:
    """The node as a SQL expression. `tags` is the SQL of the list of tags that the person carries."""

    def sql(part: n.Node) -> str:
        return to_sql(part, columns, tags)

    match node:
        case n.Constant(value):
            return _constant(value)
        case n.Reference():
            return columns(node)
        case n.HasTag(tag):
            return f"coalesce(list_contains({tags}, {_constant(tag)}), FALSE)"
        case n.Contains(whole, part):
            # DuckDB says of an empty list that it does not contain NULL; here nobody knows.
            return f"CASE WHEN {sql(part)} IS NOT NULL THEN contains({sql(whole)}, {sql(part)}) END"
        case n.Arithmetic("/", left, right):
            return f"({sql(left)} / nullif({sql(right)}, 0))"
        case n.Compare(operator, left, right) | n.Arithmetic(operator, left, right):
            return f"({sql(left)} {operator} {sql(right)})"
        case n.Negative(of):
            return f"(- {sql(of)})"
        case n.Both(left, right):
            return f"({sql(left)} AND {sql(right)})"
        case n.Either(left, right):
            return f"({sql(left)} OR {sql(right)})"
        case n.Negation(of):
            return f"(NOT {sql(of)})"
        case n.OneOf(value, options):
            return f"({sql(value)} IN ({', '.join(map(sql, options))}))"
        case n.Between(value, low, high):
            return f"({sql(value)} BETWEEN {sql(low)} AND {sql(high)})"
        case n.Like(value, pattern):
            return f"({sql(value)} LIKE {_constant(pattern)})"
        case n.Is(value, expected):
            return f"({sql(value)} IS {_constant(expected)})"
        case n.Coalesce(parts):
            return f"coalesce({', '.join(map(sql, parts))})"
        case _:
            assert_never(node)


def _constant(value: bool | int | float | str | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"CAST({value!r} AS DOUBLE)"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
