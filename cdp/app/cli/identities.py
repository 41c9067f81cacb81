"""`cdp person`: why somebody is one person, what is held back, and saying who is one and who is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from cdp.app.cli.call import HERE, AsJson, Workspace, actor, call
from cdp.app.cli.output import answer, table
from cdp.app.cli.persons import Who, person_id
from cdp.errors import UsageError

_AS = "as TYPE:VALUE, TYPE:SCOPE:VALUE, or by number"
Several = Annotated[list[str], typer.Argument(help=f"Identifiers, {_AS}.")]
Reason = Annotated[str, typer.Option(help="Why, for the record. It stands in the log in clear: name nobody.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Write nothing; show what would change.")]
_JOINS = ("link", "types", "how", "position", "occurred_at", "source", "type", "by", "reason")
_STATEMENTS = ("position", "said", "identifiers", "holds", "occurred_at", "by", "reason")
_WRONG = (
    "verdict",
    "at",
    "type",
    "journey",
    "person_id",
    "channel",
    "reason",
    "outcome",
    "inside",
    "instead",
    "position",
)
_HELD = ("persons", "link", "types", "why", "position", "occurred_at", "source")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (identity, ambiguous, settle, link, unlink):
        app.command()(command)
    app.command("wrong-decisions")(wrong_decisions)


def identity(who: Who, workspace: Workspace = HERE, json: AsJson = False) -> None:
    """Say why somebody is one person: which identifiers were joined by which event, and what was said of them."""
    answer(call(workspace, "person.identity", person=person_id(workspace, who), reveal=True), json, _show_identity)


def ambiguous(
    limit: Annotated[int, typer.Option(help="At most so many.", min=1)] = 100,
    settled: Annotated[bool, typer.Option("--settled", help="Also links between persons who were told apart.")] = False,
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """List links that are held back, because somebody would have more of something than one person may have."""
    answer(call(workspace, "person.ambiguous", limit=limit, settled=settled), json, _show_ambiguous)


def settle(
    persons: Annotated[list[int], typer.Argument(help="The two persons, by their ids.")],
    same: Annotated[
        bool | None, typer.Option("--same/--different", help="They are one person, or they are not.")
    ] = None,
    reason: Reason = "",
    dry_run: DryRun = False,
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Settle what is held back between two persons: they are the same, whatever limits say, or they are not."""
    if same is None:
        raise UsageError("say --same or --different")
    how = {"same": same, "reason": reason, "by": actor(), "dry_run": dry_run}
    answer(call(workspace, "person.settle", persons=persons, **how), json, _show_change)


def link(
    identifiers: Several,
    to: Annotated[str, typer.Option(help="The person they belong to, by id or identifier.")] = "",
    beyond_limit: Annotated[
        bool, typer.Option("--beyond-limit", help="Also where a limit would hold it back: somebody really has two.")
    ] = False,
    reason: Reason = "",
    dry_run: DryRun = False,
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Say that identifiers belong to one person."""
    person = person_id(workspace, to) if to else None
    how = {"person": person, "beyond_limit": beyond_limit, "reason": reason, "by": actor(), "dry_run": dry_run}
    answer(call(workspace, "person.link", identifiers=identifiers, **how), json, _show_change)


def unlink(
    identifiers: Several,
    from_: Annotated[str, typer.Option("--from", help="The person none of them belongs to, by id or identifier.")] = "",
    reason: Reason = "",
    dry_run: DryRun = False,
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Say that identifiers belong to different persons; both are back as if they had never been one."""
    person = person_id(workspace, from_) if from_ else None
    how = {"person": person, "reason": reason, "by": actor(), "dry_run": dry_run}
    answer(call(workspace, "person.unlink", identifiers=identifiers, **how), json, _show_change)


def wrong_decisions(who: Who, workspace: Workspace = HERE, json: AsJson = False) -> None:
    """List what was decided while somebody else was taken for this person: after `unlink`, and whenever it is asked."""
    answer(call(workspace, "person.wrong_decisions", person=person_id(workspace, who)), json, _show_wrong)


def _show_wrong(document: dict[str, Any]) -> None:
    if not document["unmerges"]:
        typer.echo(f"nobody was ever told apart from person {document['person_id']}")
    for row in document["unmerges"]:
        by = f" by {row['by']}" if row["by"] else ""
        typer.echo(
            f"{row['occurred_at']}: {', '.join(map(str, row['identifiers']))} told apart{by} {row['reason']}".rstrip()
        )
        if row["since"] is None:
            typer.echo("they had not been one person")
            continue
        typer.echo(
            f"one person since {row['since']['occurred_at']} ({row['since']['type']}, {row['since']['position']})"
        )
        table(row["decisions"], _WRONG, "every decision would have been the same")


def _show_identity(document: dict[str, Any]) -> None:
    asked = document["asked_for"]
    merged = f" ({asked} was merged into it)" if asked != document["person_id"] else ""
    typer.echo(f"person {document['person_id']}{merged}")
    table(
        document["identifiers"], ("surrogate", "type", "value", "erased", "first_seen", "last_seen"), "no identifiers"
    )
    _part("joined by", document["joins"], _JOINS)
    _part("orders attached by", document["orders"], ("order", "beside", "position", "occurred_at", "source", "type"))
    _part("said of them", document["statements"], _STATEMENTS)
    _part("held back", [_held(row) for row in document["held"]], ("persons", "link", "types", "why"))


def _part(title: str, rows: list[dict[str, Any]], columns: Sequence[str]) -> None:
    if rows:
        typer.echo(f"\n{title}:")
        table([row | {"link": _pair(row.get("link")), "types": _pair(row.get("types"))} for row in rows], columns, "")


def _show_ambiguous(document: dict[str, Any]) -> None:
    rows = [_held(row) | (row["told_by"] or {}) for row in document["ambiguities"]]
    shown = [row | {"link": _pair(row["link"]), "types": _pair(row["types"])} for row in rows]
    table(shown, _HELD, "nothing is held back")
    if shown:
        typer.echo(
            f"{document['total']} in all; settle one with `cdp person settle PERSON PERSON --same` or `--different`"
        )


def _show_change(document: dict[str, Any]) -> None:
    if document["dry_run"]:
        typer.echo("nothing was written; this would change:")
    table(document["moved"], ("surrogate", "type", "from", "to"), "nobody's identifiers move")
    if document["moved"]:
        typer.echo(f"events that move: {document['events_moved']}, runs they are in: {document['open_runs']}")
    for row in map(_held, document["held"]):
        typer.echo(f"held back between persons {row['persons'][0]} and {row['persons'][1]}: {row['why']}")
    if any(row["reason"] == "limit" for row in document["held"]):
        typer.echo("say it with --beyond-limit if somebody really has that many")
    typer.echo(f"persons: {', '.join(map(str, document['persons']))}")
    if document["wrong_decisions"]:
        typer.echo(f"decided wrongly meanwhile: {document['wrong_decisions']}; see `cdp person wrong-decisions`")


def _held(row: dict[str, Any]) -> dict[str, Any]:
    limit = f"together more than {row['limit']} {row['type']}"
    return row | {"why": limit if row["reason"] == "limit" else "told apart"}


def _pair(two: Any) -> str:
    return " – ".join(map(str, two)) if two else ""
