"""`/callbacks/{connector}/{name}`: verify, store raw, answer; mapping comes later, so no platform's deadline is missed.

What proves nothing is answered 401, and the latest of it kept apart: after a fix of our settings it is replayed.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cdp.app.system import System
from cdp.app.web.api.limits import read_body
from cdp.app.web.api.problems import from_error, problem
from cdp.errors import NotFound, SignatureRejected, WorkspaceError
from cdp.inbox.refusals import refuse
from cdp.ports import Callback, Reply

MAX_BODY = 2 * 1024 * 1024


def routes(system: System) -> list[Route]:
    """The one route for all connectors of cdp.toml."""

    async def callback(request: Request) -> Response:
        kind, name = request.path_params["connector"], request.path_params["name"]
        if (kind, name) not in system.connectors:
            return from_error(NotFound("connector in cdp.toml", f"{kind}.{name}"))
        body = await read_body(request, MAX_BODY)
        call = Callback(
            request.method, dict(request.query_params), {k.lower(): v for k, v in request.headers.items()}, body,
            system.clock.now(),
        )  # fmt: skip
        return await run_in_threadpool(_receive, system, kind, name, call)

    return [Route("/callbacks/{connector}/{name}", callback, methods=["GET", "POST"])]


def _receive(system: System, kind: str, name: str, call: Callback) -> Response:
    connector = system.connectors[kind, name]
    try:
        reply = connector.verify(call)
        if call.method == "POST":
            system.inbox.store(kind, name, call)
    except SignatureRejected as rejected:
        refuse(system.inbox, kind, name, call, rejected, connector.mapping)
        return from_error(rejected)
    except WorkspaceError as error:
        # Not stored, so not acknowledged: the platform sends it again.
        return problem(503, "not_stored", str(error))
    return _reply(reply)


def _reply(reply: Reply) -> Response:
    return Response(reply.body, media_type=reply.content_type)
