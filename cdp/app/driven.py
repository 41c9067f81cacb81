"""Moves a driven clock: timers, midnights and deliveries fall due one after the other, as they would have in real time."""

from __future__ import annotations

from cdp.app.closing import close_days, next_midnight
from cdp.app.operations.runtime import Answer, Runtime
from cdp.clock import DrivenClock, iso
from cdp.errors import UsageError


def advance(runtime: Runtime, to: int, *, project: bool = False) -> Answer:
    """Move the clock to `to`, stopping at everything that falls due on the way; answers when all is settled.

    With `project` the tables are at the log's head when it answers. Raises UsageError where the clock is not driven.
    """
    system, worker = runtime.system, runtime.worker
    clock = system.clock
    if not isinstance(clock, DrivenClock):
        raise UsageError('this workspace runs on the system clock; only `clock = "driven"` can be moved')
    tz = system.settings.workspace.timezone
    worker.settle()
    while True:
        stops = (system.engine.next_due(), system.outbox.next_due(), next_midnight(clock.now(), tz))
        stop = min((s for s in stops if s is not None and s > clock.now()), default=to)
        if stop > to:
            break
        clock.advance_to(stop)
        close_days(system.log, clock, tz, system.inbox)
        worker.settle()
        if stop == to:
            break
    clock.advance_to(to)
    system.outbox.ask()
    position = worker.settle(project=project)
    return {"now": clock.now(), "time": iso(clock.now()), "position": position}
