"""A query's process, from the side of the server: started, told what there is, ended."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cdp.errors import QueryStopped
from projections.asking.question import Setup
from projections.asking.wire import Silent, Wire

_MODULE = "projections.asking.process"
_INHERITED = ("PYTHONPATH", "PATH", "LANG", "LD_LIBRARY_PATH")
_ALLOCATION = {"MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system"}
"""What is bounded is the address space, so nobody is to reserve more of it than they use."""
_START_SECONDS = 60.0


class Child:
    """One process. `kill` may be called from any thread; whoever waits for it then meets EOFError or OSError."""

    def __init__(self, setup: Setup) -> None:
        """Start it. It knows nothing of this process but the pipes. Raises QueryStopped when it does not start."""
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", _MODULE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**environment, **_ALLOCATION},
                bufsize=0,
            )
        except OSError as error:
            raise QueryStopped("failed", f"it cannot be started: {error.strerror}") from None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._pipes = (self._process.stdin, self._process.stdout)
        self._wire = Wire(self._process.stdout.fileno(), self._process.stdin.fileno())
        self._spill = Path(setup.directory) / setup.spill
        try:
            self.say(setup)
            self.hear(_START_SECONDS)
        except (OSError, EOFError, Silent):
            self.close()
            raise QueryStopped("failed", "it did not start") from None

    def say(self, message: object) -> None:
        """Send it a message. Raises OSError when it is gone."""
        self._wire.say(message)

    def hear(self, seconds: float | None) -> dict[str, Any] | bytes:
        """What it says next. Raises Silent after that time, EOFError when it is gone."""
        return self._wire.hear(seconds)

    @property
    def alive(self) -> bool:
        """Whether it can be asked anything."""
        return self._process.poll() is None

    def ended(self) -> int:
        """How it ended, once it is gone: an exit code, or a signal as a negative number."""
        return self._process.wait()

    def kill(self) -> None:
        """End it now, whatever it does."""
        self._process.kill()

    def close(self) -> None:
        """End it, and take away what it leaves. For the thread that talks to it."""
        self._process.kill()
        self._process.wait()
        for pipe in self._pipes:
            pipe.close()
        shutil.rmtree(self._spill, ignore_errors=True)


class Children:
    """Processes that have answered and may answer again; another one is started when none waits. Thread-safe."""

    def __init__(self, setup: Callable[[], Setup]) -> None:
        self._setup = setup
        self._lock = threading.Lock()
        self._idle: list[Child] = []
        self._closed = False

    def take(self) -> Child:
        """One that waits for a question."""
        while True:
            with self._lock:
                child = self._idle.pop() if self._idle else None
            if child is None:
                return Child(self._setup())
            if child.alive:
                return child
            child.close()

    def put_back(self, child: Child) -> None:
        """It has answered, and may answer again."""
        with self._lock:
            if not self._closed:
                self._idle.append(child)
                return
        child.close()

    def close(self) -> None:
        """End those that wait, and from now on all that are put back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for child in idle:
            child.close()
