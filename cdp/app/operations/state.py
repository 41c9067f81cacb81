"""How the workspace is: stages, lag, and the one-page summary of what came of it all."""

from __future__ import annotations

from cdp.app.operations.funnels import run_funnel
from cdp.app.operations.runtime import Answer, Runtime
from cdp.app.operations.standing import tables
from cdp.clock import iso


def status(runtime: Runtime) -> Answer:
    """Where the log, every stage and every table stand."""
    system = runtime.system
    head = system.log.head()
    return {
        "workspace": system.settings.workspace.name,
        "directory": str(system.settings.directory),
        "now": iso(system.clock.now()),
        "clock": system.settings.workspace.clock,
        "log": head,
        "stages": {
            name: {"position": stage.position(), "lag": max(head - stage.position(), 0), "error": stage.error}
            for name, stage in runtime.worker.stages.items()
        },
        "tables": tables(runtime, head),
        "inbox_pending": system.inbox.pending_count(),
        "outbox_open": len(system.outbox.open()),
        "outbox_held": system.outbox.held() is not None,
        "doors": system.inbox.counts(),
    }


def summary(runtime: Runtime) -> Answer:
    """What came of it all: events in, persons, merges, failures, journeys, actions by outcome, the seven-step funnel."""
    runtime.catch_up()
    reader = runtime.system.projector.reader()
    one = reader.rows(
        "SELECT (SELECT count(*) FROM touchpoints WHERE type NOT LIKE 'journey.%' AND type NOT LIKE 'action.%' "
        "AND source NOT IN ('workspace', 'outbox')) AS events, (SELECT count(*) FROM persons) AS persons, "
        "(SELECT count(*) FROM identifiers WHERE owner_kind = 'person') AS identifiers, "
        "(SELECT count(*) FROM journey_runs) AS journeys_entered"
    )[0]
    outcomes = reader.rows("SELECT outcome, count(*) AS n FROM actions GROUP BY outcome ORDER BY outcome")
    counts = runtime.system.inbox.counts()
    return {
        "events": one["events"],
        "persons": one["persons"],
        "merges": one["identifiers"] - one["persons"],
        "failed": _count(counts, "failed"),
        "duplicates": _count(counts, "duplicate"),
        "journeys_entered": one["journeys_entered"],
        "actions": {row["outcome"]: row["n"] for row in outcomes},
        "funnel": run_funnel(runtime)["counts"],
    }


def _count(counts: list[dict[str, object]], outcome: str) -> int:
    return sum(int(str(c["count"])) for c in counts if c["outcome"] == outcome)
