"""Where a setting stands in cdp.toml, for messages about it: the parser of the standard library forgets lines."""

from __future__ import annotations

import re

_HEADING = re.compile(r"\s*\[+([^\]]+)\]+")
_KEY = re.compile(r"\s*((?:\"[^\"]*\"|[\w-]+)(?:\s*\.\s*(?:\"[^\"]*\"|[\w-]+))*)\s*=")


def line_of(text: str, *path: str) -> int:
    """The line of a setting, or of the innermost part of its path that has a line of its own; 0 if none has."""
    found, depth = 0, 0
    section: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if heading := _HEADING.match(line):
            here = section = _parts(heading[1])
        elif key := _KEY.match(line):
            here = section + _parts(key[1])
        else:
            continue
        if here == path[: len(here)] and len(here) > depth:
            found, depth = number, len(here)
    return found


def line_with(text: str, needle: str) -> int:
    """The first line that holds a text; 0 if none does."""
    return next((number for number, line in enumerate(text.splitlines(), 1) if needle in line), 0)


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip('"') for part in dotted.split("."))
