"""Writes into the log what decisions and tables may read: settings and definition files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from cdp.app.profile_settings import recorded
from cdp.app.settings import Settings
from cdp.app.workspace import definition_files
from cdp.clock import Clock
from cdp.events.event import WORKSPACE_STREAM, Event
from cdp.ids import derive
from cdp.ports import EventLog

SOURCE = "workspace"


def recorded_settings(settings: Settings, blocked: Sequence[int] = ()) -> dict[str, Any]:
    """The part of the settings on which decisions and tables depend; blocked values by their surrogates alone."""
    identity = settings.identity
    return {
        "name": settings.workspace.name,
        "timezone": settings.workspace.timezone,
        "gates": msgspec.to_builtins(settings.gates),
        "identity": {
            "strength": identity.strength,
            "limits": identity.limits,
            "blocked_surrogates": list(blocked),
        },
        "customers": {k: v for k, v in msgspec.to_builtins(settings.customers).items() if v is not None},
        "rfm": msgspec.to_builtins(settings.rfm),
        "profile": recorded(settings.profile),
    }


def configured(settings: Settings, now: int, blocked: Sequence[int] = ()) -> Event:
    """The `workspace.configured` event of the workspace as it is on disk."""
    files = definition_files(settings.directory)
    said = recorded_settings(settings, blocked)
    digest = derive(msgspec.json.encode([said, files], order="deterministic").hex())
    return Event(
        id=f"configured:{digest}:{now}",
        source=SOURCE,
        type="workspace.configured",
        occurred_at=now,
        stream=WORKSPACE_STREAM,
        data={"settings": said, "files": files, "digest": digest},
    )


def current_configuration(log: EventLog) -> Event | None:
    """The last `workspace.configured` of the log."""
    return last_of(log, "workspace.configured")


def configure(log: EventLog, settings: Settings, clock: Clock, blocked: Sequence[int] = ()) -> bool:
    """Append `workspace.configured` if anything changed since the last one; answers whether it did."""
    event = configured(settings, clock.now(), blocked)
    last = current_configuration(log)
    if last is not None and last.data["digest"] == event.data["digest"]:
        return False
    log.append([event])
    return True


def last_of(log: EventLog, event_type: str) -> Event | None:
    """The last event of a type that the workspace itself wrote."""
    matching: Mapping[int, Event] = {e.position: e for e in log.history([WORKSPACE_STREAM]) if e.type == event_type}
    return matching[max(matching)] if matching else None
