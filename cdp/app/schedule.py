"""What happens by the clock: days are closed, platforms asked for results, analysts' files published, old bodies deleted."""

from __future__ import annotations

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from cdp.app.configure import close_days
from cdp.app.operations.erasure import GRACE, finish_erasures
from cdp.app.operations.keeping import expire_bodies
from cdp.app.operations.runtime import Runtime
from cdp.app.operations.tables import publish
from cdp.clock import DrivenClock, zone

ASK_EVERY_SECONDS = 60
PUBLISH_EVERY_MINUTES = 30
EXPIRE_EVERY_MINUTES = 60
ERASE_EVERY_MINUTES = 5


def schedule(runtime: Runtime) -> BackgroundScheduler | None:
    """A scheduler with the workspace's jobs, not yet started; None under a driven clock, which does all that itself.

    A job that was missed while the process was down runs once when it is up again; none runs twice at a time.
    """
    system = runtime.system
    if isinstance(system.clock, DrivenClock):
        return None
    tz = zone(system.settings.workspace.timezone)
    scheduler = BackgroundScheduler(
        timezone=tz, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 3600}
    )
    scheduler.add_job(
        lambda: close_days(system.log, system.clock, str(tz)),
        CronTrigger(hour=0, minute=0, second=1, timezone=tz),
        id="close-days",
    )
    scheduler.add_job(system.outbox.ask, IntervalTrigger(seconds=ASK_EVERY_SECONDS), id="ask-platforms")
    scheduler.add_job(lambda: publish(runtime), IntervalTrigger(minutes=PUBLISH_EVERY_MINUTES), id="publish")
    scheduler.add_job(lambda: expire_bodies(runtime), IntervalTrigger(minutes=EXPIRE_EVERY_MINUTES), id="expire-bodies")
    scheduler.add_job(
        lambda: finish_erasures(runtime, grace=GRACE),
        IntervalTrigger(minutes=ERASE_EVERY_MINUTES),
        id="finish-erasures",
    )
    return scheduler
