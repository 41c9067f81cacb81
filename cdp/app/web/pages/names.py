"""Who somebody is, at display time: names and identifiers come out of the vault, masked unless they may be seen."""

from __future__ import annotations

from collections.abc import Collection

from cdp.app.names import names_of
from cdp.app.web.pages.context import PageContext
from cdp.app.web.pages.language import Texts
from cdp.app.web.reads import people
from cdp.events.touchpoint import Identifier

_KEPT = 3


def names(context: PageContext, texts: Texts, persons: Collection[int]) -> dict[int, str]:
    """A name for each person: what the shop calls them, else what they call themselves, else their number."""
    found = names_of(context.reader, context.vault, persons)
    return {p: found.get(p) or texts("person.unnamed", number=p) for p in persons}


def masked(identifier: Identifier, *, show: bool) -> str:
    """The value, or its ends: `138****5678`."""
    value = identifier.value
    if show:
        return value
    if len(value) <= 2 * _KEPT:
        return "*" * len(value)
    return f"{value[:_KEPT]}****{value[-4:]}" if len(value) > 2 * _KEPT + 1 else f"{value[:1]}****{value[-1:]}"


def find(context: PageContext, text: str) -> int | None:
    """The person with this identifier, whatever its type, or with this number (`#17`). Looks up, never makes."""
    wanted = text.strip()
    if wanted.startswith("#") and wanted[1:].isdecimal():
        return int(wanted[1:])
    for type_name, scope in people.scopes(context.reader) if wanted else ():
        surrogate = context.vault.find(Identifier(type=type_name, scope=scope, value=wanted))
        if surrogate is not None and (person := people.owner(context.reader, surrogate)) is not None:
            return person
    return None
