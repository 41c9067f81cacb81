"""One batch: events into the base tables, then every view, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from cdp.errors import ProjectionFailed
from projections.catalog import TOUCHPOINTS, views
from projections.engine import Engine
from projections.intake import Intake
from projections.refresh import Refresh
from projections.stretch import Stretch

_LARGE = 5_000
"""A batch of so many events that is also a large part of the history is cheaper to compute as a whole."""
_LONG = 1_000_000
"""A history of so many events has views that are worth a copy of what is touched in them."""


class Taken(NamedTuple):
    """What one transaction took in."""

    position: int
    events: int
    closed: date | None
    """The day that is over with it."""


def take(engine: Engine, intake: Intake, stretches: Iterable[Stretch]) -> Taken:
    """Put the events into the base tables. Raises ProjectionFailed."""
    position, events = 0, 0
    closed: date | None = None
    try:
        intake.begin()
        for stretch in stretches:
            position, events = stretch.last, events + len(stretch.rows)
            intake.take(stretch)
            closed = max(filter(None, (closed, stretch.closed(intake.until))), default=None)
        intake.settle()
    except Exception as error:
        raise ProjectionFailed(TOUCHPOINTS, position, f"{type(error).__name__}: {error}") from error
    move_on(engine, position, closed, partial=intake.until is not None)
    return Taken(position, events, closed)


def move_on(engine: Engine, position: int, closed: date | None, *, partial: bool = False) -> None:
    """The base tables have come to this position, and to the end of this day. `partial` says that events are left out, and have
    no row."""
    recorded_at = "(SELECT recorded_at FROM touchpoints WHERE position = $position)"
    if partial:
        recorded_at = "COALESCE((SELECT MAX(recorded_at) FROM touchpoints), recorded_at)"
    engine.run(
        f"UPDATE internal.progress SET position = $position, recorded_at = {recorded_at}, today = GREATEST(today, $closed)",
        {"position": position, "closed": closed},
    )


def refresh(engine: Engine, taken: Taken) -> None:
    """Compute the views anew where they have to be. Raises ProjectionFailed."""
    history = engine.rows("SELECT COUNT(*) FROM touchpoints")[0][0] - taken.events
    types = dict(engine.rows("SELECT type, COUNT(*) FROM delta_touchpoints GROUP BY type"))
    kept = [view for view in views() if not view.everywhere]
    current = Refresh(engine, kept, taken.position, types, long=history > _LONG)
    if taken.events >= max(_LARGE, history // 4):
        current.whole()
    else:
        current.units()
    if taken.closed is not None:
        Refresh(engine, [view for view in views() if view.everywhere], taken.position, types).whole()
        engine.run("UPDATE internal.progress SET closed_position = ?", [taken.position])
