"""`/v1/persons`: why somebody is one person, what is held back, and saying who is one and who is not."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import JSONResponse

from cdp.app.web.api.asking import Asking
from cdp.app.web.api.exact import ExactRoute
from cdp.app.web.api.persons import BASE

_AS = "as TYPE:VALUE, TYPE:SCOPE:VALUE, or by number"
Several = Annotated[list[str], Body(description=f"Two or more, {_AS}")]
Some = Annotated[list[str], Body(description=f"One or more, {_AS}")]
Reason = Annotated[str, Body(description="Why, for the record; it stands in the log in clear")]
Beyond = Annotated[bool, Body(description="Also where a limit would hold it back")]
DryRun = Annotated[bool, Body(description="Write nothing, answer what would change")]


def router(ask: Asking) -> APIRouter:
    """The routes; before those of one person, whose number would be looked for in the same place."""
    routes = APIRouter(tags=["persons"], route_class=ExactRoute)

    @routes.get(
        BASE + "/ambiguous", summary="What is held back between two persons and waits for somebody to settle it"
    )
    def ambiguous(
        request: Request, limit: Annotated[int, Query(ge=1, le=1000)] = 100, settled: bool = False
    ) -> JSONResponse:
        return ask(request, "person.ambiguous", limit=limit, settled=settled)

    @routes.get(
        BASE + "/{person}/identity", summary="Which identifiers were joined by which event, and what was said of them"
    )
    def identity(request: Request, person: int) -> JSONResponse:
        return ask(request, "person.identity", person=person, reveal=ask.may(request, "admin"))

    @routes.get(BASE + "/{person}/wrong-decisions", summary="What was decided while others were taken for this person")
    def wrong_decisions(request: Request, person: int) -> JSONResponse:
        return ask(request, "person.wrong_decisions", person=person)

    @routes.post(BASE + "/link", summary="Identifiers belong to one person")
    def link(
        request: Request, identifiers: Several, reason: Reason = "", beyond_limit: Beyond = False, dry_run: DryRun = False
    ) -> JSONResponse:  # fmt: skip
        how = {"reason": reason, "beyond_limit": beyond_limit, "dry_run": dry_run}
        return ask(request, "person.link", identifiers=identifiers, **how)

    @routes.post(BASE + "/{person}/link", summary="Identifiers belong to this person")
    def link_to(
        request: Request, person: int, identifiers: Some, reason: Reason = "", beyond_limit: Beyond = False,
        dry_run: DryRun = False,
    ) -> JSONResponse:  # fmt: skip
        how = {"reason": reason, "beyond_limit": beyond_limit, "dry_run": dry_run}
        return ask(request, "person.link", identifiers=identifiers, person=person, **how)

    @routes.post(BASE + "/unlink", summary="Identifiers belong to different persons")
    def unlink(request: Request, identifiers: Several, reason: Reason = "", dry_run: DryRun = False) -> JSONResponse:
        return ask(request, "person.unlink", identifiers=identifiers, reason=reason, dry_run=dry_run)

    @routes.post(BASE + "/{person}/unlink", summary="Identifiers do not belong to this person")
    def unlink_from(
        request: Request, person: int, identifiers: Some, reason: Reason = "", dry_run: DryRun = False
    ) -> JSONResponse:  # fmt: skip
        return ask(request, "person.unlink", identifiers=identifiers, person=person, reason=reason, dry_run=dry_run)

    @routes.post(BASE + "/settle", summary="Two persons between whom something is held back are the same, or are not")
    def settle(
        request: Request, persons: Annotated[list[int], Body()], same: Annotated[bool, Body()], reason: Reason = "",
        dry_run: DryRun = False,
    ) -> JSONResponse:  # fmt: skip
        return ask(request, "person.settle", persons=persons, same=same, reason=reason, dry_run=dry_run)

    return routes
