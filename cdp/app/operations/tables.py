"""Tables: bring them up to date, rebuild, verify, publish."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from cdp.app.operations.runtime import Answer, Runtime
from journeys.verify import verify as verify_decisions
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
