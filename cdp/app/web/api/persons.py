"""`/v1/persons`: who somebody is, what they did, why they got something; and what they may ask of the shop."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import JSONResponse

from cdp.app.web.api.asking import Asking

Position = Annotated[int, Query(ge=0, le=2**62)]
Identifiers = Annotated[list[str], Body(embed=True, description="Two or more, as TYPE:VALUE or TYPE:SCOPE:VALUE")]
Reason = Annotated[str, Body(embed=True)]
_BASE = "/v1/persons"


def router(ask: Asking) -> APIRouter:
    """The routes. Names and identifier values are shown to callers with the scope `admin` alone."""
    routes = APIRouter(tags=["persons"])

    @routes.get(_BASE, summary="The person behind an identifier, as TYPE:VALUE")
    def find(request: Request, identifier: str) -> JSONResponse:
        return ask(request, "person.find", identifier=identifier, reveal=ask.may(request, "admin"))

    @routes.get(_BASE + "/{person}", summary="Everything known about a person; a merged-away id answers too")
    def show(request: Request, person: int) -> JSONResponse:
        return ask(request, "person.show", person=person, reveal=ask.may(request, "admin"))

    @routes.get(_BASE + "/{person}/timeline", summary="A person's events, newest first")
    def timeline(
        request: Request,
        person: int,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        before: Position = 0,
        type: str = "",
    ) -> JSONResponse:
        return ask(request, "person.timeline", person=person, limit=limit, before=before, type=type)

    @routes.get(_BASE + "/{person}/why", summary="Why somebody got something from a journey")
    def why(request: Request, person: int, journey: str) -> JSONResponse:
        return ask(request, "person.why", person=person, journey=journey)

    @routes.get(_BASE + "/{person}/why-not", summary="Why somebody did not enter a journey")
    def why_not(request: Request, person: int, journey: str) -> JSONResponse:
        return ask(request, "person.why_not", person=person, journey=journey)

    @routes.get(_BASE + "/{person}/export", summary="All that is known of a person, texts opened")
    def export(request: Request, person: int) -> JSONResponse:
        return ask(request, "person.export", person=person)

    @routes.post(_BASE + "/{person}/erase", summary="Erase a person; it cannot be undone")
    def erase(request: Request, person: int) -> JSONResponse:
        return ask(request, "person.erase", person=person)

    @routes.post(_BASE + "/link", summary="Identifiers belong to one person")
    def link(request: Request, identifiers: Identifiers, reason: Reason = "") -> JSONResponse:
        return ask(request, "person.link", identifiers=identifiers, reason=reason)

    @routes.post(_BASE + "/unlink", summary="Take back that identifiers belong to one person")
    def unlink(request: Request, identifiers: Identifiers, reason: Reason = "") -> JSONResponse:
        return ask(request, "person.unlink", identifiers=identifiers, reason=reason)

    return routes
