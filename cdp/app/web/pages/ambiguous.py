"""Who may be the same person: what is held back, both side by side, for somebody who knows them to settle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from cdp.app.web.pages import errors, orders, session
from cdp.app.web.pages.context import Register
from cdp.app.web.pages.names import masked, names
from cdp.app.web.pages.view import View, link
from cdp.errors import NotFound, UsageError

PATH = "/people/ambiguous"
_SAID = ("same", "different", "gone", "wrong")


def router(view: View) -> APIRouter:
    """`/people/ambiguous`; 404 where the workspace shows none."""
    routes = APIRouter(include_in_schema=False, route_class=errors.route_class(view))

    @routes.get(PATH)
    def listing(request: Request) -> Response:
        settled = request.query_params.get("settled") == "1"
        found = register(view).ambiguous(settled=settled)
        persons = {candidate["person_id"] for row in found["ambiguities"] for candidate in row["candidates"]}
        said, kept = request.query_params.get("said", ""), request.query_params.get("person", "")
        return view.page(
            request, "ambiguous.html", page="people", total=found["total"], rows=found["ambiguities"], settled=settled,
            names=names(view.context, view.language(request), persons), values=_values(view, found["ambiguities"]),
            said=said if said in _SAID else "", kept=int(kept) if kept.isdecimal() and len(kept) < 19 else 0,
            may=session.may(request, view.context.login, "admin"),
        )  # fmt: skip

    @routes.post(PATH)
    def settle(
        request: Request, person: Annotated[list[int], Form()], same: Annotated[bool, Form()],
        reason: Annotated[str, Form(max_length=200)] = "", csrf: Annotated[str, Form()] = "",
    ) -> Response:  # fmt: skip
        by = orders.giver(view, request, csrf, "admin")
        try:
            done = register(view).settle(person, by, reason.strip(), same=same)
        except NotFound:
            return RedirectResponse(link(PATH, said="gone"), 303)
        except UsageError:
            return RedirectResponse(link(PATH, said="wrong"), 303)
        return RedirectResponse(link(PATH, said="same" if same else "different", person=done["persons"][0]), 303)

    return routes


def register(view: View) -> Register:
    """The port. Raises 404 where the workspace shows none."""
    if view.context.register is None:
        raise HTTPException(404)
    return view.context.register


def shown(view: View, surrogates: Iterable[int]) -> dict[int, str]:
    """The values of identifiers as far as they may be seen; those that were erased are missing."""
    show = view.context.workspace.show_identifiers
    return {s: masked(i, show=show) for s, i in view.context.vault.identifiers(list(surrogates)).items()}


def _values(view: View, rows: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    return shown(view, {i["surrogate"] for row in rows for c in row["candidates"] for i in c["identifiers"]})
