"""What people are called: the best name known of each, opened out of the vault for whoever may see it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from cdp.ports import Vault


class Rows(Protocol):
    """The tables, as far as names need them."""

    def rows(self, sql: str, params: Mapping[str, object], /) -> list[dict[str, Any]]: ...


def names_of(tables: Rows, vault: Vault, persons: Collection[int]) -> dict[int, str]:
    """A name for each person who has one: what the shop calls them (remark), their name, what they call themselves.

    Each by the policies of the workspace. What was erased is missing.
    """
    rows = tables.rows(_NAMES, {"ids": sorted(persons)}) if persons else []
    references = {row["person_id"]: [row[kind] for kind in _KINDS if row[kind]] for row in rows}
    opened = vault.open({reference for every in references.values() for reference in every})
    found = {person: next((opened[r] for r in every if opened.get(r)), "") for person, every in references.items()}
    return {person: name for person, name in found.items() if name}


_KINDS = ("remark", "name", "nickname")
_NAMES = (
    "SELECT person_id, remark, name, nickname FROM profiles JOIN (SELECT unnest($ids) AS person_id) USING (person_id)"
)
