"""Commands about tables: project, rebuild, verify, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cdp.app.cli.call import HERE, AsJson, AsOf, Known, Workspace, call, call_long
from cdp.app.cli.output import NO, answer, fields, table
from cdp.errors import UsageError


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (project, rebuild, verify, export):
        app.command()(command)


def project(workspace: Workspace = HERE, json: AsJson = False) -> None:
    """Bring the tables up to the log's head."""
    answer(call(workspace, "project"), json, fields)


def rebuild(
    views: Annotated[
        list[str] | None, typer.Argument(help="Tables to fill anew, with those that read them; all if none is named.")
    ] = None,
    as_of: AsOf = "",
    known: Known = "",
    into: Annotated[
        Path | None, typer.Option(help="Write all tables into this new DuckDB file, and leave the present ones alone.")
    ] = None,
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Build every table again from the log, beside the present ones, and swap the result in; or fill some of them anew.

    With --into, a file of its own gets all tables, as they are now or as of a moment gone by.
    """
    asked: dict[str, Any] = {"views": views or None, "as_of": as_of, "known": known}
    asked["into"] = str(into.resolve()) if into else ""
    answer(call_long(workspace, "rebuild", **asked), json, _show_rebuilt)


def _show_rebuilt(document: dict[str, Any]) -> None:
    where = f" in {document['file']}" if "file" in document else ""
    typer.echo(
        f"{len(document['tables'])} tables at position {document['position']}{where}: {', '.join(document['tables'])}"
    )


def verify(workspace: Workspace = HERE, json: AsJson = False) -> None:
    """Replay the log and prove that tables and decisions come out identical. Exit code 1 at the first difference."""

    document = call(workspace, "verify")
    answer(document, json, _show_verified)
    if not document["ok"]:
        raise typer.Exit(NO)


def _show_verified(document: dict[str, Any]) -> None:
    tables, decisions = document["tables"], document["decisions"]
    table(tables["tables"], ("table", "rows", "rebuilt_rows", "digest", "rebuilt_digest"), "no tables")
    typer.echo(f"\nlog: {document['log']['events']} events, integrity checked")
    typer.echo(f"tables: {len(tables['tables'])} compared with a rebuild from zero")
    typer.echo(
        f"decisions: {decisions['compared']} of {decisions['runs']} runs taken again by engine {decisions['engine']}"
    )
    for older in decisions["older"]:
        typer.echo(f"decided by an older engine, would differ now: {older}")
    found = [*document["log"]["problems"], *tables["differences"], *filter(None, [decisions["difference"]])]
    typer.echo("\n".join(["NOT identical:", *map(str, found)]) if found else "identical")


def export(
    tables: Annotated[list[str] | None, typer.Argument(help="Tables; all of them if none is named.")] = None,
    all: Annotated[bool, typer.Option("--all", help="All tables, as when none is named.")] = False,
    to: Annotated[Path | None, typer.Option(help="Where to; data/published in the workspace for all tables.")] = None,
    format: Annotated[
        str, typer.Option(help="parquet, csv, excel (CSV for spreadsheets), ndjson, json or arrow.")
    ] = "parquet",
    as_of: AsOf = "",
    known: Known = "",
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Write tables as files. All of them as Parquet are published: a version with a manifest that takes the place of the
    last one as a whole, for DuckDB, Polars, pandas or Spark; readers of the last one are undisturbed."""
    if tables and all:
        raise UsageError("either tables are named or --all")
    place = str(to.resolve()) if to else ""
    if not tables and format == "parquet" and not (as_of or known):
        answer(call(workspace, "publish", to=place), json, fields)
        return
    if not place:
        raise UsageError("--to: name the directory in which these files are to be written")
    answer(
        call(workspace, "export", to=place, tables=tables or None, format=format, as_of=as_of, known=known),
        json,
        fields,
    )
