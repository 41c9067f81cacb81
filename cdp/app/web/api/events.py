"""`POST /v1/events` and `/v1/validate`: one or many events in our own JSON, answered one by one after the commit."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cdp.app.operations.ingest import check, take
from cdp.app.system import System
from cdp.app.web.api.access import Access
from cdp.app.web.api.problems import problem
from cdp.envelope import split
from cdp.errors import Rejected
from cdp.ingest import Answer

MAX_BODY = 4 * 1024 * 1024
MAX_EVENTS = 2000


class Counts:
    """How many events the HTTP door received since the process began, by outcome."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.by_outcome: dict[str, int] = {"accepted": 0, "duplicate": 0, "failed": 0}

    def add(self, answers: Sequence[Answer]) -> None:
        """Count what was answered."""
        with self._lock:
            for answer in answers:
                self.by_outcome[answer.outcome] += 1


def routes(system: System, access: Access, counts: Counts) -> list[Route]:
    """The two routes; plain Starlette, since every millisecond here is paid per event."""

    async def events(request: Request) -> Response:
        caller = access.require(request, "write")
        body = await _body(request)
        if isinstance(body, Response):
            return body
        historical = request.query_params.get("history") == "true" and caller.own
        answers = await run_in_threadpool(take, system, body, caller.source, historical=historical)
        counts.add(answers)
        return _response(answers)

    async def validate(request: Request) -> Response:
        caller = access.require(request, "write")
        body = await _body(request)
        return body if isinstance(body, Response) else _response([check(system, raw, caller.source) for raw in body])

    return [Route("/v1/events", events, methods=["POST"]), Route("/v1/validate", validate, methods=["POST"])]


async def _body(request: Request) -> list[bytes] | Response:
    if int(request.headers.get("content-length") or 0) > MAX_BODY:
        return problem(413, "too_large", f"a body has at most {MAX_BODY} bytes")
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            return problem(413, "too_large", f"a body has at most {MAX_BODY} bytes")
        chunks.append(chunk)
    try:
        items = split(b"".join(chunks), ndjson="ndjson" in request.headers.get("content-type", ""))
    except Rejected as rejected:
        return problem(400, "schema", rejected.message, path=rejected.path)
    if len(items) > MAX_EVENTS:
        return problem(413, "too_many", f"a request has at most {MAX_EVENTS} events")
    return items


def _response(answers: Sequence[Answer]) -> Response:
    rows = [_row(answer) for answer in answers]
    counts = {outcome: sum(a.outcome == outcome for a in answers) for outcome in ("accepted", "duplicate", "failed")}
    return Response(msgspec.json.encode({**counts, "events": rows}), media_type="application/json")


def _row(answer: Answer) -> dict[str, object]:
    if answer.outcome == "failed":
        return {
            "outcome": "failed", "id": answer.id, "reason": answer.reason, "path": answer.path, "message": answer.message
        }  # fmt: skip
    return {"outcome": answer.outcome, "id": answer.id, "position": answer.position}
