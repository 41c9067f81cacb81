"""What conditions and texts may look at: a person, the event in question, the trigger of the run, and the time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cdp.conditions.evaluate import Scope
from cdp.conditions.nodes import Value
from cdp.events.catalog import CATALOG
from cdp.events.event import Event
from journeys.shop import Shop
from journeys.state import Person


def scope_of(person: Person, shop: Shop, now: int, event: Event | None = None, entry: Event | None = None) -> Scope:
    """The scope at `now`. Windows of traits end there."""

    def trait(name: str) -> Value:
        known = shop.traits.get(name)
        return known.value(person.facts, now, shop.tz) if known is not None else None

    return Scope(
        data=event.data if event else {},
        context=event.context if event else {},
        person=attributes(person),
        tags=frozenset(person.current_tags()),
        traits=trait,
        entry_data=entry.data if entry else {},
        entry_context=entry.context if entry else {},
    )


def attributes(person: Person) -> dict[str, Any]:
    """What is known of the person in clear. Nobody is staff or a friend unless something says so."""
    known: dict[str, Any] = {name: field.value for name, field in person.profile.items()}
    friend = any(friendship.friends for friendship in person.friends.values())
    return {"is_staff": False, **known, "is_friend": friend}


def clear_values(fields: Iterable[str], scope: Scope) -> dict[str, Any]:
    """Those of the fields of a text that stand in clear and have a value, by their dotted names."""
    found = {name: _value(name, scope) for name in fields}
    return {name: value for name, value in found.items() if value is not None}


def sealed_references(fields: Iterable[str], person: Person, trigger: Event | None) -> dict[str, str]:
    """References to those of the fields of a text that are sealed and known."""
    found: dict[str, str] = {}
    for name in fields:
        root, _, rest = name.partition(".")
        if root == "person" and rest in person.sealed:
            found[name] = person.sealed[rest].value
        elif trigger is not None and name.startswith("entry.data.") and _is_sealed(trigger, name):
            reference = trigger.data.get(name.removeprefix("entry.data."))
            if reference:
                found[name] = reference
    return found


def _value(name: str, scope: Scope) -> Any:
    root, _, rest = name.partition(".")
    if root == "person":
        return scope.person.get(rest)
    if name.startswith("entry.data."):
        return scope.entry_data.get(rest.removeprefix("data."))
    if name.startswith("entry.context."):
        return scope.entry_context.get(rest.removeprefix("context."))
    return None if rest else scope.traits(name)


def _is_sealed(trigger: Event, name: str) -> bool:
    entry = CATALOG.get(trigger.type)
    return entry is not None and name.removeprefix("entry.data.") in entry.identifying
