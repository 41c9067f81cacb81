"""Which words a condition may use where: fields of the event, context, attributes, traits. Sealed fields are not among them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import assert_never

import msgspec

from cdp.conditions.condition import Condition
from cdp.conditions.nodes import Reference
from cdp.conditions.source import suggestion
from cdp.events.catalog import CATALOG, OWN_PREFIX
from cdp.events.touchpoint import CONTEXT_KEYS

ATTRIBUTES = ("building", "gender", "baby_birth_month", "is_staff", "is_friend")
"""Attributes of a person that stand in clear; those of the workspace's own are `attributes.NAME`."""
SEALED_ATTRIBUTES = ("name", "nickname", "remark", "address", "avatar")
"""Identifying fields of a person: for texts only."""

UNKNOWN_EVENT = "?"
"""Stands where the type of an event has a mistake of its own: any field of its data may be meant."""


@dataclass(frozen=True)
class Vocabulary:
    """The words that mean something at one place of a definition file."""

    event: tuple[str, ...] = ()
    """Types of the event that `data.` and `context.` speak of; none where there is no event."""
    entry: tuple[str, ...] = ()
    """Types of the event that `entry.` speaks of."""
    person: bool = True
    traits: Collection[str] = ()

    def problems(self, condition: Condition) -> list[str]:
        """Everything in `condition` that means nothing here."""
        found = [self._problem(reference) for reference in condition.references]
        tags = ["has_tag() means nothing here"] if condition.tags and not self.person else []
        return [message for message in found if message] + tags

    def _problem(self, reference: Reference) -> str:
        match reference.root:
            case "data":
                return _field_problem(self.event, reference)
            case "entry.data":
                return _field_problem(self.entry, reference)
            case "context":
                return _context_problem(self.event, reference)
            case "entry.context":
                return _context_problem(self.entry, reference)
            case "person":
                return _person_problem(reference.name) if self.person else f"{reference} means nothing here"
            case "trait":
                return self._trait_problem(reference.name)
            case _:
                assert_never(reference.root)

    def _trait_problem(self, name: str) -> str:
        if not self.person:
            return f"{name!r} means nothing here"
        return "" if name in self.traits else f"there is no trait {name!r}{suggestion(name, self.traits)}"


def unknown_type(name: str) -> str:
    """What is wrong with the name of an event type; empty if nothing is."""
    if name in CATALOG or (name.startswith(OWN_PREFIX) and len(name) > len(OWN_PREFIX)):
        return ""
    return f"there is no event type {name!r}{suggestion(name, CATALOG)}"


def _field_problem(types: tuple[str, ...], reference: Reference) -> str:
    if not types:
        return f"{reference} means nothing here: no event is looked at"
    entries = [CATALOG[name] for name in types if name in CATALOG]
    if len(entries) < len(types):
        return ""
    if any(reference.name in entry.identifying for entry in entries):
        return f"{reference} is sealed: it can stand in texts, not in conditions"
    known = {field.name for entry in entries for field in msgspec.structs.fields(entry.struct)}
    if reference.name in known:
        return ""
    return f"{' and '.join(types)} has no field {reference.name!r}{suggestion(reference.name, known)}"


def _context_problem(types: tuple[str, ...], reference: Reference) -> str:
    if not types:
        return f"{reference} means nothing here: no event is looked at"
    if reference.name in CONTEXT_KEYS:
        return ""
    return f"a context has no {reference.name!r}{suggestion(reference.name, CONTEXT_KEYS)}"


def _person_problem(name: str) -> str:
    if name in ATTRIBUTES or name.startswith("attributes."):
        return ""
    if name in SEALED_ATTRIBUTES:
        return f"person.{name} is sealed: it can stand in texts, not in conditions"
    return (
        f"a person has no {name!r}{suggestion(name, ATTRIBUTES)}; attributes of your own are person.attributes.{name}"
    )
