"""`cdp outbox`: what is still to be delivered, what went no further, and what a person decides about it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cdp.app.cli.call import HERE, AsJson, Workspace, actor, call
from cdp.app.cli.output import answer, fields, table
from cdp.errors import UsageError

app = typer.Typer(help="What was requested and is not settled yet.", no_args_is_help=True)
_COLUMNS = ("action", "journey", "channel", "person_id", "state", "attempts", "next_at", "requested_at")
_STUCK = ("action", "journey", "channel", "person_id", "attempts", "requested_at", "detail")
Actions = Annotated[list[str], typer.Argument(help="Actions, as `cdp outbox list` shows them.")]


@app.command("list")
def list_(workspace: Workspace = HERE, json: AsJson = False) -> None:
    """List actions that are not settled, those of which nobody knows how they ended, and those that were given up."""
    answer(call(workspace, "outbox.list"), json, _show)


@app.command()
def hold(
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "",
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Deliver nothing until it is released. Journeys go on, and what they ask for waits."""
    answer(call(workspace, "outbox.hold", by=actor(), reason=reason), json, _show)


@app.command()
def release(workspace: Workspace = HERE, json: AsJson = False) -> None:
    """Deliver again, what waits included; after a restore, settle first what went out after the backup."""
    answer(call(workspace, "outbox.release", by=actor()), json, fields)


@app.command()
def redrive(
    actions: Annotated[list[str] | None, typer.Argument(help="Actions, as `cdp outbox list` shows them.")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="All that were given up.")] = False,
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Try once more. What ended nobody knows how may reach the person twice."""
    if bool(actions) is dead:
        raise UsageError("name actions, or say --dead for all that were given up")
    answer(call(workspace, "outbox.redrive", actions=None if dead else actions, by=actor()), json, fields)


@app.command()
def confirm(
    actions: Actions,
    not_delivered: Annotated[
        bool, typer.Option("--not-delivered", help="They did not arrive, and are not to be sent any more.")
    ] = False,
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Settle actions as you know they ended: they reached the person, or they did not."""
    answer(call(workspace, "outbox.confirm", actions=actions, delivered=not not_delivered, by=actor()), json, fields)


def _show(document: dict[str, Any]) -> None:
    if held := document["held"]:
        who = f" by {held['by']}" if held["by"] else ""
        typer.echo(f"delivery is held since {held['since']}{who}: {held['reason'] or 'no reason was given'}\n")
    table(document["open"], _COLUMNS, "nothing is open")
    for name, words in (("unknown", "nobody knows how these ended"), ("dead", "these were given up")):
        if document[name]:
            typer.echo(f"\n{words}; they are not sent again by themselves:")
            table(document[name], _STUCK, "")
