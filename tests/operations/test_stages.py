"""What the stages write about themselves, and what happens by the clock."""

from __future__ import annotations

import json
import time
from itertools import count
from pathlib import Path

import pytest

from cdp.app.logging import configure, silence
from cdp.app.schedule import schedule
from cdp.clock import SystemClock
from tests.operations.shop import CONTROL, open_shop
from tests.processes.running import until


def test_a_stage_that_failed_and_goes_on_says_both_and_not_what_it_was_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cdp.app.worker._RETRY_AFTER", (0.01,))
    configure("info", tmp_path / "log")
    tries = count()

    def work() -> bool:
        if next(tries) == 0:
            raise ValueError(CONTROL.phone)
        return False

    with open_shop(tmp_path) as shop:
        worker = shop.runtime.worker
        worker.stages["lookup"].work = work
        worker.start()
        try:
            until(lambda: True if "goes on" in (tmp_path / "log").read_text() else None)
        finally:
            worker.stop()
            silence()
    failed, recovered = (json.loads(line) for line in (tmp_path / "log").read_text().splitlines())
    assert (failed["level"], failed["error"]) == ("error", "ValueError")
    assert (recovered["event"], recovered["failures"]) == ("stage lookup goes on", 1)
    assert CONTROL.phone not in (tmp_path / "log").read_text()


def test_in_a_rush_a_stage_that_worked_leaves_the_machine_to_the_doors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[str] = []

    def work() -> bool:
        runs.append("once more")
        return True

    with open_shop(tmp_path) as shop:
        worker = shop.runtime.worker
        monkeypatch.setattr(worker.rush, "on", lambda: True)
        monkeypatch.setattr(worker.rush, "rest", lambda worked: 3600.0)
        worker.stages["lookup"].work = work
        worker.start()
        try:
            until(lambda: runs or None)
            time.sleep(0.2)
            assert len(runs) == 1
            monkeypatch.setattr(worker.rush, "on", lambda: False)
            until(lambda: True if len(runs) > 3 else None)
        finally:
            worker.stop()


def test_old_bodies_and_unfinished_erasures_are_looked_after_by_the_clock(tmp_path: Path) -> None:
    with open_shop(tmp_path) as shop:
        assert schedule(shop.runtime) is None  # a driven clock does everything itself
        shop.system.clock = SystemClock()
        scheduler = schedule(shop.runtime)
        assert scheduler is not None
        jobs = {job.id: job for job in scheduler.get_jobs()}
        assert {"expire-bodies", "finish-erasures"} <= jobs.keys()
        for name in ("expire-bodies", "finish-erasures"):
            jobs[name].func()
