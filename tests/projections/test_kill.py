"""A projector killed at any moment leaves the last batch it committed, and goes on from there."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cdp.log import open_log
from cdp.testing import fixed_clock
from projections.projector import Projector
from projections.verify import verify_tables
from tests.projections.tables import did

CODE = """
import sys
from cdp.log import open_log
from cdp.testing import fixed_clock
from projections.projector import Projector
log = open_log(sys.argv[1], fixed_clock())
projector = Projector(sys.argv[2], log)
print("ready", flush=True)
while projector.position < log.head():
    projector.advance(4)
    print(projector.position, flush=True)
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_projector_killed_at_any_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    # given a log of people who come, join and buy
    clock = fixed_clock()
    log = open_log(str(tmp_path / "log.sqlite"), clock)
    for n in range(60):
        log.append(
            [
                did("mall.visited", "10:00", n),
                did("group.joined", "11:00", n, group="g1"),
                did("order.paid", "12:00", n, order=f"E{n}", data={"amount_fen": 100}),
                did("order.completed", "13:00", order=f"E{n}"),
            ]
        )
    log.close()
    draw, told = random.Random(7), 0

    # when the process is killed again and again in the middle of its work
    for _ in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", CODE, str(tmp_path / "log.sqlite"), str(tmp_path / "t.duckdb")],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        for _ in range(draw.randrange(1, 4)):
            told = int(child.stdout.readline() or told)
        # The next batch is somewhere between its beginning and its commit.
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()

    # then what it said it had committed is there, and the tables are those of the log
    log = open_log(str(tmp_path / "log.sqlite"), clock)
    projector = Projector(tmp_path / "t.duckdb", log)
    assert told <= projector.position < log.head()
    assert projector.position % 4 == 0
    assert verify_tables(projector, log).ok
    projector.advance()
    assert projector.position == log.head()
    assert verify_tables(projector, log).ok
    projector.close()
    log.close()
