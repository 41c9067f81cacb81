"""What a person sees when something is wrong: a page in the same clothes, never a stack trace or bare JSON."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from cdp.app.web.pages.view import View
from cdp.errors import NotFound

_LOG = logging.getLogger(__name__)


def route_class(view: View) -> type[APIRoute]:
    """A route whose failures are pages of `view`. Redirects pass."""

    class PageRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def handled(request: Request) -> Response:
                try:
                    return await handle(request)
                except (NotFound, RequestValidationError, HTTPException) as error:
                    return page(view, request, _status(error))
                except Exception:
                    _LOG.exception("page %s failed", request.url.path)
                    return page(view, request, 500)

            return handled

    return PageRoute


def page(view: View, request: Request, status: int) -> Response:
    """The error page of a status; statuses without words of their own read as "something went wrong"."""
    texts = view.language(request)
    key = status if texts.has(f"error.{status}.title") else 500
    return view.page(request, "error.html", status, key=key)


def _status(error: Exception) -> int:
    if isinstance(error, HTTPException):
        return error.status_code
    return 404 if isinstance(error, NotFound) else 400
