"""Servers that start in a fraction of a second: forked from a process that has imported everything and opened nothing.

Killing a server two hundred times would otherwise be waiting for Python's imports two hundred times. What is forked is the
same program, run by the same command line.

    python -m tests.processes.nursery     reads "WORKSPACE<TAB>PORT" lines, answers each with the pid of a new server
"""

from __future__ import annotations

import importlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


class Child:
    """A forked server, as far as a test asks it."""

    def __init__(self, pid: int):
        self.pid = pid
        self._ended = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """None while it runs."""
        readable, _, _ = select.select([self._ended], [], [], 0)
        return 0 if readable else None

    def wait(self, timeout: float) -> None:
        """Until it has ended."""
        readable, _, _ = select.select([self._ended], [], [], timeout)
        assert readable, f"process {self.pid} did not end within {timeout} seconds"
        os.close(self._ended)


class Nursery:
    """The process from which servers are forked."""

    def __init__(self, process: subprocess.Popen[str]):
        self._process = process

    def fork(self, workspace: Path, port: int) -> Child:
        """A new server on a workspace; it writes to `server.log` there."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{workspace}\t{port}\n")
        self._process.stdin.flush()
        return Child(int(self._process.stdout.readline()))


@contextmanager
def nursery() -> Iterator[Nursery]:
    """One for as long as the `with` lasts; its servers are the caller's to end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.processes.nursery"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY,
    )  # fmt: skip
    with process:
        yield Nursery(process)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)


def _main() -> None:
    for module in ("cdp.app.cli.main", "cdp.app.serve", "cdp.app.logging", "uvloop", "httptools", "polars", "pyarrow"):
        importlib.import_module(module)
    # Nobody here waits for the children.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while line := sys.stdin.readline():
        workspace, port = line.rstrip("\n").split("\t")
        pid = os.fork()
        if pid == 0:
            _serve(workspace, port)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _serve(workspace: str, port: str) -> None:
    from cdp.app.cli import main

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(Path(workspace) / "server.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    null = os.open(os.devnull, os.O_RDONLY)
    for ours, theirs in ((null, 0), (log, 1), (log, 2)):
        os.dup2(ours, theirs)
    sys.argv = ["cdp", "serve", "--workspace", workspace, "--port", port]
    try:
        main()
    finally:
        os._exit(0)


if __name__ == "__main__":
    _main()
