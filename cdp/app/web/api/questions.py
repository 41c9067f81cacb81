"""Status and summary; the one door of the command line to a running server; and the lever of a driven clock."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from fastapi.responses import JSONResponse

from cdp.app.driven import advance
from cdp.app.web.api.asking import Asking


def router(ask: Asking) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.get("/v1/status", tags=["state"], summary="Where the log and every stage stand")
    def status(request: Request) -> JSONResponse:
        return ask(request, "status")

    @routes.get("/v1/summary", tags=["state"], summary="What came of it all")
    def summary(request: Request) -> JSONResponse:
        return ask(request, "summary")

    @routes.post("/v1/operations/{name}", include_in_schema=False)
    def operation(request: Request, name: str, parameters: Annotated[dict[str, Any], Body()]) -> JSONResponse:
        return ask(request, name, **parameters)

    @routes.post("/driven/advance", include_in_schema=False)
    def drive(request: Request, to: Annotated[int, Body()], project: Annotated[bool, Body()] = False) -> JSONResponse:
        ask.access.require(request, "admin")
        return JSONResponse(advance(ask.runtime, to, project=project))

    return routes
