"""`cdp inbox`: what could not be taken."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cdp.app.cli.call import HERE, AsJson, Workspace, call
from cdp.app.cli.output import answer, fields, table

app = typer.Typer(help="What could not be taken, with its raw body; replay it after a fix.", no_args_is_help=True)


@app.command("list")
def list_(
    reason: Annotated[str, typer.Option(help="Only failures with this reason.")] = "",
    after: Annotated[int, typer.Option(help="Go on after this body.")] = 0,
    limit: Annotated[int, typer.Option(help="At most so many.")] = 100,
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """List failed items: where they came from, why, and at which path of the document."""

    def show(document: dict[str, Any]) -> None:
        columns = ("id", "item", "connector", "name", "received_at", "reason", "path", "message", "mapping")
        table(document["failures"], columns, "nothing failed")

    answer(call(workspace, "inbox.list", reason=reason, after=after, limit=limit), json, show)


@app.command()
def show(
    raw: Annotated[int, typer.Argument(help="The body's number, as `cdp inbox list` shows it.")],
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Show one raw body, readable, and what became of its items."""
    answer(call(workspace, "inbox.show", raw=raw), json, fields)


@app.command()
def replay(
    raws: Annotated[
        list[int] | None, typer.Argument(help="Bodies to map again; all with failures if none is named.")
    ] = None,
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Map failed bodies again. What is accepted now takes its true place in time; nothing doubles."""
    answer(call(workspace, "inbox.replay", raws=raws or None), json, fields)
