"""`/v1/outbox`: what is still to be delivered, and what a person decides about it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Request
from fastapi.responses import JSONResponse

from cdp.app.web.api.asking import Asking
from cdp.app.web.api.exact import ExactRoute

Actions = Annotated[list[str], Body(embed=True, description="As `GET /v1/outbox` names them")]


def router(ask: Asking) -> APIRouter:
    """The routes. All need the scope `operate`."""
    routes = APIRouter(tags=["outbox"], route_class=ExactRoute)

    @routes.get(
        "/v1/outbox", summary="Whether delivery is held, what is open, what nobody knows the end of, what was given up"
    )
    def actions(request: Request) -> JSONResponse:
        return ask(request, "outbox.list")

    @routes.post("/v1/outbox/hold", summary="Deliver nothing until it is released; journeys go on")
    def hold(request: Request, reason: Annotated[str, Body(embed=True)] = "") -> JSONResponse:
        return ask(request, "outbox.hold", reason=reason)

    @routes.post("/v1/outbox/release", summary="Deliver again, what waits included")
    def release(request: Request) -> JSONResponse:
        return ask(request, "outbox.release")

    @routes.post("/v1/outbox/redrive", summary="Try once more what was given up or ended nobody knows how")
    def redrive(
        request: Request,
        actions: Annotated[list[str] | None, Body(embed=True, description="All given up, if left out")] = None,
    ) -> JSONResponse:
        return ask(request, "outbox.redrive", actions=actions)

    @routes.post("/v1/outbox/confirm", summary="Settle actions as somebody knows they ended")
    def confirm(
        request: Request, actions: Actions, delivered: Annotated[bool, Body(embed=True)] = True
    ) -> JSONResponse:
        return ask(request, "outbox.confirm", actions=actions, delivered=delivered)

    return routes
