"""`/v1/journeys`: list, runs, deploy, pause."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from cdp.app.web.api.asking import Asking
from cdp.app.web.api.exact import ExactRoute


def router(ask: Asking) -> APIRouter:
    """The routes. Deploying and pausing need the scope `operate`."""
    routes = APIRouter(tags=["journeys"], route_class=ExactRoute)

    @routes.get("/v1/journeys", summary="Every journey with version, state and counts")
    def journeys(request: Request) -> JSONResponse:
        return ask(request, "journey.list")

    @routes.get("/v1/journeys/{journey}/runs", summary="The latest runs of a journey")
    def runs(request: Request, journey: str, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> JSONResponse:
        return ask(request, "journey.runs", journey=journey, limit=limit)

    @routes.post("/v1/journeys/{journey}/deploy", summary="Put a journey live as it stands in its file")
    def deploy(request: Request, journey: str) -> JSONResponse:
        return ask(request, "journey.deploy", journeys=[journey])

    @routes.post("/v1/journeys/{journey}/pause", summary="Let nobody new in; who is inside goes on")
    def pause(request: Request, journey: str) -> JSONResponse:
        return ask(request, "journey.pause", journey=journey)

    return routes
