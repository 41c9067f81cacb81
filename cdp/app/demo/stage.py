"""Where the demo is played: its directory, its two processes, its signals, its progress bars."""

from __future__ import annotations

import contextlib
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from cdp.app.demo.ends import SandboxEnd, ServerEnd, answers, server_of
from cdp.app.demo.processes import Child


@contextlib.contextmanager
def workspace_in(keep: Path | None) -> Iterator[Path]:
    """The directory to keep, or one that goes with the block."""
    if keep is not None:
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="cdp-demo-", ignore_cleanup_errors=True) as temporary:
        yield Path(temporary)


@contextlib.contextmanager
def sandbox_at(directory: Path, port: int) -> Iterator[SandboxEnd]:
    """The sandbox of a workspace, running; it ends with the block."""
    url = f"http://127.0.0.1:{port}"
    arguments = ["sandbox", "--workspace", str(directory), "--port", str(port)]
    with Child("the sandbox", arguments, directory / "data" / "sandbox.log") as child:
        child.until(lambda: answers(url))
        with contextlib.closing(SandboxEnd(url)) as end:
            yield end


@contextlib.contextmanager
def server_at(directory: Path, port: int) -> Iterator[tuple[ServerEnd, Child]]:
    """The server of a workspace, running, and its process; it ends with the block."""
    arguments = ["serve", "--workspace", str(directory), "--port", str(port)]
    with Child("the server", arguments, directory / "data" / "server.log") as child:
        info = child.until(lambda: server_of(directory, child.pid))
        with contextlib.closing(ServerEnd(info)) as end:
            yield end, child


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM ends the demo the way Ctrl-C does, so that its processes never outlive it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def progress_bars() -> Progress:
    """On stderr, and only where somebody looks."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )


def bar(bars: Progress, title: str, total: int) -> Callable[[int], None]:
    """A new bar; call the answer with how much more is done."""
    task = bars.add_task(title, total=total)
    return lambda done: bars.advance(task, done)
