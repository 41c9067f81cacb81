"""`cdp demo`: makes a workspace, starts sandbox and server, plays the story, shows what came of it."""

from __future__ import annotations

import contextlib
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from cdp.app.demo.ends import SandboxEnd, ServerEnd, answers, server_of
from cdp.app.demo.player import Player
from cdp.app.demo.processes import Child, choose_port
from cdp.app.demo.story.acts import Story
from cdp.app.demo.story.telling import SEED, tell
from cdp.app.demo.summary import DemoResult, show
from cdp.app.demo.template import HISTORY, Addresses, write_workspace
from cdp.app.file_import import Result, import_file


@dataclass(frozen=True)
class DemoOptions:
    """What `cdp demo` was asked for."""

    keep: Path | None = None
    """Where the workspace stays; without it it goes when the demo ends."""
    serve: bool = True
    """Keep the dashboard up after the summary, until Ctrl-C."""
    seed: int = SEED
    port: int = 8420
    """The dashboard's port; 0 takes a free one. Nobody looks at it without `serve`, so then any will do."""
    as_json: bool = False


def run_demo(options: DemoOptions) -> DemoResult:
    """Play the whole demo and print its summary; with `serve` it returns when the dashboard is ended by Ctrl-C.

    Sandbox and server are processes of their own and are ended whatever happens, Ctrl-C included. Raises UsageError
    for a taken port or a directory in use, CdpError when a process does not come up.
    """
    started = time.monotonic()
    port, sandbox_port = choose_port(options.port if options.serve else 0), choose_port()
    with _terminable(), _directory(options.keep) as directory, _bars() as bars:
        ready = _bar(bars, "写工作区，启动沙盒和服务", 3)
        story = tell(options.seed)
        write_workspace(directory, story, Addresses(port, sandbox_port))
        ready(1)
        with _sandbox(directory, sandbox_port) as sandbox, _server(directory, port) as (server, child):
            ready(2)
            player, imported = _perform(story, directory, sandbox, server, bars)
            result = _result(options, server, player, imported, time.monotonic() - started)
            bars.stop()
            _print(options, result)
            if options.serve:
                _keep_open(child, result)
    return result


def _perform(
    story: Story, directory: Path, sandbox: SandboxEnd, server: ServerEnd, bars: Progress
) -> tuple[Player, Result]:
    """History by file, then the evening and the days after, act by act."""
    sandbox.clock(story.opening)
    sandbox.introduce(story.contacts)
    file = directory / HISTORY
    imported = import_file(
        directory, file, source="history", historical=True, progress=_bar(bars, "导入 30 天历史", file.stat().st_size)
    )
    server.operation("journey.deploy")
    player = Player(server, sandbox)
    player.play(story.evening, _bar(bars, "周六晚《端午家宴》直播", len(story.evening)))
    player.play(story.after, _bar(bars, "之后五天：自提、退款、旅程", len(story.after)))
    player.finish()
    return player, imported


def _result(options: DemoOptions, server: ServerEnd, player: Player, imported: Result, seconds: float) -> DemoResult:
    figures = server.summary()
    journeys = server.operation("journey.list")["journeys"]
    return DemoResult(
        events=figures["events"],
        persons=figures["persons"],
        merges=figures["merges"],
        failed=figures["failed"],
        duplicates=figures["duplicates"] + imported.duplicate + player.answered["duplicate"],
        journeys_entered=figures["journeys_entered"],
        journeys={j["journey"]: {"name": j["name"], "entered": j["entered"]} for j in journeys},
        actions=figures["actions"],
        funnel=figures["funnel"],
        seconds=round(seconds, 1),
        seed=options.seed,
        url=server.url,
        workspace=str(options.keep.resolve()) if options.keep else "",
    )


def _print(options: DemoOptions, result: DemoResult) -> None:
    if options.as_json:
        sys.stdout.write(result.document() + "\n")
        sys.stdout.flush()
        return
    console = Console()
    show(result, console)
    if options.keep:
        console.print("\n工作区留下了，可以接着看:", Text("the workspace is kept", style="dim"))
        for command in ("serve", "verify", "journey list"):
            console.print(f"  cdp {command} --workspace {options.keep}", highlight=False)
    if options.serve:
        console.print(f"\n看板 dashboard: {result.url}  (Ctrl-C 结束)", style="bold")


def _keep_open(server: Child, result: DemoResult) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        server.wait()


@contextlib.contextmanager
def _directory(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="cdp-demo-", ignore_cleanup_errors=True) as temporary:
        yield Path(temporary)


@contextlib.contextmanager
def _sandbox(directory: Path, port: int) -> Iterator[SandboxEnd]:
    url = f"http://127.0.0.1:{port}"
    arguments = ["sandbox", "--workspace", str(directory), "--port", str(port)]
    with Child("the sandbox", arguments, directory / "data" / "sandbox.log") as child:
        child.until(lambda: answers(url))
        with contextlib.closing(SandboxEnd(url)) as end:
            yield end


@contextlib.contextmanager
def _server(directory: Path, port: int) -> Iterator[tuple[ServerEnd, Child]]:
    arguments = ["serve", "--workspace", str(directory), "--port", str(port)]
    with Child("the server", arguments, directory / "data" / "server.log") as child:
        child.until(lambda: server_of(directory, child.pid) is not None)
        info = server_of(directory, child.pid)
        assert info is not None
        with contextlib.closing(ServerEnd(info)) as end:
            yield end, child


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM ends the demo the way Ctrl-C does, so that its processes never outlive it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _bars() -> Progress:
    """On stderr, and only where somebody looks."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )


def _bar(bars: Progress, title: str, total: int) -> Callable[[int], None]:
    task = bars.add_task(title, total=total)
    return lambda done: bars.advance(task, done)
