"""One person: who they are to the shop, what happened, and why they got what they got."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from cdp.app.recommended import recommended
from cdp.app.web.pages import errors
from cdp.app.web.pages.context import PageContext
from cdp.app.web.pages.figures import Figures
from cdp.app.web.pages.language import Texts
from cdp.app.web.pages.names import masked, names
from cdp.app.web.pages.past import Shown, shown_as_of
from cdp.app.web.pages.view import View, link
from cdp.app.web.reads import people, person
from cdp.app.web.reads.deployed import titles
from cdp.errors import NotFound

PAGE = 30
_QUOTED = ("text", "message")
"""Sealed fields that are what somebody said, opened for the timeline."""


@dataclass(frozen=True)
class Happening:
    """One line of a timeline."""

    at: datetime
    type: str
    about: str
    quote: str
    journey: str
    run: str


def router(view: View) -> APIRouter:
    """`/people/{id}`; an id that was merged away leads to whose it is. `as_of` names a day gone by."""
    routes = APIRouter(include_in_schema=False, route_class=errors.route_class(view))

    @routes.get("/people/{number:int}")
    def detail(request: Request, number: int) -> Response:
        shown = shown_as_of(view, request)
        context = shown.context
        row = person.row(context.reader, number)
        if row is None:
            return _elsewhere(view, request, shown, number)
        kind, page = _asked(request)
        events = person.timeline(context.reader, number, kind, PAGE, (page - 1) * PAGE)
        return view.page(
            request,
            "person.html",
            page="people",
            person=row,
            name=names(context, view.language(request), [number])[number],
            kind=kind,
            kinds=tuple(person.KINDS),
            events=_happenings(view, request, events[:PAGE]),
            number=page,
            more=len(events) > PAGE,
            explained=view.context.register is not None,
            was=was if (was := request.query_params.get("was", "")).isdecimal() and len(was) < 19 else "",
            **_facts(context, number),
            **shown.values(),
        )

    return routes


def _elsewhere(view: View, request: Request, shown: Shown, number: int) -> Response:
    """Where a number leads that is no person of its own; nowhere on a day on which nobody knew them yet."""
    try:
        current = today_id(shown.context, number)
    except NotFound:
        if shown.then is None or people.owner(view.context.reader, number) is None:
            raise
        return view.page(request, "person_unknown.html", page="people", number=number, **shown.values())
    was = number if view.context.register is not None else ""
    return RedirectResponse(link(f"/people/{current}", shown.keep(), was=was), 303)


def today_id(context: PageContext, number: int) -> int:
    """The person that an id stands for by these tables. Raises NotFound for a number that is nobody, or still the same."""
    current = people.owner(context.reader, number)
    if current is None or current == number:
        raise NotFound("person", number)
    return current


def _asked(request: Request) -> tuple[str, int]:
    kind, page = request.query_params.get("kind", "all"), request.query_params.get("page", "")
    number = max(1, int(page)) if page.isdecimal() and len(page) < 7 else 1
    return kind if kind in person.KINDS else "all", number


def _facts(context: PageContext, number: int) -> dict[str, Any]:
    reader = context.reader
    return {
        "groups": person.groups(reader, number),
        "orders": person.orders(reader, number, 8),
        "tags": person.tags(reader, number),
        "runs": person.journeys(reader, number),
        "recommended": recommended(reader, number),
        "identifiers": _identifiers(context, number),
        "titles": titles(context.log),
    }


def _identifiers(context: PageContext, number: int) -> list[dict[str, Any]]:
    """With the value as far as it may be seen; None where it was erased."""
    rows = person.identifiers(context.reader, number)
    known = context.vault.identifiers([r["surrogate"] for r in rows])
    show = context.workspace.show_identifiers
    return [r | {"value": masked(known[r["surrogate"]], show=show) if r["surrogate"] in known else None} for r in rows]


def _happenings(view: View, request: Request, rows: Sequence[dict[str, Any]]) -> list[Happening]:
    data = [json.loads(row["data"] or "{}") for row in rows]
    references = {str(d[f]) for d in data for f in _QUOTED if d.get(f)}
    opened = view.context.vault.open(references)
    t, f = view.language(request), view.figures(request)
    return [_happening(t, f, row, d, opened) for row, d in zip(rows, data, strict=True)]


def _happening(t: Texts, f: Figures, row: dict[str, Any], data: dict[str, Any], opened: Mapping[str, str]) -> Happening:
    quotes = [opened[str(data[f])] for f in _QUOTED if str(data.get(f)) in opened]
    return Happening(
        at=row["occurred_at"],
        type=row["type"],
        about=" · ".join(_about(t, f, row, data)),
        quote=" ".join(quotes),
        journey=row["journey"] or "",
        run=row["run_id"] or "",
    )


def _about(t: Texts, f: Figures, row: dict[str, Any], data: dict[str, Any]) -> list[str]:
    """The few words that tell one event from another of its type."""
    said = [
        row["live_title"] or row["live_id"],
        row["group_name"] or row["group_id"],
        data.get("title"),
        data.get("tag"),
    ]
    said += [item.get("title") for item in data.get("items", ())]
    if row["amount_fen"]:
        said.append(f.money(row["amount_fen"]))
    if row["via"]:
        said.append(t.name("channel", row["via"]))
    if reason := data.get("reason") or data.get("kind") if row["type"].startswith(("action.", "journey.")) else None:
        said.append(t.name("reason", reason))
    if data.get("detail"):
        said.append(t.name("event", data["detail"]))
    return [str(part) for part in dict.fromkeys(said) if part]
