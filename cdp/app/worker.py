"""The stages between the doors, each in a thread of its own: ingest, advance, deliver, look up, project.

Every stage can stop at any instruction and be started again. A stage that fails says so, keeps its place and tries the
same work again later; it never skips.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cdp.app.rush import Rush
from cdp.app.system import System
from cdp.clock import SECOND

_logger = logging.getLogger("cdp.worker")
_IDLE = 0.25
_GATHER = 1.0
_RETRY_AFTER = (1.0, 2.0, 5.0, 15.0, 60.0)
_RUSH_BATCH = 10_000
"""Events that the tables take at a time in a rush, so that a batch is over soon and the doors have the machine again."""


@dataclass
class Stage:
    """One stage: `work` does what there is to do and answers whether it did anything."""

    name: str
    work: Callable[[], bool]
    position: Callable[[], int]
    lock: threading.Lock = field(default_factory=threading.Lock)
    error: str = ""
    failures: int = 0

    def run(self) -> bool:
        """Work once. An error is remembered and raised."""
        with self.lock:
            try:
                did = self.work()
            except Exception as error:
                self.failed(error)
                raise
            self.error, self.failures = "", 0
            return did

    def failed(self, error: Exception) -> None:
        """Remember an error, until the stage works again."""
        self.error, self.failures = f"{type(error).__name__}: {error}", self.failures + 1


class Worker:
    """Runs the stages until it is stopped."""

    def __init__(self, system: System):
        self._system = system
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self.rush = Rush()
        self.stages = _stages(system, self.rush)

    def start(self) -> None:
        """Start one thread a stage."""
        for stage in self.stages.values():
            thread = threading.Thread(target=self._loop, args=(stage,), name=f"cdp-{stage.name}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Ask the stages to stop and wait until they have."""
        self._stop.set()
        self._system.inbox.arrived.set()
        for thread in self._threads:
            thread.join(timeout=30)

    def settle(self, *, project: bool = False) -> int:
        """Do all the work there is at the clock's present moment, in this thread; answers the log's head.

        With `project` the tables are brought up to that head as well. Raises what a stage raises.
        """
        names = ("ingest", "advance", "deliver", "lookup")
        while True:
            before = self._system.log.head()
            did = [self.stages[name].run() for name in names]
            if not any(did) and self._system.log.head() == before:
                break
        while project and self.stages["project"].run():
            pass
        return self._system.log.head()

    def _loop(self, stage: Stage) -> None:
        while not self._stop.is_set():
            began, failures = time.monotonic(), stage.failures
            try:
                did = stage.run()
                self._give_way(stage, time.monotonic() - began)
                if failures:
                    _logger.info("stage %s goes on", stage.name, extra={"fields": {"failures": failures}})
                if not did:
                    self._wait(stage)
                elif stage.name == "project":
                    # A few large batches cost less than many small ones: events gather as long as the last batch took.
                    self._stop.wait(min(time.monotonic() - began, _GATHER))
            except Exception as error:
                if stage.failures == failures:
                    stage.failed(error)  # it could not even wait for work, as when the log does not answer
                _logger.exception("stage %s failed; it keeps its place and tries again", stage.name)
                self._stop.wait(_RETRY_AFTER[min(stage.failures, len(_RETRY_AFTER)) - 1])

    def _give_way(self, stage: Stage, worked: float) -> None:
        """Leave the machine to the doors for a while if there is a rush, and not longer than it lasts."""
        until = time.monotonic() + self.rush.rest(worked)
        # What the inbox holds came through a door as well.
        while stage.name != "ingest" and self.rush.on() and (rest := until - time.monotonic()) > 0:
            if self._stop.wait(min(rest, _IDLE)):
                return

    def _wait(self, stage: Stage) -> None:
        if stage.name == "ingest":
            self._system.inbox.arrived.wait(_IDLE)
            self._system.inbox.arrived.clear()
        else:
            self._system.log.wait(stage.position(), self._pause(stage))

    def _pause(self, stage: Stage) -> float:
        """Seconds until the stage's next timer, at most the idle time."""
        due = {"advance": self._system.engine.next_due, "deliver": self._system.outbox.next_due}.get(stage.name)
        moment = due() if due is not None else None
        if moment is None:
            return _IDLE
        return min(max((moment - self._system.clock.now()) / SECOND, 0.001), _IDLE)


def _stages(system: System, rush: Rush) -> dict[str, Stage]:
    def advance() -> bool:
        head = system.log.head()
        due = system.engine.next_due()
        if system.log.tracking("journeys") >= head and (due is None or due > system.clock.now()):
            return False
        system.engine.advance()
        return True

    def project() -> bool:
        if system.projector.position >= system.log.head():
            return False
        if rush.on():
            system.projector.advance(_RUSH_BATCH)
        else:
            system.projector.advance()
        return True

    stages = (
        Stage("ingest", lambda: system.mapper.advance() > 0, system.log.head),
        Stage("advance", advance, lambda: system.log.tracking("journeys")),
        Stage("deliver", lambda: system.outbox.advance() > 0, lambda: system.outbox.position),
        Stage("lookup", lambda: system.lookups.advance() > 0, lambda: system.lookups.position),
        Stage("project", project, lambda: system.projector.position),
    )
    return {stage.name: stage for stage in stages}
