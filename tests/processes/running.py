"""Starts the product's own processes on loopback, talks to them, kills them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

from cdp.app.workspace import RunInfo, read_run_info
from tests.processes.nursery import Child, Nursery

REPOSITORY = Path(__file__).parents[2]
T = TypeVar("T")


PATIENCE = 100.0
"""Seconds after which nothing will come of it any more, however busy the machine is; no measure of speed."""


def until(what: Callable[[], T | None], seconds: float = PATIENCE, every: float = 0.02) -> T:
    """The first answer of `what` that is not None; fails after a bounded time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = what()
        if answer is not None:
            return answer
        time.sleep(every)
    raise AssertionError(f"nothing came of it in {seconds} seconds")


def command(*arguments: str, workspace: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run `cdp …` to its end."""
    result = subprocess.run(
        [sys.executable, "-m", "cdp.app.cli", *arguments, "--workspace", str(workspace)],
        capture_output=True, text=True, timeout=120, cwd=REPOSITORY, check=False,
    )  # fmt: skip
    assert not check or result.returncode == 0, result.stderr
    return result


class Server:
    """`cdp serve`, on a free port unless one is given; by another `module` that does the same with something amiss."""

    def __init__(self, workspace: Path, port: int = 0, module: str = "cdp.app.cli", nursery: Nursery | None = None):
        self.workspace = workspace
        self._log = (workspace / "server.log").open("ab")
        self._process: subprocess.Popen[bytes] | Child = (
            nursery.fork(workspace, port)
            if nursery is not None
            else subprocess.Popen(
                [sys.executable, "-m", module, "serve", "--workspace", str(workspace), "--port", str(port)],
                stdout=self._log, stderr=subprocess.STDOUT, cwd=REPOSITORY,
            )
        )  # fmt: skip
        self.info = until(self._announced)
        # A connection is given up well before the server does so, or a request may meet its end on the way.
        self.http = httpx.Client(
            base_url=self.info.url, headers={"Authorization": f"Bearer {self.info.token}"}, trust_env=False, timeout=60,
            limits=httpx.Limits(keepalive_expiry=2),
        )  # fmt: skip
        until(self._answers)

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def _announced(self) -> RunInfo | None:
        assert self._process.poll() is None, (self.workspace / "server.log").read_text()
        info = read_run_info(self.workspace / "data")
        return info if info is not None and info.pid == self._process.pid else None

    def _answers(self) -> bool | None:
        assert self._process.poll() is None, (self.workspace / "server.log").read_text()
        try:
            return True if self.http.get("/healthz").is_success else None
        except httpx.HTTPError:
            return None

    def ask(self, operation: str, **parameters: Any) -> Any:
        """An operation's answer."""
        response = self.http.post(f"/v1/operations/{operation}", json=parameters, timeout=60)
        assert response.is_success, response.text
        return response.json()

    def settled(self) -> dict[str, Any]:
        """The status once every stage has come to the head, nothing waits and nothing is to be delivered."""

        def quiet() -> dict[str, Any] | None:
            status: dict[str, Any] = self.ask("status")
            lag = sum(stage["lag"] for stage in status["stages"].values())
            return status if lag == 0 and not status["inbox_pending"] else None

        return until(quiet)

    def kill(self) -> None:
        """SIGKILL, at whatever instruction it is."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, and wait."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process.poll() is None:
            os.kill(self._process.pid, how)
        self._process.wait(120)
        self.http.close()
        self._log.close()


@contextmanager
def serving(workspace: Path) -> Iterator[Server]:
    """A server for as long as the `with` lasts."""
    server = Server(workspace)
    try:
        yield server
    finally:
        server.stop()
