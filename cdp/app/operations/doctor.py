"""`cdp doctor`: whether the files of a workspace are whole and belong together."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, NamedTuple

from cdp.app.operations.runtime import Answer, Runtime
from cdp.ports import EventReader
from cdp.vault import REFERENCE

_READ = 1000
_logger = logging.getLogger("cdp.doctor")


class Numbers(NamedTuple):
    """The greatest number of a surrogate and of a reference."""

    surrogate: int
    reference: int


def doctor(runtime: Runtime) -> Answer:
    """Checks of integrity, which read everything; `problems` is empty when all is well."""
    system = runtime.system
    found = {
        "log": system.log.check(),
        "vault": system.vault.check(),
        "inbox": system.inbox.check(),
        "numbers": list(_outrun(runtime)),
        "stages": [f"stage {s.name} failed: {s.error}" for s in runtime.worker.stages.values() if s.error],
        "channels": list(_unprovided(runtime)),
    }
    return {"problems": [line for lines in found.values() for line in lines], "checked": list(found)}


def mend(runtime: Runtime) -> Answer:
    """Have the vault give no number that stands in the log already; answers from where on it gives them."""
    known, given = numbers_of(runtime.system.log), Numbers(*runtime.system.vault.last_numbers())
    runtime.system.vault.skip_to(*known)
    after = Numbers(*runtime.system.vault.last_numbers())
    _logger.warning("numbers skipped", extra={"fields": {"surrogates": after.surrogate - given.surrogate}})
    return {"surrogates_after": after.surrogate, "references_after": after.reference}


def numbers_of(log: EventReader) -> Numbers:
    """The greatest numbers that the log knows. Reads all of it."""
    surrogate = reference = position = 0
    while events := log.read(position, _READ):
        for event in events:
            surrogate = max([surrogate, *(w.surrogate for w in event.who)])
            reference = max([reference, *_references(event.data)])
        position = events[-1].position
    return Numbers(surrogate, reference)


def _outrun(runtime: Runtime) -> Iterator[str]:
    """A vault that was put back from an older copy than the log would give numbers of some people to others."""
    known, given = numbers_of(runtime.system.log), Numbers(*runtime.system.vault.last_numbers())
    if known.surrogate > given.surrogate or known.reference > given.reference:
        yield (
            f"the vault is older than the log: it has given numbers up to {given.surrogate} (texts {given.reference}), and the log "
            f"knows {known.surrogate} (texts {known.reference}). Put back the vault that belongs to the log; if it is lost, "
            "`cdp doctor --mend` keeps the numbers of some people from being given to others"
        )


def _unprovided(runtime: Runtime) -> Iterator[str]:
    channels = {o.channel for o in runtime.system.outbox.open()} - set(runtime.system.sinks)
    for channel in sorted(channels):
        yield f"actions wait for {channel}, which no connector in cdp.toml provides"


def _references(value: Any) -> Iterator[int]:
    match value:
        case str() if value.startswith(REFERENCE) and value[len(REFERENCE) :].isdecimal() and len(value) < 20:
            yield int(value[len(REFERENCE) :])
        case dict():
            for each in value.values():
                yield from _references(each)
        case list() | tuple():
            for each in value:
                yield from _references(each)
