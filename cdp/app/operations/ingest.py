"""Takes events through the door, whichever envelope they came in; what fails is kept in the inbox with its raw form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from cdp.app.operations.runtime import Answer as Document
from cdp.app.operations.runtime import Runtime
from cdp.app.system import System
from cdp.envelopes import own
from cdp.envelopes.read import VERSION, Format, Reading, path_in, read
from cdp.errors import Rejected
from cdp.events.touchpoint import Touchpoint
from cdp.inbox.mapping import HTTP_DOOR, item_of
from cdp.ingest import Answer, Taking


class BadRow(msgspec.Struct, frozen=True):
    """A row of a file of which its mapping file could make no event."""

    row: str
    path: str
    message: str


def reading(system: System, source: str, *, historical: bool = False) -> Reading:
    """How our own JSON is read that comes in now. `source` is for events that name none."""
    return Reading(source=source, received_at=system.clock.now(), historical=historical)


class Arrival(NamedTuple):
    """Raw events that came together, and how they are to be read. A touchpoint is one that was read already."""

    raws: Sequence[bytes | Touchpoint]
    reading: Reading


class Underway:
    """Arrivals on their way through the door."""

    def __init__(
        self, system: System, arrivals: Sequence[Arrival], parsed: list[list[Touchpoint | Answer]], taking: Taking
    ):
        self._system, self._arrivals, self._parsed, self._taking = system, arrivals, parsed, taking

    def answers(self) -> list[list[Answer]]:
        """Waits until they are durable; for each arrival one answer an event. Raises what the log or the inbox raises."""
        taken = iter(self._taking.answers())
        answers = [
            [_told(next(taken), arrival.reading.format) if isinstance(p, Touchpoint) else p for p in parsed]
            for arrival, parsed in zip(self._arrivals, self._parsed, strict=True)
        ]
        for arrival, answered in zip(self._arrivals, answers, strict=True):
            _keep_failed(self._system, arrival, answered)
        return answers


def begin(system: System, arrivals: Sequence[Arrival]) -> Underway:
    """Take arrivals through the door together, without waiting for the log. Raises what the vault raises."""
    parsed = [
        [_parsed(raw, arrival.reading) if isinstance(raw, bytes) else raw for raw in arrival.raws]
        for arrival in arrivals
    ]
    taking = system.door.begin([p for each in parsed for p in each if isinstance(p, Touchpoint)])
    return Underway(system, arrivals, parsed, taking)


def take(system: System, raws: Sequence[bytes | Touchpoint], reading: Reading) -> list[Answer]:
    """One answer an event, in order; durable when it returns. A touchpoint is one that was read already."""
    return begin(system, [Arrival(raws, reading)]).answers()[0]


def check(system: System, raw: bytes | Touchpoint, reading: Reading) -> Answer:
    """What `take` would answer as far as the event alone tells; writes nothing."""
    parsed = _parsed(raw, reading) if isinstance(raw, bytes) else raw
    return _told(system.door.check(parsed), reading.format) if isinstance(parsed, Touchpoint) else parsed


def keep_body(system: System, body: bytes, reading: Reading, rejected: Rejected) -> None:
    """Keep a whole body that could not be taken apart into events: one failed item, with its raw form."""
    answer = Answer("failed", "", 0, rejected.reason, rejected.path, rejected.message)
    system.inbox.keep_all(HTTP_DOOR, reading.source, [(reading.callback(body), [item_of(answer)])], VERSION)


def keep_rows(system: System, source: str, rows: Sequence[BadRow]) -> None:
    """Keep rows in the inbox of which no event could be made."""
    if rows:
        kept = Reading(source=source, received_at=system.clock.now(), format="row")
        failures = [(kept.callback(r.row.encode()), [item_of(_bad(r))]) for r in rows]
        system.inbox.keep_all(HTTP_DOOR, source, failures, VERSION)


def keep(runtime: Runtime, source: str, rows: list[dict[str, Any]]) -> Document:
    """What the command line found in a file while this process holds the workspace."""
    keep_rows(runtime.system, source, msgspec.convert(rows, list[BadRow]))
    return {"kept": len(rows)}


def _keep_failed(system: System, arrival: Arrival, answers: Sequence[Answer]) -> None:
    failed = [
        (arrival.reading.callback(raw if isinstance(raw, bytes) else own.render(raw)), [item_of(answer)])
        for raw, answer in zip(arrival.raws, answers, strict=True)
        if answer.outcome == "failed"
    ]
    if failed:
        system.inbox.keep_all(HTTP_DOOR, arrival.reading.source, failed, VERSION)


def _parsed(raw: bytes, reading: Reading) -> Touchpoint | Answer:
    try:
        return read(raw, reading)
    except Rejected as rejected:
        return Answer("failed", "", 0, rejected.reason, rejected.path, rejected.message)


def _bad(row: BadRow) -> Answer:
    return Answer("failed", "", 0, "mapping", row.path, row.message)


def _told(answer: Answer, format: Format) -> Answer:
    """The door speaks of our envelope; the sender knows its own."""
    return msgspec.structs.replace(answer, path=path_in(answer.path, format)) if answer.path else answer
