"""Funnels and retention: how far people came, which step loses most, whom a step lost, and who came back."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cdp.app.cli.call import HERE, AsJson, AsOf, Day, Known, Workspace, call
from cdp.app.cli.figures import freshness, labelled, limit, micros, share
from cdp.app.cli.output import answer, fields, table


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(funnel)
    app.command()(retention)


def funnel(
    steps: Annotated[list[str] | None, typer.Argument(help="Steps, as 'live.watched where seconds >= 60'.")] = None,
    since: Day = "",
    until: Day = "",
    window: Annotated[str, typer.Option(help="Time from the first step in which the others count.")] = "14d",
    order: Annotated[str, typer.Option(help="sequential, strict or any.")] = "sequential",
    entry: Annotated[
        str,
        typer.Option(help="Who begins: at every event of step 1, at the first_ever of its type, or first_matching."),
    ] = "every",
    exclude: Annotated[
        list[str] | None,
        typer.Option(help="Whoever did this in between does not count: a step, or '2-3: STEP' between steps 2 and 3."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            help="Break down by a column of touchpoints, as channel, or by person.building, person.channel, …"
        ),
    ] = None,
    attribution: Annotated[
        str, typer.Option(help="Whose value counts in a breakdown: first, last, all, or a step's number.")
    ] = "first",
    compare: Annotated[
        bool, typer.Option("--compare", help="Beside the period before and the usual, with the step that loses most.")
    ] = False,
    dropped_at: Annotated[int, typer.Option(help="List who reached the step before this one and not this one.")] = 0,
    save_as_tag: Annotated[str, typer.Option(help="With --dropped-at: give them this tag.")] = "",
    as_of: AsOf = "",
    known: Known = "",
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Count how far people came; the shop's own seven steps if none are named."""
    rules = {"since": since, "until": until, "window": window, "order": order, "entry": entry, "exclude": exclude}
    rules["steps"] = steps or None
    if save_as_tag and not dropped_at:
        raise typer.BadParameter("it takes --dropped-at as well, which says whom", param_hint="--save-as-tag")
    if save_as_tag and as_of:
        raise typer.BadParameter("tags are given now, to those whom a funnel of now lost", param_hint="--as-of")
    moment = {"as_of": as_of, "known": known}
    if save_as_tag:
        answer(call(workspace, "dropped.tag", tag=save_as_tag, step=dropped_at, **rules), json, fields)
    elif dropped_at:
        answer(call(workspace, "dropped", step=dropped_at, **rules, **moment), json, _show_persons)
    else:
        found = call(workspace, "funnel", by=by, attribution=attribution, compare=compare, **rules, **moment)
        answer(found, json, _show_funnel)


def retention(
    start: Annotated[str, typer.Argument(help="What begins it: a step, as order.paid.")],
    returning: Annotated[str, typer.Argument(help="What counts as coming back; the same if left out.")] = "",
    since: Annotated[str, typer.Option(help="A local day in the first period.")] = "",
    periods: Annotated[int, typer.Option(help="How many periods.")] = 8,
    period: Annotated[str, typer.Option(help="day, week (from Monday) or month.")] = "week",
    kind: Annotated[
        str, typer.Option(help="first_time: begun once for all; recurring: in every period in which they did it.")
    ] = "first_time",
    mode: Annotated[str, typer.Option(help="Back on that very period, or on_or_after it.")] = "on",
    as_of: AsOf = "",
    known: Known = "",
    workspace: Workspace = HERE,
    json: AsJson = False,
) -> None:
    """Count who came back in the periods after; figures that may still grow carry a *."""
    asked = {"start": start, "returning": returning, "since": since, "periods": periods, "period": period}
    asked |= {"as_of": as_of, "known": known}
    answer(call(workspace, "retention", kind=kind, mode=mode, **asked), json, _show_retention)


def _show_persons(document: dict[str, Any]) -> None:
    typer.echo("\n".join(map(str, document["persons"])) or "nobody")


def _show_funnel(document: dict[str, Any]) -> None:
    for group in (document, *document["groups"]):
        if group is not document:
            typer.echo(f"\n{group['value'] if group['value'] is not None else 'no value'}:")
        table([_step(step) for step in group["steps"]], _COLUMNS, "nobody")
        _show_times(group)
    if "compared" in document:
        _show_compared(document)
    freshness(document)


_COLUMNS = ("step", "label", "persons", "dropped", "of_previous", "of_first", "median")


def _step(step: dict[str, Any]) -> dict[str, Any]:
    rates = {"of_previous": share(step["from_previous"]), "of_first": share(step["from_start"])}
    return {**step, **rates, "median": micros(step["median"])}


def _show_times(group: dict[str, Any]) -> None:
    """How long those took who came through."""
    bars = [bar for bar in group["histogram"] if bar["persons"]]
    if bars and len(group["steps"]) > 1:
        told = (f"{'≤ ' + limit(b['upto']) if b['upto'] else 'longer'}: {b['persons']}" for b in bars)
        typer.echo(f"from first to last: median {micros(group['median'])} ({', '.join(told)})")


def _show_compared(document: dict[str, Any]) -> None:
    days, before, history = document["days"], document["before"], document["history"]
    typer.echo(f"\n{days['since']} – {days['until']} against {before['since']} – {before['until']},")
    typer.echo(f"and the usual: the median of {len(history)} stretches of as many days since {history[-1]['since']}\n")
    rows = [
        {
            **held,
            "rate": share(held["rate"]),
            "before": share(held["rate_before"]),
            "usual": share(held["rate_usual"]),
            "missing": held["missing"] or "",
        }
        for held in document["compared"]
    ]
    table(rows, ("step", "label", "rate", "before", "usual", "worse_than", "missing"), "nobody")
    leak = document["leak"]
    if leak is None:
        return
    typer.echo(
        f"\n{_WORST[leak['worse_than']]}: {labelled({'zh': leak['label'], 'en': leak['name']})}, {share(leak['rate'])}; {leak['lost']} lost"
    )
    if leak["missing"]:
        typer.echo(f"{leak['missing']} more would have come; --dropped-at {leak['step']} lists whom it lost")
    if leak["advice"]:
        typer.echo("\n".join([f"通常这样做：{leak['advice']['zh']}", f"what usually helps: {leak['advice']['en']}"]))


_WORST = {
    "both": "worse than before and than usual",
    "before": "worse than the period before",
    "usual": "worse than usual",
    "nothing": "no step is worse; the lowest",
}


def _show_retention(document: dict[str, Any]) -> None:
    typer.echo(f"{document['start']} → {document['returning']}, {document['kind']}, {document['mode']}\n")
    rows = [
        {
            "from": cohort["start"],
            "persons": f"{cohort['size']}{'*' if cohort['open'] else ''}",
            **{f"+{n}": _cell(cell) for n, cell in enumerate(cohort["cells"]) if n},
        }
        for cohort in document["cohorts"]
    ]
    columns = ["from", "persons", *(f"+{n}" for n in range(1, len(document["cohorts"])))]
    table(rows, columns, "nobody")
    freshness(document)


def _cell(cell: dict[str, Any]) -> str:
    return f"{share(cell['share'])}{'*' if cell['open'] else ''}"
