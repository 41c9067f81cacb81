"""The documented routes for programs: persons, funnels, journeys, status; and the one door of the CLI to a running server."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, FastAPI, Query, Request
from fastapi.responses import JSONResponse

from cdp.app.driven import advance
from cdp.app.operations.runtime import Runtime
from cdp.app.operations.table import OPERATIONS, perform
from cdp.app.web.api.access import Access


def mount(app: FastAPI, runtime: Runtime, access: Access) -> None:
    """Add the routes."""
    router = APIRouter()

    def ask(request: Request, name: str, **parameters: Any) -> JSONResponse:
        access.require(request, OPERATIONS[name].scope)
        return JSONResponse(perform(runtime, name, parameters))

    @router.get("/v1/status", tags=["state"], summary="Where the log and every stage stand")
    def status(request: Request) -> JSONResponse:
        return ask(request, "status")

    @router.get("/v1/summary", tags=["state"], summary="What came of it all")
    def summary(request: Request) -> JSONResponse:
        return ask(request, "summary")

    @router.get("/v1/persons", tags=["persons"], summary="The person behind an identifier, as TYPE:VALUE")
    def find(request: Request, identifier: str) -> JSONResponse:
        return ask(request, "person.find", identifier=identifier)

    @router.get("/v1/persons/{person}", tags=["persons"], summary="Everything known about a person")
    def show(request: Request, person: int) -> JSONResponse:
        return ask(request, "person.show", person=person)

    @router.get("/v1/persons/{person}/timeline", tags=["persons"], summary="A person's events, newest first")
    def timeline(
        request: Request,
        person: int,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        before: int = 0,
        type: str = "",
    ) -> JSONResponse:
        return ask(request, "person.timeline", person=person, limit=limit, before=before, type=type)

    @router.get("/v1/persons/{person}/why", tags=["persons"], summary="Why somebody got something from a journey")
    def why(request: Request, person: int, journey: str) -> JSONResponse:
        return ask(request, "person.why", person=person, journey=journey)

    @router.get("/v1/persons/{person}/export", tags=["persons"], summary="All that is known of a person, texts opened")
    def export(request: Request, person: int) -> JSONResponse:
        return ask(request, "person.export", person=person)

    @router.post("/v1/persons/{person}/erase", tags=["persons"], summary="Erase a person; it cannot be undone")
    def erase(request: Request, person: int) -> JSONResponse:
        return ask(request, "person.erase", person=person)

    @router.get("/v1/funnels", tags=["tables"], summary="A funnel; the shop's own seven steps if none are named")
    def funnel(
        request: Request, step: Annotated[list[str] | None, Query()] = None, since: str = "", until: str = "",
        window: str = "14d", order: str = "sequential",
    ) -> JSONResponse:  # fmt: skip
        return ask(request, "funnel", steps=step, since=since, until=until, window=window, order=order)

    @router.get("/v1/journeys", tags=["journeys"], summary="Every journey with version, state and counts")
    def journeys(request: Request) -> JSONResponse:
        return ask(request, "journey.list")

    @router.post("/v1/operations/{name}", include_in_schema=False)
    def operation(request: Request, name: str, parameters: Annotated[dict[str, Any], Body()]) -> JSONResponse:
        scope = OPERATIONS[name].scope if name in OPERATIONS else "admin"
        access.require(request, scope)
        return JSONResponse(perform(runtime, name, parameters))

    @router.post("/driven/advance", include_in_schema=False)
    def drive(
        request: Request, to: Annotated[int, Body(embed=True)], project: Annotated[bool, Body()] = False
    ) -> JSONResponse:
        access.require(request, "admin")
        return JSONResponse(advance(runtime, to, project=project))

    app.include_router(router)
