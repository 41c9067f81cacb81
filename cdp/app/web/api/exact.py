"""Routes that read a few words from a JSON body refuse all others: a misspelt one would pass for one that was left out."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class ExactRoute(APIRoute):
    """A route of this kind: replaying one body of the inbox must not become replaying all of them."""

    def get_route_handler(self) -> _Handler:
        handle = super().get_route_handler()
        known = {field.alias for field in self.dependant.body_params}

        async def exact(request: Request) -> Response:
            if known and (body := await request.body()):
                _check(body, request.headers.get("content-type", ""), known)
            return await handle(request)

        return exact


def _check(body: bytes, content_type: str, known: set[str]) -> None:
    """Raises 415 for what is not said to be JSON, and RequestValidationError for words that the route does not know."""
    if "json" not in content_type:
        raise HTTPException(415, "the body has to be JSON, said so by Content-Type: application/json")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return  # the framework says what is wrong with it
    strange = sorted(document.keys() - known) if isinstance(document, dict) else []
    if strange:
        told = f"not known here; known are {', '.join(sorted(known))}"
        raise RequestValidationError(
            [{"loc": ("body", name), "msg": told, "type": "extra_forbidden"} for name in strange]
        )
