"""Whom a step of the funnel lost, saved as a tag."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from cdp.app.web.pages import errors, orders, people, tagging
from cdp.app.web.pages.view import View, link
from cdp.errors import UsageError


def router(view: View) -> APIRouter:
    """`POST /people/tag`, with the list in the URL as on `/people`; leads back to it."""
    routes = APIRouter(include_in_schema=False, route_class=errors.route_class(view))

    @routes.post("/people/tag")
    def save(request: Request, name: Annotated[str, Form()] = "", csrf: Annotated[str, Form()] = "") -> Response:
        orders.giver(view, request, csrf)
        wanted = people.wanted_by(view, request)
        if view.context.tagging is None or not wanted.dropped:
            raise HTTPException(404)
        tag = name.strip()
        try:
            told = tagging.told(tag, view.context.tagging.add(tag, people.dropped(view, wanted)))
        except UsageError:
            told = tagging.refused()
        return RedirectResponse(link("/people", wanted.keep(), told), 303)

    return routes
