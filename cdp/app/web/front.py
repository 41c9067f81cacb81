"""The doors stand in front of the web framework: what every event pays for is one look into a table of paths.

Routing, validation and the framework's layers cost several times what an event costs. Everything that is no call of a door
goes on to them.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from cdp.app.web.api.problems import from_error, from_http, unforeseen
from cdp.errors import CdpError

_logger = logging.getLogger("cdp.web")
Endpoint = Callable[[Request], Awaitable[Response]]


class Front(FastAPI):
    """The application, with doors before it; they answer the same problem documents as everything behind them."""

    doors: Mapping[str, Endpoint] = {}

    def add_doors(self, routes: Iterable[Route]) -> None:
        """Answer `POST` to these paths before anything else looks at it; all else about them is the framework's."""
        added = list(routes)
        self.router.routes += added
        self.doors = {**self.doors, **{route.path: route.endpoint for route in added}}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        door = self.doors.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if door is None:
            await super().__call__(scope, receive, send)
            return
        try:
            response = await _answer(door, Request(scope, receive))
        except ClientDisconnect:
            return
        await response(scope, receive, send)


async def _answer(door: Endpoint, request: Request) -> Response:
    try:
        return await door(request)
    except CdpError as error:
        return from_error(error)
    except HTTPException as error:
        return from_http(error)
    except ClientDisconnect:
        raise
    except Exception as error:
        _logger.exception("a door failed")
        return unforeseen(error)
