"""What happens by the clock: days are closed, platforms asked for results, analysts' files published, old bodies deleted."""

from __future__ import annotations

from datetime import datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from cdp.app.closing import close_days
from cdp.app.operations.erasure import GRACE, finish_erasures
from cdp.app.operations.keeping import expire_bodies
from cdp.app.operations.runtime import Runtime
from cdp.app.operations.tables import publish
from cdp.clock import DrivenClock, zone

ASK_EVERY_SECONDS = 60
PUBLISH_FIRST_AFTER = timedelta(minutes=1)
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

    def end_day() -> None:
        if close_days(system.log, system.clock, str(tz), system.inbox):
            publish(runtime)

    # At midnight; where the log did not answer then, as soon as it does.
    scheduler.add_job(end_day, CronTrigger(minute="*/5", second=1, timezone=tz), id="end-day")
    scheduler.add_job(system.outbox.ask, IntervalTrigger(seconds=ASK_EVERY_SECONDS), id="ask-platforms")
    if every := system.settings.publish.every_minutes:
        soon = datetime.now(tz) + PUBLISH_FIRST_AFTER
        scheduler.add_job(lambda: publish(runtime), IntervalTrigger(minutes=every), id="publish", next_run_time=soon)
    scheduler.add_job(lambda: expire_bodies(runtime), IntervalTrigger(minutes=EXPIRE_EVERY_MINUTES), id="expire-bodies")
    scheduler.add_job(
        lambda: finish_erasures(runtime, grace=GRACE),
        IntervalTrigger(minutes=ERASE_EVERY_MINUTES),
        id="finish-erasures",
    )
    return scheduler
