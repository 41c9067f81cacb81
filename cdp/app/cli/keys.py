"""`cdp key`: access keys of the HTTP interface."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cdp.app.cli.call import HERE, AsJson, Workspace, call
from cdp.app.cli.output import answer, fields, table

app = typer.Typer(help="Access keys of the HTTP interface.", no_args_is_help=True)


@app.command()
def create(
    scope: Annotated[
        str, typer.Option(help="write (ingest only), read, operate (journeys, outbox) or admin.")
    ] = "write",
    source: Annotated[str, typer.Option(help="The `source` of events that come in under it and name none.")] = "",
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Make a key. Its secret is shown this once and kept nowhere."""
    answer(call(workspace, "key.create", scope=scope, source=source), json, fields)


@app.command("list")
def list_(workspace: Workspace = HERE, json: AsJson = False) -> None:
    """List keys, without their secrets."""

    def show(document: dict[str, Any]) -> None:
        table(document["keys"], ("id", "scope", "source", "prefix", "created_at", "revoked_at"), "no keys yet")

    answer(call(workspace, "key.list"), json, show)


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="The key's id, as `cdp key list` shows it.")],
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """From now on the key opens nothing."""
    answer(call(workspace, "key.revoke", key=key), json, fields)
