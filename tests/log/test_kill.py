"""Killed at any moment, a log holds what it acknowledged, exactly once, and nothing by halves."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter

from cdp.log import open_log
from cdp.testing import fixed_clock
from tests.log.appending import BATCH

KILLS = 8


def _live_and_die(path, life: int, seconds: float) -> list[str]:
    """What a process acknowledged until it was killed, `seconds` after it was ready."""
    command = [sys.executable, "-m", "tests.log.appending", str(path), f"life{life}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        first = process.stdout.readline()
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        said = [first, *process.stdout]
    assert process.returncode == -signal.SIGKILL
    return [line.strip() for line in said if line.endswith("\n")]


def test_what_was_acknowledged_before_sigkill_is_there_exactly_once(tmp_path):
    path = tmp_path / "log.sqlite"
    dice = random.Random(20260619)
    said: list[str] = []
    for life in range(10 * KILLS):
        said += _live_and_die(path, life, dice.uniform(0.0, 0.12))
        # On a busy machine a life may be over before it acknowledged anything; then there are more of them.
        if life >= KILLS - 1 and sum(line.startswith("appended ") for line in said) > KILLS:
            break
    acknowledged = [line.removeprefix("appended ") for line in said if line.startswith("appended ")]
    decided = [int(line.removeprefix("decided ")) for line in said if line.startswith("decided ")]
    assert not [line for line in said if line.startswith("refused")]
    assert len(acknowledged) > KILLS

    with open_log(path, fixed_clock()) as log:
        assert log.check() == []
        events = log.read(0, 10_000_000)
        ids = Counter((e.source, e.id) for e in events)
        assert set(ids.values()) == {1}
        batches = Counter(e.id.partition(".")[0] for e in events if e.source == "facts")
        assert set(batches.values()) == {BATCH}
        assert set(acknowledged) <= set(batches)
        decisions = [e for e in events if e.source == "journeys"]
        assert [e.id for e in decisions] == [f"decision-{n}" for n in range(log.tracking("journeys"))]
        assert set(decided) <= set(range(len(decisions)))
