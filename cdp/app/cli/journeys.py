"""`cdp journey`: check, deploy, pause, list, runs, why, why-not, schema."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cdp.app.cli.call import HERE, AsJson, Workspace, actor, call
from cdp.app.cli.output import NO, answer, fields, table
from cdp.app.cli.persons import why, why_not

app = typer.Typer(help="Journeys: check the files, put them live, see what they did.", no_args_is_help=True)
app.command("why")(why)
app.command("why-not")(why_not)


@app.command()
def check(workspace: Workspace = HERE, json: AsJson = False) -> None:
    """Report every mistake in the definition files and cdp.toml at once, with file and line. Exit code 1 if there is one."""
    from cdp.app.operations.definitions import check as problems_of

    def show(document: dict[str, Any]) -> None:
        for p in document["problems"]:
            place = f"{p['file']}:{p['line']}" if p["line"] else p["file"]
            typer.echo(f"{place}: {p['path']}: {p['message']}" if p["path"] else f"{place}: {p['message']}")
        if not document["problems"]:
            typer.echo(f"{len(document['files'])} files, no mistakes")

    document = problems_of(workspace)
    answer(document, json, show)
    if document["problems"]:
        raise typer.Exit(NO)


@app.command()
def deploy(
    journeys: Annotated[
        list[str] | None, typer.Argument(help="Journeys to put live; all of them if none is named.")
    ] = None,
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Put journeys live as they stand in their files. Who is inside goes on with the version they entered with."""

    def show(document: dict[str, Any]) -> None:
        table(document["deployed"], ("journey", "version", "file"), "nothing changed since the last deployment")

    answer(call(workspace, "journey.deploy", journeys=journeys, by=actor()), json, show)


@app.command()
def pause(
    journey: Annotated[str, typer.Argument(help="The journey's id.")], workspace: Workspace = HERE, json: AsJson = False
) -> None:
    """Let nobody new in until it is deployed again; who is inside goes on."""
    answer(call(workspace, "journey.pause", journey=journey, by=actor()), json, fields)


@app.command("list")
def list_(workspace: Workspace = HERE, json: AsJson = False) -> None:
    """List journeys with version, state and counts."""

    def show(document: dict[str, Any]) -> None:
        columns = ("journey", "name", "version", "state", "entered", "inside", "left")
        table(
            document["journeys"],
            columns,
            "no journey was deployed yet; write one in journeys/ and `cdp journey deploy`",
        )

    answer(call(workspace, "journey.list"), json, show)


@app.command()
def runs(
    journey: Annotated[str, typer.Argument(help="The journey's id.")],
    limit: Annotated[int, typer.Option(help="At most so many.")] = 50,
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """List the latest runs of a journey."""

    def show(document: dict[str, Any]) -> None:
        table(
            document["runs"],
            ("run", "version", "entered_at", "step", "wake_at", "left_at", "reason"),
            "nobody entered yet",
        )

    answer(call(workspace, "journey.runs", journey=journey, limit=limit), json, show)


@app.command()
def schema() -> None:
    """Print the JSON Schema of journey files, for editors."""
    from json import dumps

    from journeys.schema import journey_schema

    typer.echo(dumps(journey_schema(), ensure_ascii=False, indent=2))
