"""Journeys as they went live, read from the log itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from cdp.events.event import WORKSPACE_STREAM
from cdp.ports import EventReader
from journeys.definition import Journey
from journeys.shop import FOLDED, Shop, evolve_shop


@dataclass(frozen=True)
class Deployed:
    """One journey: its latest definition, and when each version went live."""

    journey: Journey
    version: int
    paused: bool
    versions: tuple[tuple[int, int], ...]
    """(version, moment), the latest first."""
    definitions: dict[int, Journey]
    """Every version that can still be read; runs keep the one they entered with."""


def deployed(log: EventReader) -> list[Deployed]:
    """All journeys that were ever deployed, in order of their ids."""
    history = [e for e in log.history([WORKSPACE_STREAM]) if e.type in FOLDED]
    shop = reduce(evolve_shop, history, Shop())
    moments: dict[str, list[tuple[int, int]]] = {}
    for event in history:
        if event.type == "journey.deployed":
            moments.setdefault(event.data["journey"], []).append((event.data["version"], event.occurred_at))
    return [
        Deployed(
            journey=shop.versions[id, version],
            version=version,
            paused=id in shop.paused,
            versions=tuple(reversed(moments[id])),
            definitions={number: journey for (name, number), journey in shop.versions.items() if name == id},
        )
        for id, version in sorted(shop.latest.items())
        if (id, version) in shop.versions
    ]


def titles(log: EventReader) -> dict[str, str]:
    """Journey id -> the name people gave it."""
    return {d.journey.id: d.journey.name for d in deployed(log)}
