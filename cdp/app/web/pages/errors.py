"""What every page route does around its page: let in who may look, and answer failures with a page in the same clothes."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException as AnyHTTPException

from cdp.app.web.pages import nearby, session
from cdp.app.web.pages.view import View, link
from cdp.errors import NotFound

_LOG = logging.getLogger(__name__)
_OPEN = frozenset({"/login"})
_MACHINES = ("/v1/", "/callbacks/", "/driven/")


def route_class(view: View) -> type[APIRoute]:
    """A route of `view`: strangers are turned away, failures become pages, redirects pass."""

    class PageRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def handled(request: Request) -> Response:
                if (elsewhere := _turned_away(view, request)) is not None:
                    return elsewhere
                try:
                    return await handle(request)
                except (NotFound, RequestValidationError, HTTPException) as error:
                    return page(view, request, _status(error))
                except Exception:
                    _LOG.exception("page %s failed", getattr(request.scope.get("route"), "path", "?"))
                    return page(view, request, 500)

            return handled

    return PageRoute


def page(view: View, request: Request, status: int) -> Response:
    """The error page of a status; statuses without words of their own read as "something went wrong"."""
    texts = view.language(request)
    key = status if texts.has(f"error.{status}.title") else 500
    return view.page(request, "error.html", status, key=key)


def unknown_addresses(app: FastAPI, view: View) -> None:
    """Browsers that ask for an address that is not there get a page; programs get what they got before."""
    before: Callable[[Request, Any], Awaitable[Response]] = app.exception_handlers.get(  # type: ignore[assignment]
        AnyHTTPException, http_exception_handler
    )

    async def answer(request: Request, error: Exception) -> Response:
        assert isinstance(error, AnyHTTPException)
        if error.status_code == 404 and _is_browser(request) and _turned_away(view, request) is None:
            return page(view, request, 404)
        return await before(request, error)

    app.add_exception_handler(AnyHTTPException, answer)


def _is_browser(request: Request) -> bool:
    wants_page = "text/html" in request.headers.get("accept", "")
    return wants_page and request.method == "GET" and not request.url.path.startswith(_MACHINES)


def _turned_away(view: View, request: Request) -> Response | None:
    """Where there is no login, a page for who may be elsewhere, without a word of the shop; else the way to the login."""
    if nearby.is_misdirected(request, view.context):
        return view.page(request, "misdirected.html", nearby.MISDIRECTED)
    login = view.context.login
    if login is None or request.url.path in _OPEN or session.who(request, login) is not None:
        return None
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(link("/login", back=here if request.method == "GET" else "/"), 303)


def _status(error: Exception) -> int:
    if isinstance(error, HTTPException):
        return error.status_code
    return 404 if isinstance(error, NotFound) else 400
