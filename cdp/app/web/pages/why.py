"""Why somebody got something: the chain from the trigger to the outcome, for every run through one journey."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from cdp.app.web.pages import errors, steps
from cdp.app.web.pages.language import Texts
from cdp.app.web.pages.names import names
from cdp.app.web.pages.person import today_id
from cdp.app.web.pages.view import View, link
from cdp.app.web.reads import person
from cdp.app.web.reads.chain import Move, chains, refusals
from cdp.app.web.reads.deployed import Deployed, deployed
from cdp.errors import NotFound


def router(view: View) -> APIRouter:
    """`/people/{id}/why?journey=…`."""
    routes = APIRouter(include_in_schema=False, route_class=errors.route_class(view))

    @routes.get("/people/{number:int}/why")
    def why(request: Request, number: int, journey: str = "") -> Response:
        reader, log, t = view.context.reader, view.context.log, view.language(request)
        if person.row(reader, number) is None:
            return RedirectResponse(link(f"/people/{today_id(view.context, number)}/why", journey=journey), 303)
        found = next((d for d in deployed(log) if d.journey.id == journey), None)
        if found is None:
            raise NotFound("journey", journey)
        runs = chains(log, reader, number, journey)
        return view.page(
            request,
            "why.html",
            page="people",
            number=number,
            name=names(view.context, t, [number])[number],
            found=found,
            chains=runs,
            refusals=[] if runs else refusals(log, reader, number, journey),
            title=lambda version, move: _title(found, version, move, t),
        )

    return routes


def _title(found: Deployed, version: int, move: Move, t: Texts) -> tuple[str, str]:
    """The step's kind and what it does, by the version that the run entered with."""
    definition = found.definitions.get(version)
    node = definition.nodes.get(move.step) if definition else None
    kind = node.step.kind if node else move.kind
    return t.name("stepkind", kind) if kind else move.step, steps.detail(node.step, t) if node else ""
