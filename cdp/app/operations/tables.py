"""Tables: bring them up to date, rebuild, verify, publish."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

from cdp.app.operations.runtime import Answer, Runtime
from cdp.app.operations.telling import Told
from cdp.errors import UsageError
from journeys.verify import verify as verify_decisions
from projections.catalog import base_tables
from projections.catalog import views as every_view
from projections.moments import Moment
from projections.publish import publish as publish_files
from projections.verify import verify_tables

_logger = logging.getLogger("cdp.tables")


def project(runtime: Runtime) -> Answer:
    """Bring the tables up to the log's head."""
    runtime.catch_up()
    return {"position": runtime.system.projector.position}


def rebuild(runtime: Runtime, views: list[str] | None = None, into: str = "") -> Answer:
    """Fill these views and what reads them anew; if none is named, build all tables from the log and swap them in.

    With `into`, all tables are written into a DuckDB file of that name instead, as of the moment that is asked for.
    """
    if runtime.then is not None and not into:
        raise UsageError("as_of: the tables of a moment go into a file of their own: name it with into")
    if into and views:
        raise UsageError("into: a new file gets all tables; name none")
    if into:
        moment = runtime.then.moment if runtime.then else Moment(runtime.system.log.head())
        runtime.system.moments.write(Path(into), moment, Told(_logger))
        return {"position": moment.position, "tables": [t.name for t in (*base_tables(), *every_view())], "file": into}
    if views and not runtime.serving:
        runtime.catch_up()
    again = runtime.system.projector.rebuild(views or (), progress=Told(_logger))
    return {"position": runtime.system.projector.position, "tables": again}


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
