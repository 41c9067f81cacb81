"""Blocked values as the log may know them: by their surrogates, so that no number stands there in clear."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cdp.app.identity_settings import EVERY_TYPE
from cdp.app.system import System
from cdp.events.touchpoint import Identifier


def blocked_surrogates(system: System) -> tuple[int, ...]:
    """The surrogates of all values that `[identity]` blocks, of every scope in which they ever came in.

    Each setting has one of its own too, so that a restored workspace can be told what was blocked.
    """
    blocked, vault = system.settings.identity.blocked, system.vault
    if not blocked:
        return ()
    scopes = system.projector.reader().rows("SELECT DISTINCT type, scope FROM identifiers")
    own = vault.surrogates([Identifier(type=kind, value=value) for kind, value in blocked])
    came = [
        vault.find(Identifier(type=row["type"], scope=row["scope"], value=value))
        for kind, value in blocked
        for row in scopes
        if kind in (row["type"], EVERY_TYPE)
    ]
    return tuple(sorted({*own, *(number for number in came if number is not None)}))


def as_settings(known: Mapping[int, Identifier], surrogates: Collection[int]) -> dict[str, list[str]]:
    """The values behind recorded surrogates as `[identity.blocked]`; those that were erased are missing."""
    found: dict[str, list[str]] = {}
    for identifier in (known[s] for s in surrogates if s in known):
        values = found.setdefault(identifier.type, [])
        if identifier.value not in values:
            values.append(identifier.value)
    return found
