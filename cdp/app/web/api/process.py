"""The state of the process: liveness, readiness with the lag of every stage, Prometheus figures."""

from __future__ import annotations

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cdp.app.operations.runtime import Runtime
from cdp.app.web.api.events import Counts
from cdp.app.web.api.figures import Figures

READY_LAG = 50_000
"""Events a stage may be behind and still count as ready."""


def routes(runtime: Runtime, counts: Counts) -> list[Route]:
    """`/healthz`, `/readyz`, `/metrics`; they need no key and tell nothing about anybody."""
    registry = CollectorRegistry()
    registry.register(Figures(runtime, counts))

    def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    def readyz(_: Request) -> Response:
        stages = _stages(runtime)
        ready = all(not s["error"] and int(str(s["lag"])) < READY_LAG for s in stages.values())
        return Response(
            msgspec.json.encode({"ready": ready, "stages": stages}),
            200 if ready else 503,
            media_type="application/json",
        )

    def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4; charset=utf-8")

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


def _stages(runtime: Runtime) -> dict[str, dict[str, object]]:
    """Where every stage stands. Of an error only its class: whoever asks here has shown no key."""
    head = runtime.system.log.head()
    return {
        name: {
            "position": stage.position(),
            "lag": max(head - stage.position(), 0),
            "error": stage.error.partition(":")[0],
        }
        for name, stage in runtime.worker.stages.items()
    }
