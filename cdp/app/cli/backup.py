"""Commands that care for a workspace's files: backup, restore, migrate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cdp.app.cli.call import HERE, AsJson, Workspace, call, for_its_owner_alone
from cdp.app.cli.output import answer, fields

Keys = Annotated[
    Path | None, typer.Option("--keys", help="The vault's key, in a file of its own; keep it apart from the backup.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (backup, restore, migrate):
        app.command()(command)


def backup(
    file: Annotated[Path, typer.Argument(help="The archive to write; one that exists is not overwritten.")],
    keys: Keys = None,
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Put the vault's key into the archive; then it opens by itself.")
    ] = False,
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Back up log (from SQLite or PostgreSQL), vault, inbox and access keys into one archive, while the server runs."""
    parameters = {"file": str(file.absolute()), "with_keys": with_keys}
    if keys is not None:
        parameters["keys"] = str(keys.absolute())
    answer(call(workspace, "backup", **parameters), json, fields)


def restore(
    file: Annotated[Path, typer.Argument(help="An archive made by `cdp backup`.")],
    into: Annotated[Path, typer.Option(help="A directory without data: a new one, or one with cdp.toml and journeys.")],
    keys: Keys = None,
    log: Annotated[
        str,
        typer.Option(
            help="The postgresql:// URL of an empty database for the log, if cdp.toml does not name it already."
        ),
    ] = "",
    json: AsJson = False,
) -> None:
    """Restore a workspace from a backup, apply the erasures its log knows, and build the tables again.

    Delivery is held until `cdp outbox release`.
    """
    from cdp.app.operations.restore import restore as run

    for_its_owner_alone()

    def show(document: dict[str, Any]) -> None:
        fields(document)
        typer.echo(document["beware"], err=True)

    answer(run(file, into, keys, log), json, show)


def migrate(workspace: Workspace = HERE, json: AsJson = False) -> None:
    """Bring a workspace that an older version wrote to the schema of this one. Make a copy first."""
    from cdp.app.migrations.ladder import migrate as run
    from cdp.app.settings import load
    from cdp.app.workspace import Hold

    data = load(workspace).data
    hold = Hold(data)
    try:
        taken = run(data)
    finally:
        hold.release()
    answer({"steps": [f"{step.to}: {step.what}" for step in taken]}, json, fields)
