"""Builds all tables of an empty file from the log, up to one position: the base tables at once, then every view, whole."""

from __future__ import annotations

from datetime import date

from cdp.errors import ProjectionFailed
from cdp.identity.index import IdentityIndex
from cdp.ports import EventReader
from projections.batch import move_on
from projections.catalog import TOUCHPOINTS, Table, views
from projections.engine import Engine
from projections.fault import blames_data, culprit, in_extraction, in_view
from projections.intake import Intake
from projections.load import Load
from projections.progress import Progress, unheard
from projections.refresh import Refresh
from projections.stretch import stretches


def build(
    engine: Engine, log: EventReader, up_to: int, *, with_global: bool = True, until: int | None = None,
    progress: Progress = unheard,
) -> Intake:  # fmt: skip
    """Fill the tables. A crash leaves a file whose position is 0, which starts again from nothing when it is opened.

    Raises ProjectionFailed.
    """
    index, closed = _load(engine, log, up_to, until, progress)
    wanted = [view for view in views() if not view.on_reading and (with_global or not view.everywhere)]
    for number, view in enumerate(wanted, 1):
        _fill(engine, log, view, up_to)
        progress(view.name, number, len(wanted))
    with engine.transaction():
        move_on(engine, up_to, closed, partial=until is not None)
        if with_global:
            engine.run("UPDATE internal.progress SET closed_position = position")
    return Intake(engine, index, until)


def _load(
    engine: Engine, log: EventReader, up_to: int, until: int | None, progress: Progress
) -> tuple[IdentityIndex, date | None]:
    """The base tables; who is who, and the last day that is over."""
    closed: date | None = None
    before = at = 0
    try:
        load = Load(engine, until)
        for stretch in stretches(log, 0, up_to):
            before, at = at, stretch.last
            with engine.transaction():
                load.take(stretch)
            closed = max(filter(None, (closed, stretch.closed(until))), default=None)
            progress(TOUCHPOINTS, at, up_to)
        with engine.transaction():
            index = load.finish()
        progress(TOUCHPOINTS, up_to, up_to)
        return index, closed
    except Exception as error:
        found = in_extraction(engine, log, before, at) if blames_data(error) else None
        event = culprit(log, found) if found else None
        raise ProjectionFailed(TOUCHPOINTS, at, f"{type(error).__name__}: {error}", event) from error


def _fill(engine: Engine, log: EventReader, view: Table, up_to: int) -> None:
    try:
        with engine.transaction():
            Refresh(engine, [view], up_to, {}).whole()
    except ProjectionFailed as failure:
        at = in_view(engine, view, up_to) if blames_data(failure.__cause__) else None
        if at is None:
            raise
        raise ProjectionFailed(view.name, up_to, failure.cause, culprit(log, at)) from failure.__cause__
