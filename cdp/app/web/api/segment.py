"""The Segment HTTP tracking API: `/v1/track`, `/identify`, `/alias`, `/page`, `/screen`, `/group`, `/batch`, `/import`.

Every library that speaks it works when its host is set to ours and its write key to an access key with the scope `write`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cdp.app.gathering import Gathering
from cdp.app.operations.ingest import Arrival, keep_body
from cdp.app.system import System
from cdp.app.web.api.access import Access, secret_of
from cdp.app.web.api.events import MAX_EVENTS, Counts
from cdp.app.web.api.limits import Limiter, read_body
from cdp.app.web.api.problems import from_http, problem
from cdp.envelopes import segment
from cdp.envelopes.read import Reading
from cdp.errors import Rejected
from cdp.ingest import Answer

MAX_BATCH = 500 * 1024
"""As in the Segment API, before and after gzip."""
_Call = segment.Call | Literal["batch"]


def routes(system: System, access: Access, counts: Counts, limiter: Limiter, gathering: Gathering) -> list[Route]:
    """One route a call; `import` is what older libraries call `batch`."""

    async def receive(request: Request, call: _Call) -> Response:
        body = await read_body(request, MAX_BATCH)
        caller = access.admit(secret_of(request) or segment.write_key(body), "write")
        received_at = system.clock.now()
        try:
            split = segment.split(body, call, received_at)
        except Rejected as rejected:
            reading = Reading(source=caller.source, received_at=received_at, format="segment")
            await run_in_threadpool(keep_body, system, body, reading, rejected)
            counts.add([Answer("failed", reason=rejected.reason)])
            return problem(400, rejected.reason, rejected.message, path=rejected.path, message=rejected.message)
        if len(split.raws) > MAX_EVENTS:
            detail = f"a batch has at most {MAX_EVENTS} messages"
            return problem(413, "too_many", detail, message=detail)
        limiter.spend(caller, len(split.raws))
        reading = Reading(source=caller.source, received_at=received_at, format="segment", sent_at=split.sent_at)
        answers = await gathering.take(Arrival(split.raws, reading))
        counts.add(answers)
        return _response(answers)

    def route(name: str) -> Route:
        call = "batch" if name == "import" else cast(_Call, name)

        async def endpoint(request: Request) -> Response:
            try:
                return await receive(request, call)
            except HTTPException as error:
                # Segment's libraries show `message`; the problem document's `detail` says the same.
                return from_http(error, message=error.detail)

        return Route(f"/v1/{name}", endpoint, methods=["POST"], name=name)

    return [route(name) for name in (*segment.CALLS, "batch", "import")]


def _response(answers: Sequence[Answer]) -> Response:
    """Segment's `success` is about the request; what was wrong with single messages stands in `rejected`."""
    outcomes = [answer.outcome for answer in answers]
    body = {
        "success": True,
        "accepted": outcomes.count("accepted"),
        "duplicates": outcomes.count("duplicate"),
        "rejected": [_rejected(n, answer) for n, answer in enumerate(answers) if answer.outcome == "failed"],
    }
    return Response(msgspec.json.encode(body), media_type="application/json")


def _rejected(index: int, answer: Answer) -> dict[str, object]:
    return {"index": index, "code": answer.reason, "id": answer.id, "path": answer.path, "message": answer.message}
