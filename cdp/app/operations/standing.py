"""How far the tables have come: each by itself, what stopped them, what a rebuild, of now or of a moment gone by, is at."""

from __future__ import annotations

from cdp.app.operations.runtime import Answer, Runtime
from cdp.clock import iso
from cdp.errors import ProjectionFailed


def tables(runtime: Runtime, head: int) -> Answer:
    """The tables as they stand, held against the log's head."""
    projector = runtime.system.projector
    fresh = projector.reader().freshness()
    building = projector.rebuilding or runtime.system.moments.building
    return {
        "position": fresh.position,
        "recorded_at": iso(fresh.recorded_at) if fresh.recorded_at else None,
        "today": str(fresh.today) if fresh.today else None,
        "closed_position": fresh.closed_position,
        "stopped": stopped(projector.stopped),
        "rebuild": building._asdict() if building else None,
        "views": lags(fresh.positions(), head),
    }


def lags(positions: dict[str, int], head: int) -> Answer:
    """Table -> its position, and how many events it is behind."""
    return {name: {"position": at, "lag": max(head - at, 0)} for name, at in positions.items()}


def stopped(failure: ProjectionFailed | None) -> Answer | None:
    """Which view stopped, why, and at which event."""
    if failure is None:
        return None
    event = failure.event._asdict() if failure.event else None
    return {"view": failure.view, "position": failure.position, "cause": failure.cause, "event": event}
