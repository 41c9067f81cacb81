"""`POST /v1/sql`: one read-only query over the tables, answered by a process apart, as JSON, CSV, Arrow or Parquet."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from cdp.app.operations.asking import Asked, question
from cdp.app.operations.past import KNOWN, moment
from cdp.app.operations.runtime import Runtime
from cdp.app.web.api.asking import Asking
from cdp.app.web.api.formats import chosen
from cdp.app.web.api.limits import read_body
from cdp.app.web.api.problems import MEDIA_TYPE
from cdp.app.web.api.streaming import Streams
from cdp.errors import Problem, UsageError
from projections.asking.asker import Asker
from projections.asking.question import FORMATS, MEDIA_TYPES

MAX_BODY = 512 * 1024
_THREADS = 5
"""For each query that may run: those that run, and those that wait for their turn."""
_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_BODY: dict[str, Any] = {
    "type": "object",
    "required": ["sql"],
    "additionalProperties": False,
    "properties": {
        "sql": {"type": "string", "maxLength": 100_000, "description": "One query; `$name` stands for a parameter"},
        "params": {"type": "object", "description": "The values of the parameters"},
        "limit": {"type": ["integer", "null"], "minimum": 0, "description": "At most so many rows"},
        "seconds": {"type": ["number", "null"], "exclusiveMinimum": 0, "description": "Give up after so long"},
        "format": {"enum": ["", *FORMATS], "description": "Instead of Accept"},
        "as_of": {"type": "string", "description": "A day, a time or a position of the log: the tables as of then"},
        "known": {"enum": ["", *KNOWN], "description": "With as_of: what was known then, or what had happened by then"},
    },
}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The rows; headers say up to which position and time the tables knew",
        "content": {media_type: {} for media_type in MEDIA_TYPES.values()},
    },
    406: {"description": "None of the formats that Accept names is to be had", "content": _PROBLEM},
    422: {"description": "The query is wrong, not allowed, or took too much", "content": _PROBLEM},
    429: {"description": "Too many queries are running", "content": _PROBLEM},
}


def router(ask: Asking) -> APIRouter:
    """The route, for the scope `read`: the tables name nobody."""
    routes = APIRouter(tags=["tables"])
    runtime = ask.runtime
    streams = Streams(_THREADS * runtime.system.settings.sql.at_once)

    @routes.post(
        "/v1/sql", summary="One read-only query over the tables", response_class=Response, responses=_RESPONSES,
        openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": _BODY}}}},
    )  # fmt: skip
    async def sql(request: Request) -> Response:
        caller = ask.access.require(request, "read")
        asked = _asked(await read_body(request, MAX_BODY))
        form = chosen(request, asked.format)
        put = question(asked, form, None if caller.own else runtime.system.settings.sql)
        asker = await run_in_threadpool(_asker, runtime, asked)
        return await streams.answer(request, asker, put, "answer")

    return routes


def _asker(runtime: Runtime, asked: Asked) -> Asker:
    return runtime.as_of(moment(runtime, asked.as_of, asked.known)).asker()


def _asked(body: bytes) -> Asked:
    try:
        return msgspec.json.decode(body, type=Asked)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `")
        raise UsageError("this is no query", [Problem("body", 0, path.rstrip("`"), message)]) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"the body is not JSON: {error}") from None
