"""What is still to be delivered, what went no further, and the orders that a person gives about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from cdp.app.web.pages import errors, orders, session
from cdp.app.web.pages.context import Outbox
from cdp.app.web.pages.names import names
from cdp.app.web.pages.view import View
from cdp.app.web.reads.deployed import titles
from cdp.errors import UsageError

SHOWN = 100
_Csrf = Annotated[str, Form()]
_Actions = Annotated[list[str], Form(alias="action")]


def router(view: View) -> APIRouter:
    """`/outbox`; 404 where the workspace shows none."""
    routes = APIRouter(include_in_schema=False, route_class=errors.route_class(view))

    @routes.get("/outbox")
    def actions(request: Request) -> Response:
        found = _outbox(view).actions()
        shown = {name: rows[:SHOWN] for name, rows in found.items()}
        return view.page(
            request, "outbox.html", page="outbox", actions=shown, counts={n: len(rows) for n, rows in found.items()},
            names=_names(view, request, shown), titles=titles(view.context.log),
            may=session.may(request, view.context.login, "operate"),
        )  # fmt: skip

    @routes.post("/outbox/hold")
    def hold(request: Request, csrf: _Csrf = "", reason: Annotated[str, Form(max_length=200)] = "") -> Response:
        _outbox(view).hold(orders.giver(view, request, csrf), reason.strip())
        return _back()

    @routes.post("/outbox/release")
    def release(request: Request, csrf: _Csrf = "") -> Response:
        _outbox(view).release(orders.giver(view, request, csrf))
        return _back()

    @routes.post("/outbox/redrive")
    def redrive(request: Request, action: _Actions, csrf: _Csrf = "") -> Response:
        _outbox(view).redrive(action, orders.giver(view, request, csrf))
        return _back()

    @routes.post("/outbox/confirm")
    def confirm(
        request: Request, action: _Actions, csrf: _Csrf = "", delivered: Annotated[bool, Form()] = True
    ) -> Response:
        by = orders.giver(view, request, csrf)
        try:
            _outbox(view).confirm(action, by, delivered=delivered)
        except UsageError:
            raise HTTPException(409) from None  # it may be called at any moment
        return _back()

    return routes


def _outbox(view: View) -> Outbox:
    if view.context.outbox is None:
        raise HTTPException(404)
    return view.context.outbox


def _names(view: View, request: Request, shown: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[int, str]:
    persons = {row["person_id"] for rows in shown.values() for row in rows if row["person_id"] is not None}
    return names(view.context, view.language(request), persons)


def _back() -> Response:
    return RedirectResponse("/outbox", 303)
