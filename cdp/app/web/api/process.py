"""The state of the process: liveness, readiness with the lag of every stage, Prometheus figures."""

from __future__ import annotations

from typing import Any

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cdp.app.operations import standing
from cdp.app.operations.runtime import Runtime
from cdp.app.web.api.events import Counts
from cdp.app.web.api.figures import Figures
from cdp.app.web.api.problems import RETRY_AFTER
from cdp.errors import LogError

READY_LAG = 50_000
"""Events a stage may be behind and still count as ready."""


def routes(runtime: Runtime, counts: Counts) -> list[Route]:
    """`/healthz`, `/readyz`, `/metrics`; they need no key and tell nothing about anybody."""
    registry = CollectorRegistry()
    registry.register(Figures(runtime, counts))

    def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    def readyz(_: Request) -> Response:
        found = _readiness(runtime)
        status, headers = (200, None) if found["ready"] else (503, RETRY_AFTER)
        return Response(msgspec.json.encode(found), status, headers, "application/json")

    def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4; charset=utf-8")

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


def _readiness(runtime: Runtime) -> dict[str, Any]:
    """Where the log and every stage stand. Of an error only its class: whoever asks here has shown no key.

    Of a log that does not answer nobody knows the head, so there is no lag either.
    """
    stages = runtime.worker.stages
    errors = {name: stage.error.partition(":")[0] for name, stage in stages.items()}
    try:
        head = runtime.system.log.head()
        places = {name: stage.position() for name, stage in stages.items()}
    except LogError as error:
        unknown = {name: {"position": None, "lag": None, "error": errors[name]} for name in stages}
        return {"ready": False, "log": {"position": None, "error": type(error).__name__}, "stages": unknown}
    lags = {name: max(head - place, 0) for name, place in places.items()}
    ready = not any(errors.values()) and all(lag < READY_LAG for lag in lags.values())
    known = {name: {"position": places[name], "lag": lags[name], "error": errors[name]} for name in stages}
    return {"ready": ready, "log": {"position": head, "error": ""}, "stages": known, "tables": _tables(runtime, head)}


def _tables(runtime: Runtime, head: int) -> dict[str, Any]:
    """How far behind each table is, and which one stopped the others."""
    projector = runtime.system.projector
    views = standing.lags(projector.reader().freshness().positions(), head)
    return {"stopped": projector.stopped.view if projector.stopped else "", "views": views}
