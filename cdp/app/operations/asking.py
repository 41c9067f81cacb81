"""SQL over the tables: what somebody asks, within what the workspace allows them."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from cdp.app.operations.runtime import Runtime
from cdp.app.settings import SqlSettings
from cdp.errors import Problem, UsageError
from projections.asking.question import FORMATS, Format, Question

_LONGEST = 7 * 86_400
"""Seconds; nobody waits longer, and clocks that wait have an end."""


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A query as it comes in."""

    sql: str
    params: dict[str, Any] = {}
    """The values of its `$name` parameters."""
    limit: int | None = None
    """At most so many rows; 0 is all there are, as far as the caller may."""
    seconds: float | None = None
    format: str = ""
    as_of: str = ""
    """The moment as of which the tables are asked, and what of it was known; empty is now."""
    known: str = ""


def question(asked: Asked, form: Format, allowed: SqlSettings | None) -> Question:
    """The question that is put; `allowed` is None for the workspace's own command line, which has no limits.

    Raises UsageError.
    """
    if asked.limit is not None and asked.limit < 0:
        raise UsageError("limit: a number of rows is 0 or more")
    if asked.seconds is not None and not 0 < asked.seconds <= _LONGEST:
        raise UsageError(f"seconds: a time is more than 0 and at most {_LONGEST}")
    if wrong := [name for name, value in asked.params.items() if _beyond(value)]:
        raise UsageError("params", [Problem("params", 0, name, "a whole number has at most 64 bits") for name in wrong])
    rows, seconds = asked.limit or None, asked.seconds
    if allowed is not None:
        rows = min(rows or allowed.rows, allowed.rows)
        seconds = min(seconds or allowed.seconds, allowed.seconds)
    return Question(sql=asked.sql, params=asked.params, format=form, rows=rows, seconds=seconds)


def known_format(name: str) -> Format:
    """A format by its name. Raises UsageError."""
    for form in FORMATS:
        if form == name:
            return form
    raise UsageError(f"there is no format {name!r}; there are {', '.join(FORMATS)}")


def rows(runtime: Runtime, sql: str, limit: int = 1000) -> list[dict[str, Any]]:
    """The rows of one query, at most `limit`; no more at all than an access key gets."""
    put = question(Asked(sql=sql, limit=limit), "json", runtime.system.settings.sql)
    with runtime.asker().open(put) as inquiry:
        inquiry.begin()
        found: list[dict[str, Any]] = json.loads(b"".join(inquiry.pieces()))["rows"]
    return found


def _beyond(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_beyond, value))
    if isinstance(value, dict):
        return any(map(_beyond, value.values()))
    return isinstance(value, int) and not -(2**63) <= value < 2**63
