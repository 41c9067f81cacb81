"""`POST /v1/events` and `/v1/validate`: one or many events, in our own JSON or as CloudEvents, answered after the commit."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cdp.app.gathering import Gathering
from cdp.app.operations.ingest import Arrival, check, keep_body
from cdp.app.system import System
from cdp.app.web.api.access import Access, Caller
from cdp.app.web.api.limits import Limiter, read_body
from cdp.app.web.api.problems import from_error, problem
from cdp.envelopes import cloudevents, own
from cdp.envelopes.body import Body
from cdp.envelopes.read import Format, Reading
from cdp.errors import Rejected
from cdp.ingest import Answer

MAX_BODY = 4 * 1024 * 1024
MAX_EVENTS = 2000


class Counts:
    """How many events the HTTP doors received since the process began, by outcome."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.by_outcome: dict[str, int] = {"accepted": 0, "duplicate": 0, "failed": 0}
        self.by_reason: dict[str, int] = {}

    def add(self, answers: Sequence[Answer]) -> None:
        """Count what was answered."""
        with self._lock:
            for answer in answers:
                self.by_outcome[answer.outcome] += 1
                if answer.reason:
                    self.by_reason[answer.reason] = self.by_reason.get(answer.reason, 0) + 1


def routes(system: System, access: Access, counts: Counts, limiter: Limiter, gathering: Gathering) -> list[Route]:
    """The two routes; plain Starlette, since every millisecond here is paid per event."""

    async def arrival(request: Request, caller: Caller, *, keep: bool) -> Arrival | Response:
        content = await read_body(request, MAX_BODY)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        form: Format = "cloudevents" if kind in (cloudevents.STRUCTURED, cloudevents.BATCH) else "own"
        try:
            body = _split(content, kind)
        except Rejected as rejected:
            if keep:
                reading = Reading(source=caller.source, received_at=system.clock.now(), format=form)
                await run_in_threadpool(keep_body, system, content, reading, rejected)
                counts.add([Answer("failed", reason=rejected.reason)])
            return from_error(rejected)
        if len(body.raws) > MAX_EVENTS:
            return problem(413, "too_many", f"a request has at most {MAX_EVENTS} events")
        limiter.spend(caller, len(body.raws))
        # Most requests ask nothing: taking the question apart would cost as much as an event.
        asked = request.query_params if request.scope["query_string"] else {}
        historical = asked.get("history") == "true" and caller.own
        reading = Reading(
            source=caller.source, received_at=system.clock.now(), format=form, historical=historical,
            sent_at=body.sent_at,
        )  # fmt: skip
        return Arrival(body.raws, reading)

    async def events(request: Request) -> Response:
        arrived = await arrival(request, access.require(request, "write"), keep=True)
        if isinstance(arrived, Response):
            return arrived
        answers = await gathering.take(arrived)
        counts.add(answers)
        return _response(answers)

    async def validate(request: Request) -> Response:
        arrived = await arrival(request, access.require(request, "write"), keep=False)
        if isinstance(arrived, Response):
            return arrived
        return _response(await run_in_threadpool(_checked, system, arrived))

    return [Route("/v1/events", events, methods=["POST"]), Route("/v1/validate", validate, methods=["POST"])]


def _split(body: bytes, kind: str) -> Body:
    """The raw events of a body, by its content type; our own JSON unless it says otherwise."""
    match kind:
        case cloudevents.STRUCTURED:
            return cloudevents.split(body, batch=False)
        case cloudevents.BATCH:
            return cloudevents.split(body, batch=True)
        case _:
            return own.split(body, ndjson="ndjson" in kind)


def _checked(system: System, arrived: Arrival) -> list[Answer]:
    return [check(system, raw, arrived.reading) for raw in arrived.raws]


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
