"""`cdp person`: find, show, export people, say why they got something, erase."""

from __future__ import annotations

import json as json_
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from cdp.app.cli.call import HERE, AsJson, AsOf, Known, Workspace, actor, call
from cdp.app.cli.output import answer, fields, table
from cdp.errors import UsageError

app = typer.Typer(help="People: who they are, what they did, why they got something.", no_args_is_help=True)
Who = Annotated[str, typer.Argument(help="A person id, or an identifier as TYPE:VALUE or TYPE:SCOPE:VALUE.")]
_CHAIN = ("position", "at", "what", "step", "detail")


@app.command()
def show(
    who: Who, as_of: AsOf = "", known: Known = "", workspace: Workspace = HERE, json: AsJson = False
) -> None:  # fmt: skip
    """Show a person: names, identifiers, the row of `persons`, and what is worth recommending to them."""
    answer(call(workspace, "person.find", identifier=who, reveal=True, as_of=as_of, known=known), json, fields)


@app.command()
def timeline(
    who: Who,
    limit: Annotated[int, typer.Option(help="At most so many events.")] = 50,
    type: Annotated[str, typer.Option(help="Only events of this type.")] = "",
    as_of: AsOf = "",
    known: Known = "",
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Show what a person did and got, newest first."""

    def show_events(document: dict[str, Any]) -> None:
        table(document["events"], ("position", "occurred_at", "type", "source", "order_id", "data"), "nothing yet")

    moment = {"as_of": as_of, "known": known}
    person = person_id(workspace, who, **moment)
    answer(call(workspace, "person.timeline", person=person, limit=limit, type=type, **moment), json, show_events)


@app.command()
def why(
    who: Who,
    journey: Annotated[str, typer.Argument(help="The journey's id.")],
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Say why a person got something from a journey: trigger, what branches saw, gates, actions and how they ended."""
    asked = call(workspace, "person.why", person=person_id(workspace, who), journey=journey)
    answer(asked, json, lambda d: table(d["chain"], _CHAIN, "this journey never decided anything about them"))


def why_not(
    who: Who,
    journey: Annotated[str, typer.Argument(help="The journey's id.")],
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Say why a person did not enter a journey: for every event that could have let them in, the first rule that said no."""
    asked = call(workspace, "person.why_not", person=person_id(workspace, who), journey=journey)
    answer(
        asked, json, lambda d: table(d["chain"], _CHAIN, "nothing that this journey waits for ever happened to them")
    )


@app.command()
def export(
    who: Who,
    to: Annotated[Path | None, typer.Option(help="Write into this new file, which its owner alone may read.")] = None,
    workspace: Workspace = HERE,
) -> None:
    """Export all that is known of a person as one JSON document: names, events with their texts, orders, journeys."""
    document = call(workspace, "person.export", person=person_id(workspace, who))
    text = json_.dumps(document, ensure_ascii=False, indent=1)
    if to is None:
        typer.echo(text)
        return
    try:
        descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise UsageError(f"{to} cannot be written ({error.strerror}); choose another file") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")
    typer.echo(f"{to}: {len(document['events'])} events", err=True)


@app.command()
def erase(
    who: Who,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; erasing cannot be undone.")] = False,
    despite_doubt: Annotated[
        bool, typer.Option("--despite-doubt", help="Also while a link to somebody else waits to be settled.")
    ] = False,
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Erase a person: identifiers, names, sealed texts and raw bodies. Totals stay. It cannot be undone."""
    person = person_id(workspace, who)
    if not yes:
        raise UsageError(f"erasing person {person} cannot be undone; say --yes to do it")
    answer(call(workspace, "person.erase", person=person, by=actor(), despite_doubt=despite_doubt), json, fields)


def person_id(workspace: Any, who: str, **moment: str) -> int:
    return int(call(workspace, "person.find", identifier=who, **moment)["person_id"])
