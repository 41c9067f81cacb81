"""`/v1/persons`: who somebody is, what they did, why they got something; and what they may ask of the shop."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import JSONResponse

from cdp.app.web.api.asking import Asking, AsOf, Known
from cdp.app.web.api.exact import ExactRoute

Position = Annotated[int, Query(ge=0, le=2**62)]
BASE = "/v1/persons"
_DESPITE = "Also while a link to somebody else is held back, so that it is doubtful what is theirs"


def router(ask: Asking) -> APIRouter:
    """The routes. Names and identifier values are shown to callers with the scope `admin` alone."""
    routes = APIRouter(tags=["persons"], route_class=ExactRoute)

    @routes.get(BASE, summary="The person behind an identifier, as TYPE:VALUE")
    def find(request: Request, identifier: str, as_of: AsOf = "", known: Known = "") -> JSONResponse:
        reveal = ask.may(request, "admin")
        return ask(request, "person.find", identifier=identifier, reveal=reveal, as_of=as_of, known=known)

    @routes.get(BASE + "/{person}", summary="Everything known about a person; a merged-away id answers too")
    def show(request: Request, person: int, as_of: AsOf = "", known: Known = "") -> JSONResponse:
        reveal = ask.may(request, "admin")
        return ask(request, "person.show", person=person, reveal=reveal, as_of=as_of, known=known)

    @routes.get(BASE + "/{person}/timeline", summary="A person's events, newest first")
    def timeline(
        request: Request,
        person: int,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        before: Position = 0,
        type: str = "",
        as_of: AsOf = "",
        known: Known = "",
    ) -> JSONResponse:
        asked = {"limit": limit, "before": before, "type": type, "as_of": as_of, "known": known}
        return ask(request, "person.timeline", person=person, **asked)

    @routes.get(BASE + "/{person}/why", summary="Why somebody got something from a journey")
    def why(request: Request, person: int, journey: str) -> JSONResponse:
        return ask(request, "person.why", person=person, journey=journey)

    @routes.get(BASE + "/{person}/why-not", summary="Why somebody did not enter a journey")
    def why_not(request: Request, person: int, journey: str) -> JSONResponse:
        return ask(request, "person.why_not", person=person, journey=journey)

    @routes.get(BASE + "/{person}/export", summary="All that is known of a person, texts opened")
    def export(request: Request, person: int) -> JSONResponse:
        return ask(request, "person.export", person=person)

    @routes.post(BASE + "/{person}/erase", summary="Erase a person; it cannot be undone")
    def erase(
        request: Request, person: int, despite_doubt: Annotated[bool, Body(embed=True, description=_DESPITE)] = False
    ) -> JSONResponse:  # fmt: skip
        return ask(request, "person.erase", person=person, despite_doubt=despite_doubt)

    return routes
