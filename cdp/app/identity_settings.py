"""[identity] of cdp.toml: what differs from the documented rules, type by type.

A type that is not named keeps its default. The table `blocked` lists values by type; `*` stands for all types.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from cdp.identity.graph import ORDER
from cdp.identity.rules import LIMITS, STRENGTH, IdentityRules

Wrong = Callable[[str, str], None]
"""(dotted path, message): notes a mistake."""
SETTINGS = ("strength", "limits", "blocked")
EVERY_TYPE = "*"
_TYPE = re.compile(r"[a-z][a-z0-9_]*")
_WEAKEST = 1000
_MOST = 10_000


def read_identity(section: Mapping[str, Any], wrong: Wrong) -> IdentityRules:
    """The rules of a section. Every mistake is noted, and what is wrong is left as it would be by default."""
    for name in section.keys() - set(SETTINGS):
        wrong(name, f"unknown setting; known are {', '.join(SETTINGS)}")
    return IdentityRules(
        strength=STRENGTH | _numbers("strength", section.get("strength", {}), _WEAKEST, wrong),
        limits=LIMITS | _numbers("limits", section.get("limits", {}), _MOST, wrong),
        blocked=_blocked(section.get("blocked", {}), wrong),
    )


def _numbers(name: str, table: Any, most: int, wrong: Wrong) -> dict[str, int]:
    if not isinstance(table, Mapping):
        wrong(name, f"expected a table of types and numbers, as in [identity.{name}]")
        return {}
    good = {}
    for kind, number in table.items():
        if kind == ORDER:
            wrong(f"{name}.{kind}", "an order attaches events to a person and never merges two; it has none")
        elif not _TYPE.fullmatch(kind):
            wrong(f"{name}.{kind}", "the name of an identifier type: a-z, 0-9 and _, beginning with a letter")
        elif not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= most:
            wrong(f"{name}.{kind}", f"expected a whole number from 0 to {most}")
        else:
            good[kind] = number
    return good


def _blocked(given: Any, wrong: Wrong) -> tuple[tuple[str, str], ...]:
    """Pairs of type and value; a list of such pairs is understood as well as a table."""
    if isinstance(given, Mapping):
        lists = given
    elif isinstance(given, list) and all(isinstance(p, list) and len(p) == 2 for p in given):
        lists = {str(kind): [v for k, v in given if k == kind] for kind, _ in given}
    else:
        wrong("blocked", 'expected a table of types and lists, as in phone = ["05710000000"]')
        return ()
    return tuple((kind, value) for kind, values in lists.items() for value in _values(kind, values, wrong))


def _values(kind: str, values: Any, wrong: Wrong) -> list[str]:
    path = f"blocked.{kind}"
    if kind != EVERY_TYPE and not _TYPE.fullmatch(kind):
        wrong(path, f"the name of an identifier type, or {EVERY_TYPE} for all")
        return []
    if not isinstance(values, list) or not all(isinstance(v, str) and v.strip() for v in values):
        wrong(path, "expected a list of values, each a text in quotes")
        return []
    return [value.strip() for value in values]
