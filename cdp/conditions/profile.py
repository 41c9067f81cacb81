"""How values of one field, told by several sources, become the value that is known: one policy a field.

The rule is a fold over what was told, whatever the order it comes in; `projections/views/profiles.sql` says the same in SQL.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import msgspec

Policy = Literal["latest", "first", "max", "min", "sum", "union"]
POLICIES: tuple[Policy, ...] = get_args(Policy)
BY_TIME = frozenset({"latest", "first"})
"""Policies that choose by when something was told; for these some sources may come before others."""
OWN = "attributes."
"""Before the names of the workspace's own attributes."""
FIELDS: dict[str, tuple[Policy, ...]] = {
    "building": ("latest", "first"),
    "gender": ("latest", "first"),
    "baby_birth_month": ("latest", "first", "max", "min"),
    "name": ("latest", "first"),
    "nickname": ("latest", "first"),
    "remark": ("latest", "first"),
    "address": ("latest", "first"),
    "avatar": ("latest", "first"),
}
"""The fields that may have a policy, and which. Own attributes may have any; whether somebody is staff is always as last told."""

When = tuple[int, int]
"""(occurred_at, position): what happened later counts, and of what happened at once what came later."""
_LARGEST = 2**63


class FieldPolicy(msgspec.Struct, frozen=True):
    """How one field is kept. A source listed earlier comes before later ones, and before those that are not listed."""

    policy: Policy = "latest"
    sources: tuple[str, ...] = ()

    def rank(self, source: str) -> int:
        """The place of a source; what stands before a `/` names all accounts of a platform."""
        kind = source.partition("/")[0]
        return next((n for n, name in enumerate(self.sources) if name in (source, kind)), len(self.sources))


Policies = Mapping[str, FieldPolicy]
"""By the name of the field, own attributes as `attributes.NAME`; a field that is missing is kept as last told."""
LATEST = FieldPolicy()


@dataclass(frozen=True, slots=True)
class Told:
    """A value that was told, or what became of several: when, and by a source of which place."""

    value: Any
    since: When
    rank: int = 0


def read_policies(settings: Mapping[str, Any]) -> Policies:
    """The policies of recorded settings; those of a newer release that this one does not know are left out."""
    found: dict[str, FieldPolicy] = {}
    for name, said in (settings.get("profile") or {}).items():
        try:
            found[name] = msgspec.convert(said, FieldPolicy)
        except msgspec.ValidationError:
            continue
    return found


def tell(known: Told | None, policy: FieldPolicy, value: Any, since: When, source: str) -> Told | None:
    """What is known once this was told as well. Every order of telling ends in the same.

    That a value is gone (None) takes it away under `latest`; under all other policies it says nothing. A list counts as its
    items, unless one value is chosen by time.
    """
    told = Told(value, since, policy.rank(source))
    if policy.policy in BY_TIME:
        return known if value is None and policy.policy == "first" else _chosen(policy.policy, known, told)
    for item in value if isinstance(value, list | tuple) else (value,):
        if (place := _place(item)) is not None:
            known = _FOLDS[policy.policy](known, Told(item, since), place)
    return known


def _chosen(policy: Policy, known: Told | None, told: Told) -> Told:
    if known is None or told.rank != known.rank:
        return told if known is None or told.rank < known.rank else known
    newer = told.since >= known.since
    return told if newer == (policy == "latest") else known


_Place = tuple[int, int, str]
"""Sorts false before true before numbers before texts."""


def _place(value: Any) -> _Place | None:
    """None for what has no place among values: nothing, and numbers beyond 64 bits."""
    match value:
        case bool():
            return 0, int(value), ""
        case int():
            return (1, value, "") if -_LARGEST <= value < _LARGEST else None
        case str():
            return 2, 0, value
        case _:
            return None


def _largest(known: Told | None, told: Told, place: _Place) -> Told:
    return told if known is None or place > _surely_placed(known.value) else known


def _smallest(known: Told | None, told: Told, place: _Place) -> Told:
    return told if known is None or place < _surely_placed(known.value) else known


def _total(known: Told | None, told: Told, place: _Place) -> Told | None:
    if place[0] != 1:
        return known
    return Told((known.value if known else 0) + told.value, told.since)


def _united(known: Told | None, told: Told, place: _Place) -> Told:
    values: list[Any] = list(known.value) if known else []
    at = bisect_left(values, place, key=_surely_placed)
    if at == len(values) or _surely_placed(values[at]) != place:
        values.insert(at, told.value)
    return Told(values, told.since)


def _surely_placed(value: Any) -> _Place:
    """The place of a value that was taken for having one."""
    place = _place(value)
    assert place is not None
    return place


_FOLDS: dict[Policy, Callable[[Told | None, Told, _Place], Told | None]] = {
    "max": _largest,
    "min": _smallest,
    "sum": _total,
    "union": _united,
}
