"""The parameters of an operation, held against what its function declares before it is called."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, get_type_hints

import msgspec

from cdp.errors import Problem, UsageError


def check_parameters(name: str, function: Callable[..., Any], parameters: Mapping[str, Any]) -> None:
    """Raises UsageError for a parameter that is missing or unknown, naming every one of another type than declared,
    and numbers beyond 64 bits."""
    try:
        # What operations work on comes first, and nobody can give it.
        inspect.signature(function).bind(None, **parameters)
    except TypeError as error:
        raise UsageError(f"{name}: {error}") from None
    hints = _hints(function)
    found = [(key, _problem(value, hints[key])) for key, value in parameters.items() if key in hints]
    problems = [Problem(name, 0, key, message) for key, message in found if message]
    if problems:
        raise UsageError(f"{name} does not take that", problems)


def _problem(value: Any, declared: Any) -> str:
    try:
        msgspec.convert(value, declared, strict=True)
    except msgspec.ValidationError as error:
        return str(error)
    # Neither SQLite nor DuckDB knows more.
    return "a whole number has at most 64 bits" if _beyond(value) else ""


def _beyond(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_beyond, value))
    return isinstance(value, int) and not -(2**63) <= value < 2**63


@cache
def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    return get_type_hints(function)
