"""What came in and could not be taken: by reason, with the place in the document; and taking it again after a fix."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from cdp.app.web.pages import errors, orders, session
from cdp.app.web.pages.context import Inbox
from cdp.app.web.pages.view import View, link

SHOWN = 100
_LARGEST = 2**62


def router(view: View) -> APIRouter:
    """`/inbox`, narrowed by `?reason=`, and `/inbox/{n}`; 404 where the workspace shows none."""
    routes = APIRouter(include_in_schema=False, route_class=errors.route_class(view))

    @routes.get("/inbox")
    def failures(request: Request, reason: str = "") -> Response:
        inbox = _inbox(view)
        counts = dict(inbox.counts())
        chosen = reason if reason in counts else ""
        return view.page(
            request, "inbox.html", page="inbox", counts=counts, reason=chosen, done=_done(request),
            failures=inbox.failures(chosen, SHOWN) if counts else (), may=_may_replay(view, request),
        )  # fmt: skip

    @routes.get("/inbox/{number:int}")
    def body(request: Request, number: int) -> Response:
        if number > _LARGEST:
            raise HTTPException(404)
        found = _inbox(view).show(number)
        return view.page(
            request, "body.html", page="inbox", body=found, may=_may_replay(view, request),
            readable=found["readable"] if session.may(request, view.context.login, "admin") else None,
        )  # fmt: skip

    @routes.post("/inbox/replay")
    def replay(
        request: Request, csrf: Annotated[str, Form()] = "", body: Annotated[list[int] | None, Form()] = None
    ) -> Response:
        orders.giver(view, request, csrf)
        told = _inbox(view).replay(body or ())
        return RedirectResponse(link("/inbox", replayed=str(told["replayed"])), 303)

    return routes


def _inbox(view: View) -> Inbox:
    if view.context.inbox is None:
        raise HTTPException(404)
    return view.context.inbox


def _may_replay(view: View, request: Request) -> bool:
    return session.may(request, view.context.login, "operate")


def _done(request: Request) -> int | None:
    """How many bodies the replay took up that led here."""
    told = request.query_params.get("replayed", "")
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 10 else None
