"""Commands about tables: project, rebuild, verify, export, funnel, sql."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cdp.app.cli.call import HERE, AsJson, Workspace, call
from cdp.app.cli.output import NO, answer, fields, table

Day = Annotated[str, typer.Option(help="A local day, as 2026-06-19.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (project, rebuild, verify, export, funnel, sql):
        app.command()(command)


def project(workspace: Workspace = HERE, json: AsJson = False) -> None:
    """Bring the tables up to the log's head."""
    answer(call(workspace, "project"), json, fields)


def rebuild(workspace: Workspace = HERE, json: AsJson = False) -> None:
    """Build every table again from the log and swap the result in."""
    answer(call(workspace, "rebuild"), json, fields)


def verify(workspace: Workspace = HERE, json: AsJson = False) -> None:
    """Replay the log and prove that tables and decisions come out identical. Exit code 1 at the first difference."""

    def show(document: dict[str, Any]) -> None:
        fields(document)
        typer.echo("identical" if document["ok"] else "NOT identical")

    document = call(workspace, "verify")
    answer(document, json, show)
    if not document["ok"]:
        raise typer.Exit(NO)


def export(
    to: Annotated[Path | None, typer.Option(help="Where to; data/published in the workspace if left out.")] = None,
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Write every table as Parquet for DuckDB, Polars, pandas or Spark; readers of the last export are undisturbed."""
    answer(call(workspace, "publish", to=str(to.resolve()) if to else ""), json, fields)


def funnel(
    steps: Annotated[list[str] | None, typer.Argument(help="Steps, as 'live.watched where seconds >= 60'.")] = None,
    since: Day = "",
    until: Day = "",
    window: Annotated[str, typer.Option(help="Time from the first step in which the others count.")] = "14d",
    order: Annotated[str, typer.Option(help="sequential, strict or any.")] = "sequential",
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Count how far people came; the shop's own seven steps if none are named."""

    def show(document: dict[str, Any]) -> None:
        rows = [{**s, "label": s.get("label") or s.get("name")} for s in document["steps"]]
        table(rows, ("label", "count", "from_previous", "from_start", "median_seconds"), "nobody")

    answer(
        call(workspace, "funnel", steps=steps or None, since=since, until=until, window=window, order=order), json, show
    )


def sql(
    query: Annotated[str, typer.Argument(help="One SELECT over the tables.")],
    limit: Annotated[int, typer.Option(help="At most so many rows.")] = 1000,
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Ask the tables in SQL."""

    def show(rows: list[dict[str, Any]]) -> None:
        table(rows, list(rows[0]) if rows else (), "no rows")

    answer(call(workspace, "sql", sql=query, limit=limit), json, show)
