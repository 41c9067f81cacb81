"""The API reference, from our own copy of Swagger UI: nothing is loaded from elsewhere."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from cdp.app.web.pages import errors
from cdp.app.web.pages.view import View


def router(view: View) -> APIRouter:
    """`/docs` over the application's `/openapi.json`."""
    routes = APIRouter(include_in_schema=False, route_class=errors.route_class(view))

    @routes.get("/docs")
    def reference(request: Request) -> Response:
        return view.page(request, "docs.html", page="docs", openapi=request.app.openapi_url or "/openapi.json")

    return routes
