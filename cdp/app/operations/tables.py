"""Tables: bring them up to date, rebuild, verify, publish, funnels."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from cdp.app.operations.runtime import Answer, Runtime
from cdp.clock import day_start, iso
from cdp.errors import UsageError
from journeys.verify import verify as verify_decisions
from projections.funnel import FULL_FUNNEL, Exclusion, dropped, funnel, parse_step
from projections.publish import publish as publish_files
from projections.verify import verify_tables


def project(runtime: Runtime) -> Answer:
    """Bring the tables up to the log's head."""
    runtime.catch_up()
    return {"position": runtime.system.projector.position}


def rebuild(runtime: Runtime) -> Answer:
    """Build every table again from the log and swap the result in."""
    with runtime.worker.stages["project"].lock:
        runtime.system.projector.rebuild()
    return {"position": runtime.system.projector.position}


def verify(runtime: Runtime) -> Answer:
    """Replay the log from zero; compare every table and every decision. `ok` says whether all came out identical.

    Decides nothing and delivers nothing.
    """
    runtime.catch_up()
    with runtime.worker.stages["project"].lock:
        tables = verify_tables(runtime.system.projector, runtime.system.log)
    decisions = verify_decisions(runtime.system.log)
    damage = runtime.system.log.check()
    return {
        "ok": tables.ok and decisions.ok and not damage,
        "position": runtime.system.log.head(),
        "log": {"events": runtime.system.log.head(), "problems": damage},
        "tables": tables.as_dict(),
        "decisions": decisions.as_dict(),
    }


def publish(runtime: Runtime, to: str = "") -> Answer:
    """Write every table as Parquet for analysts, swapped in as one."""
    runtime.catch_up()
    directory = Path(to) if to else runtime.system.settings.data / "published"
    keep = timedelta(hours=runtime.system.settings.publish.keep_hours)
    manifest = publish_files(runtime.system.projector, directory, keep)
    return {"directory": str(directory / "current"), "position": manifest.position, "tables": len(manifest.tables)}


def run_funnel(
    runtime: Runtime, steps: list[str] | None = None, since: str = "", until: str = "", window: str = "14d",
    order: str = "sequential", by: str | None = None, exclude: list[str] | None = None,
) -> Answer:  # fmt: skip
    """A funnel over persons; the shop's own seven steps if none are named. Days are local, both inclusive."""
    first, after = _span(runtime, since, until)
    result = funnel(
        runtime.reader(), steps or FULL_FUNNEL, since=first, until=after, window=window, order=order, by=by,
        exclusions=[Exclusion(parse_step(e)) for e in exclude or ()],
    )  # fmt: skip
    return {**result.as_dict(), **_freshness(runtime)}


def dropped_at(
    runtime: Runtime, step: int, steps: list[str] | None = None, since: str = "", until: str = "", window: str = "14d",
    order: str = "sequential", exclude: list[str] | None = None,
) -> Answer:  # fmt: skip
    """Who reached step `step - 1` and not step `step`, by the same rules as the funnel."""
    first, after = _span(runtime, since, until)
    lost = dropped(
        runtime.reader(), steps or FULL_FUNNEL, step=step, since=first, until=after, window=window, order=order,
        exclusions=[Exclusion(parse_step(e)) for e in exclude or ()],
    )  # fmt: skip
    return {"persons": lost}


def _span(runtime: Runtime, since: str, until: str) -> tuple[int | None, int | None]:
    tz = runtime.system.settings.workspace.timezone
    try:
        first = day_start(date.fromisoformat(since), tz) if since else None
        after = day_start(date.fromordinal(date.fromisoformat(until).toordinal() + 1), tz) if until else None
    except ValueError as error:
        raise UsageError(f"a day is written as 2026-06-19: {error}") from None
    return first, after


def _freshness(runtime: Runtime) -> Answer:
    fresh = runtime.reader().freshness()
    return {"position": fresh.position, "recorded_at": iso(fresh.recorded_at), "today": str(fresh.today or "")}
