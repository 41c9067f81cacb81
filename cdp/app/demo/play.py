"""`cdp demo`: makes a workspace, starts sandbox and server, plays the story, shows what came of it."""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from cdp.app.demo.ends import SandboxEnd, ServerEnd
from cdp.app.demo.player import Player
from cdp.app.demo.processes import Child, choose_port
from cdp.app.demo.stage import bar, progress_bars, sandbox_at, server_at, terminable, workspace_in
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
    with terminable(), workspace_in(options.keep) as place, progress_bars() as bars:
        ready = bar(bars, "写工作区，启动沙盒和服务", 3)
        story = tell(options.seed)
        write_workspace(place, story, Addresses(port, sandbox_port))
        ready(1)
        with sandbox_at(place, sandbox_port) as sandbox, server_at(place, port) as (server, child):
            ready(2)
            player, imported = _perform(story, place, sandbox, server, bars)
            result = _result(options, server, player, imported, time.monotonic() - started)
            bars.stop()
            _print(options, result)
            if options.serve:
                _keep_open(child)
    return result


def _perform(
    story: Story, directory: Path, sandbox: SandboxEnd, server: ServerEnd, bars: Progress
) -> tuple[Player, Result]:
    """History by file, then the evening and the days after, act by act."""
    sandbox.clock(story.opening)
    sandbox.introduce(story.contacts)
    file = directory / HISTORY
    imported = import_file(
        directory, file, source="history", historical=True, progress=bar(bars, "导入 30 天历史", file.stat().st_size)
    )
    server.operation("journey.deploy")
    player = Player(server, sandbox)
    player.play(story.evening, bar(bars, "周六晚《端午家宴》直播", len(story.evening)))
    player.play(story.after, bar(bars, "之后五天：自提、退款、旅程", len(story.after)))
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


def _keep_open(server: Child) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        server.wait()
