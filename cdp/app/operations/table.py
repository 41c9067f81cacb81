"""The operations by name: what the CLI sends to a running server, or does itself when there is none."""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cdp.app.keys import Scope
from cdp.app.operations import (
    asking,
    backup,
    copy_of_person,
    definitions,
    delivery,
    doctor,
    doors,
    erasure,
    exporting,
    funnels,
    identity,
    ingest,
    linking,
    metrics,
    past,
    persons,
    segments,
    state,
    tables,
    unmerging,
)
from cdp.app.operations.parameters import check_parameters
from cdp.app.operations.runtime import Runtime
from cdp.errors import NotFound

_logger = logging.getLogger("cdp.operations")


@dataclass(frozen=True)
class Operation:
    """One operation and the scope a caller needs for it."""

    function: Callable[..., Any]
    scope: Scope
    places: frozenset[str] = frozenset()
    """Parameters that name places on this machine: for the workspace's own command line alone."""
    dated: bool = False
    """Whether it answers as of moments gone by as well: it takes `as_of` and `known`, and says what they stood for."""

    @property
    def signed(self) -> bool:
        """Whether it puts on record who gave the order."""
        return "by" in inspect.signature(self.function).parameters


OPERATIONS: dict[str, Operation] = {
    "status": Operation(state.status, "read"),
    "doctor": Operation(doctor.doctor, "read"),
    "doctor.mend": Operation(doctor.mend, "admin"),
    "summary": Operation(state.summary, "read"),
    "project": Operation(tables.project, "operate"),
    "rebuild": Operation(tables.rebuild, "operate", frozenset({"into"}), dated=True),
    "backup": Operation(backup.backup, "admin", frozenset({"file", "keys"})),
    "verify": Operation(tables.verify, "operate"),
    "publish": Operation(tables.publish, "operate", frozenset({"to"})),
    "export": Operation(exporting.export, "operate", frozenset({"to"}), dated=True),
    "funnel": Operation(funnels.run_funnel, "read", dated=True),
    "dropped": Operation(funnels.dropped_at, "read", dated=True),
    "dropped.tag": Operation(funnels.tag_dropped, "operate"),
    "retention": Operation(funnels.run_retention, "read", dated=True),
    "metric": Operation(metrics.measure_metric, "read", dated=True),
    "metrics": Operation(metrics.list_metrics, "read"),
    "segment": Operation(segments.segment, "read", dated=True),
    "sql": Operation(asking.rows, "read", dated=True),
    "person.find": Operation(persons.find, "read", dated=True),
    "person.show": Operation(persons.show, "read", dated=True),
    "person.timeline": Operation(persons.timeline, "read", dated=True),
    "person.why": Operation(persons.why, "read"),
    "person.why_not": Operation(persons.why_not, "read"),
    "person.identity": Operation(identity.identity, "read"),
    "person.wrong_decisions": Operation(unmerging.wrong_decisions, "read"),
    "person.ambiguous": Operation(identity.ambiguous, "read"),
    "person.link": Operation(linking.link, "admin"),
    "person.unlink": Operation(linking.unlink, "admin"),
    "person.settle": Operation(linking.settle, "admin"),
    "person.export": Operation(copy_of_person.export, "admin"),
    "person.erase": Operation(erasure.erase, "admin"),
    "journey.deploy": Operation(definitions.deploy, "operate"),
    "journey.pause": Operation(definitions.pause, "operate"),
    "journey.list": Operation(definitions.list_journeys, "read"),
    "journey.runs": Operation(definitions.runs, "read"),
    "inbox.list": Operation(doors.list_failures, "operate"),
    "inbox.show": Operation(doors.show_raw, "admin"),
    "inbox.replay": Operation(doors.replay, "operate"),
    "ingest.keep": Operation(ingest.keep, "admin"),
    "outbox.list": Operation(delivery.list_actions, "operate"),
    "outbox.hold": Operation(delivery.hold, "operate"),
    "outbox.release": Operation(delivery.release, "operate"),
    "outbox.redrive": Operation(delivery.redrive, "operate"),
    "outbox.confirm": Operation(delivery.confirm, "operate"),
    "key.create": Operation(doors.create_key, "admin"),
    "key.list": Operation(doors.list_keys, "admin"),
    "key.revoke": Operation(doors.revoke_key, "admin"),
}


def perform(runtime: Runtime, name: str, parameters: dict[str, Any]) -> Any:
    """Do what is asked. Raises NotFound for an unknown operation, UsageError for parameters it does not take."""
    operation = OPERATIONS.get(name)
    if operation is None:
        raise NotFound("operation", name)
    as_of = known = ""
    if operation.dated:
        parameters, as_of, known = past.taken(parameters)
    check_parameters(name, operation.function, parameters)
    runtime = runtime.as_of(past.moment(runtime, as_of, known))
    began = time.perf_counter()
    answer = operation.function(runtime, **parameters)
    if as_of and isinstance(answer, dict):
        answer["as_of"] = past.told(runtime, as_of, known)
    fields = {"name": name, "ms": round((time.perf_counter() - began) * 1000, 1)}
    _logger.log(logging.DEBUG if operation.scope == "read" else logging.INFO, "operation", extra={"fields": fields})
    return answer
