"""Takes raw events through the door, whichever envelope they came in; what fails is kept in the inbox with its raw form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cdp.app.system import System
from cdp.envelopes.read import Format, Reading, path_in, read
from cdp.errors import Rejected
from cdp.events.touchpoint import Touchpoint
from cdp.inbox.mapping import HTTP_DOOR, item_of
from cdp.ingest import Answer


def reading(system: System, source: str, *, historical: bool = False) -> Reading:
    """How our own JSON is read that comes in now. `source` is for events that name none."""
    return Reading(source=source, received_at=system.clock.now(), historical=historical)


def take(system: System, raws: Sequence[bytes], reading: Reading) -> list[Answer]:
    """One answer a raw event, in order; durable when it returns."""
    parsed = [_parsed(raw, reading) for raw in raws]
    taken = iter(system.door.take([p for p in parsed if isinstance(p, Touchpoint)]))
    answers = [_told(next(taken), reading.format) if isinstance(p, Touchpoint) else p for p in parsed]
    for raw, answer in zip(raws, answers, strict=True):
        if answer.outcome == "failed":
            system.inbox.keep(HTTP_DOOR, reading.source, reading.callback(raw), [item_of(answer)])
    return answers


def check(system: System, raw: bytes, reading: Reading) -> Answer:
    """What `take` would answer as far as the event alone tells; writes nothing."""
    parsed = _parsed(raw, reading)
    return _told(system.door.check(parsed), reading.format) if isinstance(parsed, Touchpoint) else parsed


def _parsed(raw: bytes, reading: Reading) -> Touchpoint | Answer:
    try:
        return read(raw, reading)
    except Rejected as rejected:
        return Answer("failed", "", 0, rejected.reason, rejected.path, rejected.message)


def _told(answer: Answer, format: Format) -> Answer:
    """The door speaks of our envelope; the sender knows its own."""
    return replace(answer, path=path_in(answer.path, format)) if answer.path else answer
