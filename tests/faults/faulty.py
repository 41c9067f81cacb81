"""`cdp` with faults in it that a test turns on and off by files in the workspace.

`clock` holds microseconds that the system's clock is off by; `broken-STAGE` makes that stage of the worker fail.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from cdp.app import worker
from cdp.app.cli import main
from cdp.app.rush import Rush
from cdp.app.system import System
from cdp.app.worker import Stage
from cdp.clock import SystemClock

_workspace = Path(sys.argv[sys.argv.index("--workspace") + 1])
_sound = worker._stages


def _now(_: SystemClock) -> int:
    try:
        return time.time_ns() // 1000 + int((_workspace / "clock").read_text())
    except (FileNotFoundError, ValueError):
        return time.time_ns() // 1000


def _faulty(system: System, rush: Rush) -> dict[str, Stage]:
    stages = _sound(system, rush)
    for stage in stages.values():
        stage.work = _Breaking(stage)
    return stages


class _Breaking:
    def __init__(self, stage: Stage):
        self._name, self._work = stage.name, stage.work

    def __call__(self) -> bool:
        if (_workspace / f"broken-{self._name}").exists():
            raise OSError(f"{self._name} is broken by the test")
        return self._work()


if __name__ == "__main__":
    SystemClock.now = _now  # type: ignore[method-assign]
    worker._stages = _faulty
    main()
