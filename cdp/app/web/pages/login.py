"""Logging in and out, where there is a login."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from cdp.app.web.pages import errors, forms, session
from cdp.app.web.pages.context import Login
from cdp.app.web.pages.view import View, inside


def router(view: View, login: Login) -> APIRouter:
    """`/login` and `/logout`."""
    routes = APIRouter(include_in_schema=False, route_class=errors.route_class(view))

    @routes.get("/login")
    def ask(request: Request, back: str = "/") -> Response:
        return _form(view, login, request, back)

    @routes.post("/login")
    def enter(
        request: Request,
        name: Annotated[str, Form()],
        password: Annotated[str, Form()],
        csrf: Annotated[str, Form()] = "",
        back: Annotated[str, Form()] = "/",
    ) -> Response:
        forms.check(request, login, csrf)
        key = login.check(name, password)
        if key is None:
            return _form(view, login, request, back, wrong=True)
        answer = RedirectResponse(inside(back), 303)
        session.begin(request, answer, login, name, key)
        return answer

    @routes.post("/logout")
    def leave(request: Request, csrf: Annotated[str, Form()] = "") -> Response:
        forms.check(request, login, csrf)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(forms.SESSION)
        return answer

    return routes


def _form(view: View, login: Login, request: Request, back: str, *, wrong: bool = False) -> Response:
    """The form. A browser without a session gets a visitor's number, which its form token is bound to."""
    visitor = request.cookies.get(forms.VISITOR) or secrets.token_hex(16)
    bound_to = request.cookies.get(forms.SESSION) or visitor
    values = {"back": inside(back), "wrong": wrong, "csrf": forms.token_for(login, bound_to)}
    answer = view.page(request, "login.html", 401 if wrong else 200, page="login", **values)
    session.remember(request, answer, forms.VISITOR, visitor)
    return answer
