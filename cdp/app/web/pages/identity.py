"""Why somebody is one person: what joined each identifier, what was said, and what was decided while it was wrong."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from cdp.app.web.pages import errors, orders, session
from cdp.app.web.pages.ambiguous import register, shown
from cdp.app.web.pages.names import names
from cdp.app.web.pages.person import today_id
from cdp.app.web.pages.view import View, link
from cdp.app.web.reads import person
from cdp.app.web.reads.deployed import titles
from cdp.errors import NotFound, UsageError


def router(view: View) -> APIRouter:
    """`/people/{id}/identity`; an id that was merged away leads to today's."""
    routes = APIRouter(include_in_schema=False, route_class=errors.route_class(view))

    @routes.get("/people/{number:int}/identity")
    def detail(request: Request, number: int) -> Response:
        if person.row(view.context.reader, number) is None:
            return RedirectResponse(link(f"/people/{today_id(view.context, number)}/identity", was=number), 303)
        told, wrong = register(view).identity(number), register(view).wrong_decisions(number)
        said, was = request.query_params.get("said", ""), request.query_params.get("was", "")
        return view.page(
            request, "identity.html", page="people", number=number, told=told, unmerges=wrong["unmerges"],
            names=names(view.context, view.language(request), _mentioned(number, told, wrong)),
            values=shown(view, _identifiers(told)),
            titles=titles(view.context.log), may=session.may(request, view.context.login, "admin"),
            said=said if said in ("out", "wrong", "gone") else "", was=was if was.isdecimal() and len(was) < 19 else "",
        )  # fmt: skip

    @routes.post("/people/{number:int}/identity")
    def take_out(
        request: Request, number: int, identifier: Annotated[int, Form()],
        reason: Annotated[str, Form(max_length=200)] = "", csrf: Annotated[str, Form()] = "",
    ) -> Response:  # fmt: skip
        by = orders.giver(view, request, csrf, "admin")
        said = "out"
        try:
            register(view).take_out(number, identifier, by, reason.strip())
        except NotFound:
            said = "gone"
        except UsageError:
            said = "wrong"
        return RedirectResponse(link(f"/people/{number}/identity", said=said), 303)

    return routes


def _mentioned(number: int, told: Any, wrong: Any) -> set[int]:
    others = {p for row in told["held"] for p in row["persons"]}
    decided = {d["person_id"] for unmerge in wrong["unmerges"] for d in unmerge["decisions"]}
    return {number, *others, *(p for p in decided if p is not None)}


def _identifiers(told: Any) -> set[int]:
    mine = {i["surrogate"] for i in told["identifiers"]}
    return (
        mine
        | {s for row in told["statements"] for s in row["identifiers"]}
        | {s for j in told["joins"] for s in j["link"]}
    )
