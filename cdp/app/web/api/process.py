"""The state of the process: liveness, readiness with the lag of every stage, Prometheus figures."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cdp.app.operations.runtime import Runtime
from cdp.app.web.api.events import Counts

READY_LAG = 50_000
"""Events a stage may be behind and still count as ready."""


def routes(runtime: Runtime, counts: Counts) -> list[Route]:
    """`/healthz`, `/readyz`, `/metrics`; they need no key and tell nothing about anybody."""
    registry = CollectorRegistry()
    registry.register(_Figures(runtime, counts))

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


class _Figures:
    """Reads the figures when they are asked for; nothing is counted twice."""

    def __init__(self, runtime: Runtime, counts: Counts):
        self._runtime, self._counts = runtime, counts

    def collect(self) -> Iterator[Metric]:
        """One family a figure."""
        received = CounterMetricFamily("cdp_http_events", "Events at the HTTP door by outcome", labels=["outcome"])
        for outcome, count in self._counts.by_outcome.items():
            received.add_metric([outcome], count)
        yield received
        items = GaugeMetricFamily(
            "cdp_inbox_items", "Items kept in the inbox", labels=["connector", "name", "outcome", "reason"]
        )
        for row in self._runtime.system.inbox.counts():
            labels = [str(row[k]) for k in ("connector", "name", "outcome", "reason")]
            items.add_metric(labels, float(str(row["count"])))
        yield items
        yield GaugeMetricFamily("cdp_log_position", "Greatest position of the log", self._runtime.system.log.head())
        lag = GaugeMetricFamily("cdp_stage_lag_events", "Events a stage is behind the log", labels=["stage"])
        for name, stage in _stages(self._runtime).items():
            lag.add_metric([name], float(str(stage["lag"])))
        yield lag
        yield GaugeMetricFamily(
            "cdp_outbox_open", "Actions requested and not settled", len(self._runtime.system.outbox.open())
        )


def _stages(runtime: Runtime) -> dict[str, dict[str, object]]:
    head = runtime.system.log.head()
    return {
        name: {"position": stage.position(), "lag": max(head - stage.position(), 0), "error": stage.error}
        for name, stage in runtime.worker.stages.items()
    }
