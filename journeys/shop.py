"""What of the shop a decision may read: its configuration, and the journeys that are live. Folded from the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

from cdp.conditions.condition import Condition
from cdp.conditions.profile import Policies, read_policies
from cdp.conditions.trait_file import read_traits
from cdp.conditions.traits import Trait
from cdp.events.event import Event
from journeys.definition import Journey
from journeys.gate_rules import Gates, read_caps, read_quiet
from journeys.load import load_journey

TRAITS_FILE = "traits.yaml"
DEFAULT_TIMEZONE = "Asia/Shanghai"
FOLDED = frozenset({"workspace.configured", "journey.deployed", "journey.paused"})
"""The events that change it."""
_OF_A_PERSON = ("person.profile_changed", "friend.added", "friend.removed")
_OF_TAGS = ("tag.added", "tag.removed")


@dataclass(frozen=True)
class Shop:
    """The shop as of one position of the log."""

    config_position: int = 0
    tz: str = DEFAULT_TIMEZONE
    gates: Gates = field(default_factory=Gates)
    files: Mapping[str, str] = field(default_factory=dict)
    traits: Mapping[str, Trait] = field(default_factory=dict)
    policies: Policies = field(default_factory=dict)
    versions: Mapping[tuple[str, int], Journey] = field(default_factory=dict)
    """Every version that was ever live; who entered one goes on with it."""
    latest: Mapping[str, int] = field(default_factory=dict)
    paused: frozenset[str] = frozenset()

    @cached_property
    def entries(self) -> Mapping[str, tuple[tuple[Journey, int], ...]]:
        """Event type -> the journeys it may let people into, with their version, in order of their ids."""
        live = [(id, version) for id, version in sorted(self.latest.items()) if id not in self.paused]
        found: dict[str, tuple[tuple[Journey, int], ...]] = {}
        for id, version in live:
            journey = self.versions.get((id, version))
            if journey is not None:
                found[journey.entry.event] = (*found.get(journey.entry.event, ()), (journey, version))
        return found

    @cached_property
    def watched(self) -> frozenset[str]:
        """Types of events that may concern somebody inside a journey."""
        watches = {watch.event for journey in self.versions.values() for watch in journey.watches}
        awaited = [node.step.awaits() for journey in self.versions.values() for node in journey.nodes.values()]
        conditions = (condition for one in awaited for condition in one.conditions)
        return frozenset(watches).union(
            *(one.events for one in awaited), *(self._changes(condition) for condition in conditions)
        )

    @cached_property
    def wanted(self) -> frozenset[str]:
        """Types of events that a person's state keeps whole."""
        return self.watched.union(*(trait.types for trait in self.traits.values()))

    def _changes(self, condition: Condition) -> frozenset[str]:
        """Types of events by which a condition may come to hold."""
        traits = [
            self.traits[r.name].types for r in condition.references if r.root == "trait" and r.name in self.traits
        ]
        person = any(r.root == "person" for r in condition.references)
        return frozenset().union(*traits, _OF_A_PERSON if person else (), _OF_TAGS if condition.tags else ())


def evolve_shop(shop: Shop, event: Event) -> Shop:
    """The shop after `event`."""
    match event.type:
        case "workspace.configured":
            return _configured(shop, event)
        case "journey.deployed":
            return _deployed(shop, event)
        case "journey.paused":
            return replace(shop, paused=shop.paused | {event.data["journey"]})
        case _:
            return shop


def workspace_gates(settings: Mapping[str, Any]) -> Gates:
    """The gates of the settings. Raises ValueError."""
    gates = settings.get("gates") or {}
    quiet, caps = gates.get("quiet"), gates.get("cap")
    return Gates(read_quiet(quiet) if quiet else "none", read_caps(caps) if caps else ())


def _configured(shop: Shop, event: Event) -> Shop:
    settings, files = event.data["settings"], event.data["files"]
    return replace(
        shop,
        config_position=event.position,
        tz=settings.get("timezone") or DEFAULT_TIMEZONE,
        gates=_gates(settings, shop.gates),
        files=files,
        traits=_traits(files.get(TRAITS_FILE, "")),
        policies=read_policies(settings),
    )


def _gates(settings: Mapping[str, Any], before: Gates) -> Gates:
    """Gates that cannot be read leave those in force that were: nothing is sent that they would have held back."""
    try:
        return workspace_gates(settings)
    except ValueError:
        return before


def _deployed(shop: Shop, event: Event) -> Shop:
    id, version, file = event.data["journey"], event.data["version"], event.data["file"]
    journey = _journey(file, shop.files.get(file, ""))
    versions = {**shop.versions, (id, version): journey} if journey is not None else shop.versions
    return replace(shop, versions=versions, latest={**shop.latest, id: version}, paused=shop.paused - {id})


@lru_cache(maxsize=256)
def _journey(file: str, text: str) -> Journey | None:
    """The journey as it was deployed. Words it uses were checked then; a trait that is gone since is NULL."""
    return load_journey(file, text)[0] if text else None


@lru_cache(maxsize=16)
def _traits(text: str) -> Mapping[str, Trait]:
    return read_traits(TRAITS_FILE, text)[0] if text else {}
