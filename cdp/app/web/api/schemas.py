"""`GET /v1/schemas` and `/v1/schemas/{type}`: the catalogue of event types as JSON Schema. They tell nothing about anybody."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cdp.app.web.api.problems import from_error
from cdp.errors import NotFound
from cdp.events.catalog import CATALOG
from cdp.events.schema import schema

MEDIA_TYPE = "application/schema+json"


def routes() -> list[Route]:
    """The two routes; they need no key."""

    def listed(_: Request) -> Response:
        rows = [
            {
                "type": e.name,
                "version": e.version,
                "since": e.since,
                "identifying": e.identifying,
                "internal": e.internal,
            }
            for e in CATALOG.values()
        ]
        return Response(msgspec.json.encode({"types": rows}), media_type="application/json")

    def one(request: Request) -> Response:
        name = request.path_params["type"]
        if name not in CATALOG:
            return from_error(NotFound("event type", name))
        return Response(msgspec.json.encode(schema(name)), media_type=MEDIA_TYPE)

    return [Route("/v1/schemas", listed), Route("/v1/schemas/{type}", one)]
