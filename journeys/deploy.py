"""Puts journeys live: which events say so. Pure over what the log holds; appending them is the caller's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import reduce

import msgspec

from cdp.conditions.source import suggestion
from cdp.errors import NotFound, UsageError
from cdp.events.decisions import JourneyDeployed, JourneyPaused
from cdp.events.event import WORKSPACE_STREAM, Event
from cdp.ids import derive
from cdp.ports import EventReader
from journeys.load import load_journey
from journeys.shop import FOLDED, Shop, evolve_shop

JOURNEYS_DIRECTORY = "journeys/"
SOURCE = "workspace"


def deployments(log: EventReader, configured: Event, names: Collection[str] | None, now: int) -> list[Event]:
    """`configured` if it differs from the last, and `journey.deployed` for each journey that is not live just so.

    A version is one more than the last. `names` are ids of journeys, None for all. Raises UsageError for names that are no journey; the files have passed `check`.
    """
    journeys = journey_files(configured.data["files"])
    unknown = sorted(set(names or ()) - set(journeys))
    if unknown:
        close = suggestion(unknown[0], journeys)
        raise UsageError(f"there is no journey {', '.join(map(repr, unknown))} in {JOURNEYS_DIRECTORY}{close}")
    history = log.history([WORKSPACE_STREAM])
    chosen = sorted(names) if names is not None else sorted(journeys)
    deployed = (_deployed(id, journeys[id], configured, history, now) for id in chosen)
    return _configured_anew(configured, history) + [event for event in deployed if event is not None]


def paused(log: EventReader, journey: str, by: str, now: int) -> Event:
    """The event that lets nobody new into a journey. Raises NotFound if it was never deployed."""
    shop = deployed_shop(log)
    if journey not in shop.latest:
        raise NotFound("deployed journey", journey)
    data = msgspec.to_builtins(JourneyPaused(journey=journey, by=by))
    return Event(
        id=derive("journey.paused", journey, now), source=SOURCE, type="journey.paused", occurred_at=now, stream=WORKSPACE_STREAM,
        data=data,
    )  # fmt: skip


def journey_files(files: dict[str, str]) -> dict[str, str]:
    """Journey id -> file, of the journey files that can be read."""
    found: dict[str, str] = {}
    for file in sorted(files):
        if is_journey_file(file):
            journey, _ = load_journey(file, files[file])
            if journey is not None:
                found[journey.id] = file
    return found


def is_journey_file(file: str) -> bool:
    """Whether a file of the workspace is a journey; tests stand beside them."""
    return file.startswith(JOURNEYS_DIRECTORY) and file.endswith((".yaml", ".yml")) and ".test." not in file


def deployed_shop(log: EventReader) -> Shop:
    """The shop as configured and deployed at the end of the log."""
    history = (e for e in log.history([WORKSPACE_STREAM]) if e.type in FOLDED)
    return reduce(evolve_shop, history, Shop())


def _configured_anew(configured: Event, history: Sequence[Event]) -> list[Event]:
    last = next((e for e in reversed(history) if e.type == "workspace.configured"), None)
    return [] if last is not None and last.data["digest"] == configured.data["digest"] else [configured]


def _deployed(id: str, file: str, configured: Event, history: Sequence[Event], now: int) -> Event | None:
    """The deployment of one journey; None if its last one has the same text and it was not paused since."""
    mine = [e for e in history if e.type in ("journey.deployed", "journey.paused") and e.data["journey"] == id]
    versions = [e.data["version"] for e in mine if e.type == "journey.deployed"]
    digest = derive(configured.data["files"][file])
    if mine and mine[-1].type == "journey.deployed" and mine[-1].data["digest"] == digest:
        return None
    data = JourneyDeployed(journey=id, version=max(versions, default=0) + 1, file=file, digest=digest)
    return Event(
        id=derive("journey.deployed", id, data.version), source=SOURCE, type="journey.deployed", occurred_at=now,
        stream=WORKSPACE_STREAM, data=msgspec.to_builtins(data),
    )  # fmt: skip
