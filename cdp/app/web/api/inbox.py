"""`/v1/inbox`: what could not be taken, and taking it again after a fix."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import JSONResponse

from cdp.app.web.api.asking import Asking
from cdp.app.web.api.exact import ExactRoute

Number = Annotated[int, Query(ge=0, le=2**62)]


def router(ask: Asking) -> APIRouter:
    """The routes. A raw body is shown to callers with the scope `admin` alone."""
    routes = APIRouter(tags=["inbox"], route_class=ExactRoute)

    @routes.get("/v1/inbox", summary="Failed items with reason and path, oldest first, and the counts of every door")
    def failures(
        request: Request, after: Number = 0, limit: Annotated[int, Query(ge=1, le=1000)] = 100, reason: str = ""
    ) -> JSONResponse:
        return ask(request, "inbox.list", after=after, limit=limit, reason=reason)

    @routes.get("/v1/inbox/{raw}", summary="One raw body, readable, and what became of its items")
    def show(request: Request, raw: int) -> JSONResponse:
        return ask(request, "inbox.show", raw=raw)

    @routes.post("/v1/inbox/replay", summary="Map failed bodies again; nothing doubles")
    def replay(
        request: Request,
        raws: Annotated[list[int] | None, Body(embed=True, description="All with failures, if left out")] = None,
    ) -> JSONResponse:
        return ask(request, "inbox.replay", raws=raws)

    return routes
