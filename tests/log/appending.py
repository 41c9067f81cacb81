"""A process that appends until it is killed, and says on its standard output what was acknowledged."""

from __future__ import annotations

import os
import sys
import threading

from cdp.clock import SystemClock
from cdp.errors import LogError
from cdp.log import Log, open_log, sqlite_keys
from cdp.testing import event

BATCH = 3


def main(path: str, life: str) -> None:
    """Three threads append batches, one decides with every decision moving its follower by one; keys settle often."""
    sqlite_keys.FRESH_MOST = 40
    log = open_log(path, SystemClock())
    threads = [threading.Thread(target=_append, args=(log, f"{life}-{name}")) for name in "abc"]
    for thread in (*threads, threading.Thread(target=_decide, args=(log, life))):
        thread.start()
    _say("ready")


def _append(log: Log, name: str) -> None:
    for number in range(1_000_000):
        log.append([event(id=f"{name}-{number}.{part}", source="facts", who=number % 50) for part in range(BATCH)])
        _say(f"appended {name}-{number}")


def _decide(log: Log, life: str) -> None:
    while True:
        taken = log.tracking("journeys")
        decision = event("journey.entered", id=f"decision-{taken}", source="journeys", stream="run/1")
        try:
            log.decide([decision], follower="journeys", position=taken + 1, expected={"run/1": taken})
        except LogError as error:
            _say(f"refused {error}")
            return
        _say(f"decided {taken}")


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
