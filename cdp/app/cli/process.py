"""Commands about the workspace as a whole: demo, init, serve, sandbox, status, doctor, ingest."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cdp.app.cli.call import HERE, AsJson, Workspace, call, for_its_owner_alone
from cdp.app.cli.output import NO, answer, fields, table

Port = Annotated[int | None, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (demo, init, serve, sandbox, status, doctor, ingest):
        app.command()(command)


def demo(
    keep: Annotated[Path | None, typer.Option(help="Keep the workspace in this directory.")] = None,
    no_serve: Annotated[
        bool, typer.Option("--no-serve", help="End after the summary instead of serving the dashboard.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Another seed tells another month.")] = 20260619,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the dashboard; 0 takes a free one.")] = 8420,
    json: AsJson = False,
) -> None:
    """Play the Dragon Boat campaign against the platform sandbox, show what came of it, then serve the dashboard."""
    from cdp.app.demo.play import DemoOptions, run_demo

    run_demo(DemoOptions(keep=keep, serve=not no_serve, seed=seed, port=port, as_json=json))


def init(
    directory: Annotated[Path, typer.Argument(help="An empty or new directory.")],
    playbook: Annotated[str, typer.Option(help="fresh (greengrocer), bakery or baby.")] = "fresh",
    json: AsJson = False,
) -> None:
    """Make a workspace with settings, traits, a campaign and working journeys."""
    from cdp.app.playbooks import init_workspace

    made = init_workspace(directory, playbook)
    answer({"workspace": str(directory), "playbook": playbook, "files": [str(f) for f in made]}, json, fields)
    if not json:
        typer.echo(f"next: edit {directory / 'cdp.toml'}, then `cdp serve --workspace {directory}`")


def serve(
    workspace: Workspace = HERE,
    port: Port = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "",
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error, instead of what cdp.toml says.")] = "",
) -> None:
    """Serve the workspace: take events in, run journeys, deliver, show the dashboard."""
    from cdp.app.logging import configure_for
    from cdp.app.serve import serve as run
    from cdp.app.settings import load

    settings = load(workspace)
    if host:
        settings = settings.at(host)
    for_its_owner_alone()
    configure_for(settings, log_level)
    run(settings, port=port, announce=lambda url: typer.echo(f"{settings.workspace.name}: {url}", err=True))


def sandbox(workspace: Workspace = HERE, port: Port = None) -> None:
    """Run the platform sandbox: WeCom and malls on this machine, with real encryption, limits and receipts."""
    from cdp.app.sandbox.run import run_for_workspace
    from cdp.app.settings import load

    run_for_workspace(load(workspace), port)


def status(workspace: Workspace = HERE, json: AsJson = False) -> None:
    """Say where the log and every stage stand."""
    answer(call(workspace, "status"), json, fields)


def doctor(
    mend: Annotated[
        bool, typer.Option("--mend", help="First let a vault that is older than the log skip the numbers that it gave.")
    ] = False,
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Check integrity of log, vault and inbox, and that they belong together. Exit code 1 when something is wrong."""
    if mend:
        call(workspace, "doctor.mend")

    def show(document: dict[str, Any]) -> None:
        for line in document["problems"] or ["all is well"]:
            typer.echo(line)

    document = call(workspace, "doctor")
    answer(document, json, show)
    if document["problems"]:
        raise typer.Exit(NO)


def ingest(
    files: Annotated[list[Path], typer.Argument(help="Files of events: .jsonl, .csv, .parquet, also .gz.")],
    format: Annotated[str, typer.Option(help="jsonl, csv or parquet, where the name does not say.")] = "",
    map: Annotated[Path | None, typer.Option(help="A mapping file that says what the columns mean.")] = None,
    source: Annotated[str, typer.Option(help="The `source` of events that name none.")] = "file",
    history: Annotated[bool, typer.Option("--history", help="The past: builds profiles, starts no journeys.")] = False,
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Take events from files, however large. What fails is written beside the file and stays in the inbox; an
    interrupted import goes on where it stopped, and taking a file again changes nothing."""
    from rich.console import Console
    from rich.progress import Progress

    from cdp.app.file_import import import_file, known_format

    for_its_owner_alone()
    kind = known_format(format) if format else None
    results = []
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        for file in files:
            task = bar.add_task(file.name, total=file.stat().st_size if file.is_file() else None)
            result = import_file(
                workspace, file, source=source, historical=history, format=kind, mapping=map,
                progress=lambda n, t=task: bar.advance(t, n),  # type: ignore[misc]
            )  # fmt: skip
            results.append({"file": str(file), **vars(result)})

    def show(document: dict[str, Any]) -> None:
        table(document["files"], ("file", "accepted", "duplicate", "failed", "resumed_after"), "")
        for row in document["files"]:
            for line, reason, path, message in row["failures"]:
                typer.echo(f"{row['file']}:{line}: {path}: {reason}: {message}", err=True)
            if row["failed"] > len(row["failures"]):
                typer.echo(f"all failures: {row['failed_file']}", err=True)

    answer({"files": results}, json, show)
    if any(r["failed"] for r in results):
        raise typer.Exit(NO)
