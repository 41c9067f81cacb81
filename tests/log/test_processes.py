"""Several processes append to one file, and the log is as if they had taken turns."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

from cdp.log import open_log
from cdp.testing import event, fixed_clock

APPEND = """
import sys
from cdp.clock import SystemClock
from cdp.log import open_log, sqlite_keys
from cdp.testing import event
sqlite_keys.FRESH_MOST = 60
with open_log(sys.argv[1], SystemClock()) as log:
    for number in range(60):
        mine = event(id=f"{sys.argv[2]}-{number}", who=number % 7 + 1)
        shared = event(id=f"shared-{number}", who=number % 7 + 1)
        print(*[outcome.outcome for outcome in log.append([mine, shared])])
"""


def test_processes_that_append_at_the_same_time_share_positions_and_find_each_others_events(tmp_path):
    path = str(tmp_path / "log.sqlite")
    writers = [
        subprocess.Popen([sys.executable, "-c", APPEND, path, name], stdout=subprocess.PIPE, text=True) for name in "ab"
    ]
    with open_log(path, fixed_clock()) as log:
        for number in range(30):
            log.append([event(id=f"c-{number}", who=3), event(id=f"shared-{number}", who=3)])
        outcomes = Counter(" ".join(writer.communicate()[0] for writer in writers).split())
        assert [writer.returncode for writer in writers] == [0, 0]
        events = log.read(0)
        ids = Counter(e.id for e in events)
        assert set(ids.values()) == {1}
        assert len(ids) == 60 + 60 + 30 + 60
        assert outcomes["accepted"] + outcomes["duplicate"] == 240
        assert [e.position for e in events] == list(range(1, 211))
        assert log.check() == []
