"""The Prometheus figures, read where they stand when they are asked for; docs/operations.md says what each means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from cdp.app.operations.runtime import Runtime
from cdp.app.web.api.events import Counts
from cdp.errors import LogError
from cdp.inbox.mapping import HTTP_DOOR
from cdp.log.latency import BOUNDS

_Rows = Mapping[tuple[str, ...], int]


class _Stored(NamedTuple):
    """One count of the inbox."""

    connector: str
    door: str
    outcome: str
    reason: str
    number: int


class Figures(Collector):
    """Nothing is counted here. What came in over HTTP counts since the process began, the rest since the workspace did."""

    def __init__(self, runtime: Runtime, counts: Counts):
        self._runtime, self._counts = runtime, counts

    def collect(self) -> Iterator[Metric]:
        """One family a figure."""
        yield from self._doors()
        yield self._commits()
        running, ended = self._runtime.system.asker.figures()
        yield GaugeMetricFamily("cdp_queries_running", "Queries of analysts that run now", running)
        outcomes: _Rows = {(outcome,): count for outcome, count in ended.items()}
        yield _counter("cdp_queries", "Queries of analysts by how they ended", ("outcome",), outcomes)
        try:
            told = [*self._stages(), *self._tables(), *self._outbox()]
        except LogError:
            told = []
        yield GaugeMetricFamily("cdp_log_up", "Whether the log answers", bool(told))
        yield from told

    def _doors(self) -> Iterator[Metric]:
        """What came in and what became of it: received = accepted + duplicate + failed + ignored + pending at each door."""
        stored = list(self._stored())
        callbacks = [row for row in stored if row.connector != HTTP_DOOR]
        http: dict[tuple[str, ...], int] = {
            ("http", outcome): count for outcome, count in self._counts.by_outcome.items()
        }
        ended = http | _sums(callbacks, lambda row: (row.door, row.outcome))
        received = Counter[tuple[str, ...]]()
        for (door, outcome), count in ended.items():
            received[door,] += count if outcome != "refused" else 0

        def of(outcome: str) -> _Rows:
            return {(door,): count for (door, known), count in ended.items() if known == outcome}

        def waiting(outcome: str) -> _Rows:
            return _sums([row for row in stored if row.outcome == outcome], lambda row: (row.door, row.reason))

        failed: _Rows = {("http", reason): count for reason, count in self._counts.by_reason.items()}
        yield _counter("cdp_received", "Events that came to a door", ("door",), received)
        yield _counter("cdp_accepted", "Events taken into the log", ("door",), of("accepted"))
        yield _counter("cdp_duplicate", "Events that were in the log already", ("door",), of("duplicate"))
        yield _counter("cdp_failed", "Events answered with a failure", ("door", "reason"), failed)
        yield _counter("cdp_ignored", "Understood, and of no interest", ("door", "reason"), waiting("ignored"))
        yield _counter("cdp_refused", "Callbacks that proved nothing", ("door", "reason"), waiting("refused"))
        yield _gauge(
            "cdp_inbox_failed", "Items that wait for a fix and a replay", ("door", "reason"), waiting("failed")
        )
        yield _gauge("cdp_inbox_pending", "Bodies stored and not mapped yet", ("door",), of("pending"))

    def _stored(self) -> Iterator[_Stored]:
        for row in self._runtime.system.inbox.counts():
            connector, name, outcome, reason = (str(row[k]) for k in ("connector", "name", "outcome", "reason"))
            yield _Stored(connector, f"{connector}/{name}", outcome, reason, int(str(row["count"])))

    def _commits(self) -> Metric:
        seen = self._runtime.system.log.commits.observed()
        buckets = [(str(bound), float(n)) for bound, n in zip(BOUNDS, seen.at_most, strict=True)]
        return HistogramMetricFamily(
            "cdp_commit_seconds", "Time until a commit of the log was durable",
            buckets=[*buckets, ("+Inf", float(seen.total))], sum_value=seen.seconds,
        )  # fmt: skip

    def _stages(self) -> Iterator[Metric]:
        head = self._runtime.system.log.head()
        stages = self._runtime.worker.stages
        yield GaugeMetricFamily("cdp_log_position", "Greatest position of the log", head)
        lag: _Rows = {(name,): max(head - stage.position(), 0) for name, stage in stages.items()}
        yield _gauge("cdp_stage_lag_events", "Events a stage is behind the log", ("stage",), lag)
        failures: _Rows = {(name,): stage.failures for name, stage in stages.items()}
        yield _gauge("cdp_stage_failures", "Failures of a stage in a row", ("stage",), failures)

    def _tables(self) -> Iterator[Metric]:
        head, projector = self._runtime.system.log.head(), self._runtime.system.projector
        behind: _Rows = {(name,): max(head - at, 0) for name, at in projector.reader().freshness().positions().items()}
        yield _gauge("cdp_table_lag_events", "Events a table is behind the log", ("table",), behind)
        stopped: _Rows = {(projector.stopped.view,): 1} if projector.stopped else {}
        yield _gauge("cdp_table_stopped", "A table that could not be computed, which stops all", ("table",), stopped)
        building = projector.rebuilding
        share = building.done / max(building.total, 1) if building else 1
        yield GaugeMetricFamily(
            "cdp_rebuild_done", "Share of what a rebuild is at that is done; 1 if none goes on", share
        )

    def _outbox(self) -> Iterator[Metric]:
        open_ = self._runtime.system.outbox.open()
        yield GaugeMetricFamily("cdp_outbox_open", "Actions requested and not settled", len(open_))
        states = Counter[tuple[str, ...]]((o.channel, o.state) for o in open_)
        yield _gauge("cdp_outbox_actions", "Open actions by channel and state", ("channel", "state"), states)


def _sums(rows: Iterable[_Stored], key: Callable[[_Stored], tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    sums = Counter[tuple[str, ...]]()
    for row in rows:
        sums[key(row)] += row.number
    return dict(sums)


def _counter(name: str, help_: str, labels: Iterable[str], rows: _Rows) -> Metric:
    family = CounterMetricFamily(name, help_, labels=list(labels))
    for values, count in rows.items():
        family.add_metric(list(values), count)
    return family


def _gauge(name: str, help_: str, labels: Iterable[str], rows: _Rows) -> Metric:
    family = GaugeMetricFamily(name, help_, labels=list(labels))
    for values, count in rows.items():
        family.add_metric(list(values), count)
    return family
