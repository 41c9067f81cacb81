"""The two processes of a demo, sandbox and server: started, waited for, and ended by their ids, whatever happens."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from cdp.errors import CdpError, UsageError

_PATIENCE = 45.0
_POLL = 0.05
_GOODBYE = 15.0
_T = TypeVar("_T")


class Child:
    """One process of ours. Leaving the `with` block ends it: it is asked first, and killed if it does not go."""

    def __init__(self, name: str, arguments: list[str], log: Path):
        self.name, self._log = name, log
        with log.open("ab") as out:
            # A session of its own: Ctrl-C is ours to handle, and the child ends when we have said goodbye.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cdp.app.cli", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    @property
    def pid(self) -> int:
        return self._process.pid

    def until(self, ready: Callable[[], _T | None]) -> _T:
        """Wait until `ready` answers something true, and answer that.

        Raises CdpError with the process's last words if it ends first, or takes too long.
        """
        deadline = time.monotonic() + _PATIENCE
        while not (answer := ready()):
            if self._process.poll() is not None:
                raise CdpError(f"{self.name} did not start: {self._last_words()}")
            if time.monotonic() > deadline:
                raise CdpError(f"{self.name} was not ready after {_PATIENCE:.0f} s; its log is {self._log}")
            time.sleep(_POLL)
        return answer

    def wait(self) -> int:
        """Wait until it ends by itself; answers its exit code."""
        return self._process.wait()

    def end(self) -> None:
        """End it, and only it; again does nothing."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(_GOODBYE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {self._process.returncode}"


def choose_port(wanted: int = 0) -> int:
    """The wanted port, or a free one for 0. Raises UsageError when the wanted one is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError as error:
            raise UsageError(
                f"port {wanted} on 127.0.0.1 cannot be used ({error.strerror}); "
                "choose another with --port, or --port 0 for a free one"
            ) from None
        port: int = probe.getsockname()[1]
        return port
