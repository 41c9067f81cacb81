"""Metrics: what there are, and what one was on some days."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cdp.app.cli.call import HERE, AsJson, AsOf, Day, Known, Workspace, call
from cdp.app.cli.figures import freshness, labelled, share, shown
from cdp.app.cli.output import answer, table


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(metric)


def metric(
    name: Annotated[str, typer.Argument(help="The metric; all are listed if none is named.")] = "",
    since: Day = "",
    until: Day = "",
    by: Annotated[
        list[str] | None, typer.Option(help="Break down by one of its dimensions, by day, week or month, or by both.")
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Beside the period before: as many days, right before.")
    ] = False,
    as_of: AsOf = "",
    known: Known = "",
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Say what a metric was on some days, with its definition; without days, the last that are over."""
    if not name:
        answer(call(workspace, "metrics"), json, _show_all)
        return
    asked = {"since": since, "until": until, "by": by or [], "compare": compare, "as_of": as_of, "known": known}
    answer(call(workspace, "metric", name=name, **asked), json, _show)


def _show_all(document: dict[str, Any]) -> None:
    rows = [
        {
            **each,
            "label": labelled(each["label"]),
            "definition": each["definition"]["en"],
            "by": ", ".join(each["dimensions"]),
        }
        for each in document["metrics"]
    ]
    table(rows, ("metric", "area", "label", "unit", "by", "definition"), "no metrics")


def _show(document: dict[str, Any]) -> None:
    typer.echo(f"{document['metric']} · {labelled(document['label'])} ({document['unit']})")
    for language in ("zh", "en"):
        typer.echo(f"{document['definition'][language]} {document['period'][language]}")
    typer.echo(f"{document['since']} – {document['until']}\n")
    rows = document["rows"]
    unit = document["unit"]
    told = [
        {
            **row,
            "days": row["since"] if row["since"] == row["until"] else f"{row['since']} – {row['until']}",
            "value": shown(unit, row["value"]) + (" (open)" if row["open"] else ""),
            "of": f"{row['numerator']:,} / {row['denominator']:,}" if row.get("denominator") else "",
            "before": shown(unit, row.get("value_before")),
            "change": _change(unit, row),
        }
        for row in rows
    ]
    dimensions = [name for name in document["by"] if name in document["dimensions"]]
    columns = ["days", *dimensions, "value"]
    columns += ["of"] if any("denominator" in row for row in rows) else []
    columns += ["before", "change"] if document["compared_with"] else []
    table(told, columns, "nothing happened on these days")
    freshness(document)


def _change(unit: str, row: dict[str, Any]) -> str:
    """Points for a ratio, a share for everything else."""
    if unit == "ratio":
        return "" if row.get("change") is None else f"{row['change'] * 100:+.1f} pt"
    return (
        ""
        if row.get("change_share") is None
        else f"{'+' if row['change_share'] > 0 else ''}{share(row['change_share'])}"
    )
