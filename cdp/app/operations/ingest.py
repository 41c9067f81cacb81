"""Takes raw events in our own JSON through the door; what fails is kept in the inbox with its raw form."""

from __future__ import annotations

from collections.abc import Sequence

from cdp.app.system import System
from cdp.envelope import parse
from cdp.errors import Rejected
from cdp.events.touchpoint import Touchpoint
from cdp.inbox.mapping import HTTP_DOOR, item_of
from cdp.ingest import Answer
from cdp.ports import Callback


def take(system: System, raws: Sequence[bytes], source: str, *, historical: bool = False) -> list[Answer]:
    """One answer a raw event, in order; durable when it returns. `source` is for events that name none."""
    parsed = [_parsed(raw, source, historical) for raw in raws]
    taken = iter(system.door.take([p for p in parsed if isinstance(p, Touchpoint)]))
    answers = [next(taken) if isinstance(p, Touchpoint) else p for p in parsed]
    query = {"history": "true"} if historical else {}
    for raw, answer in zip(raws, answers, strict=True):
        if answer.outcome == "failed":
            callback = Callback("POST", query, {}, raw, system.clock.now())
            system.inbox.keep(HTTP_DOOR, source, callback, [item_of(answer)])
    return answers


def check(system: System, raw: bytes, source: str) -> Answer:
    """What `take` would answer as far as the event alone tells; writes nothing."""
    parsed = _parsed(raw, source, False)
    return system.door.check(parsed) if isinstance(parsed, Touchpoint) else parsed


def _parsed(raw: bytes, source: str, historical: bool) -> Touchpoint | Answer:
    try:
        return parse(raw, default_source=source, historical=historical)
    except Rejected as rejected:
        return Answer("failed", "", 0, rejected.reason, rejected.path, rejected.message)
