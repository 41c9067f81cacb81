"""What came in and could not be taken: by reason, with the place in the document, so that somebody can fix it."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response

from cdp.app.web.pages import errors
from cdp.app.web.pages.view import View

SHOWN = 100


def router(view: View) -> APIRouter:
    """`/inbox`, narrowed by `?reason=`; 404 where the workspace shows none."""
    routes = APIRouter(include_in_schema=False, route_class=errors.route_class(view))

    @routes.get("/inbox")
    def failures(request: Request, reason: str = "") -> Response:
        inbox = view.context.inbox
        if inbox is None:
            raise HTTPException(404)
        counts = dict(inbox.counts())
        chosen = reason if reason in counts else ""
        return view.page(
            request,
            "inbox.html",
            page="inbox",
            counts=counts,
            reason=chosen,
            failures=inbox.failures(chosen, SHOWN) if counts else (),
        )

    return routes
