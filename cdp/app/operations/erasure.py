"""Erasing a person: what tells who they are goes from vault, inbox, memory and files; what they did stays, nobody's.

The event comes first. `person.erased` names the surrogates and the raw bodies, so whatever a crash, a restored backup or a
request under way left behind is deleted from that event alone, again and again with the same effect.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from urllib.parse import unquote_plus

from cdp.app.operations.persons import SOURCE, surrogates_of
from cdp.app.operations.runtime import Answer, Runtime
from cdp.app.operations.tables import publish
from cdp.app.system import System
from cdp.clock import MINUTE
from cdp.errors import NotFound, Problem, UsageError
from cdp.events.event import Event, Who, subject_stream
from cdp.identity.settling import waits
from cdp.ids import derive
from cdp.inbox import retention
from cdp.inbox.store import Raw
from projections.identities import identity_of

MARK = "erasures"
GRACE = MINUTE
"""A request that was under way when somebody was erased has ended after so long; until then the erasure is applied again."""
_LONG_ENOUGH = 6
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_logger = logging.getLogger("cdp.erasure")


def erase(runtime: Runtime, person: int, by: str = "", despite_doubt: bool = False) -> Answer:
    """Erase a person, and answer with a report of what went. It cannot be undone.

    When it returns, no file below `data` holds an identifier or a text of theirs. Killed half-way, the rest is done when
    the workspace is opened next. Raises NotFound when nothing of the person is left to erase, and UsageError while it is
    doubtful which identifiers are theirs, unless it is said to be done all the same.
    """
    system = runtime.system
    # While nothing is mapped, no body of theirs can be on its way from the inbox into the log.
    with runtime.exclusive, runtime.worker.stages["ingest"].lock:
        runtime.catch_up()
        current = runtime.person(person)
        surrogates = surrogates_of(runtime, current)
        numbers = [int(s["surrogate"]) for s in surrogates]
        if not despite_doubt:
            _refuse_in_doubt(runtime, current, numbers)
        needles = _needles(system, numbers)
        if not needles:
            raise NotFound("person with anything left to erase", person)
        bodies = [raw.id for raw in retention.unattributed(system.inbox) if mentions(_readable(system, raw), needles)]
        event = _erased(current, surrogates, bodies, by, system.clock.now())
        system.log.append([event])
        counts = _apply(system, event)
    _logger.info("person erased", extra={"fields": {"person": current, **counts}})
    return {"person_id": current, "surrogates": numbers, **counts, "published": _publish_again(runtime)}


def finish_erasures(runtime: Runtime, *, since: int | None = None, grace: int = 0) -> int:
    """Carry out what `person.erased` events ask for and a crash or a request under way left behind; answers how many did.

    Goes on from where it last came to (or from position `since`), so it costs what is new in the log. Erasures younger
    than `grace` are applied and will be again.
    """
    with runtime.exclusive, runtime.worker.stages["ingest"].lock:
        return _finish(runtime.system, since, grace)


def mentions(text: str, needles: Iterable[str]) -> bool:
    """Whether one of the values stands in a text, as a whole: 1380 is not found in 13800138000."""
    return any(
        re.search(rf"(?<![0-9A-Za-z]){re.escape(needle)}(?![0-9A-Za-z])", text) for needle in needles if needle in text
    )


def _finish(system: System, since: int | None, grace: int) -> int:
    head = system.log.head()
    settled = system.clock.now() - grace
    position = retention.mark(system.inbox, MARK) if since is None else since
    finished, young = 0, False
    while events := [e for e in system.log.read(position, 1000, ("person.erased",)) if e.position <= head]:
        for event in events:
            finished += any(_apply(system, event).values())
            young = young or event.recorded_at > settled
            if not young:
                retention.set_mark(system.inbox, MARK, event.position)
        position = events[-1].position
    if not young and head > retention.mark(system.inbox, MARK):
        retention.set_mark(system.inbox, MARK, head)
    return finished


def _apply(system: System, event: Event) -> dict[str, int]:
    numbers = [int(n) for n in event.data["surrogates"]]
    bodies = retention.erase(system.inbox, numbers, [int(n) for n in event.data.get("bodies", ())])
    return {**system.vault.erase(numbers), "raw_bodies": bodies}


def _refuse_in_doubt(runtime: Runtime, person: int, surrogates: Iterable[int]) -> None:
    """Erasing is for good: while a link to somebody else is held back, too little or too much might go."""
    with runtime.reader().snapshot() as state:
        index = identity_of(state, surrogates)
    doubts = [doubt for doubt in index.ambiguous() if person in doubt.persons and waits(index, doubt)]
    if doubts:
        others = [next(p for p in doubt.persons if p != person) for doubt in doubts]
        problems = [
            Problem("", 0, f"person {p}", "may be the same: a link between the two is held back") for p in others
        ]
        raise UsageError(
            f"it is doubtful what belongs to person {person}: settle it first, or erase what is theirs now despite the doubt",
            problems,
        )


def _needles(system: System, numbers: list[int]) -> list[str]:
    """What a body of this person's would say: identifiers, and texts long enough not to be somebody else's as well."""
    identifiers = [i.value for i in system.vault.identifiers(numbers).values()]
    streams = [subject_stream(n) for n in numbers]
    references = [v for e in system.log.history(streams) for v in e.data.values() if isinstance(v, str)]
    texts = [text for text in system.vault.open(references).values() if len(text) >= _LONG_ENOUGH]
    return list(dict.fromkeys([*identifiers, *texts]))


def _readable(system: System, raw: Raw) -> str:
    """All that a stored callback says, in clear and without escapes."""
    connector = system.connectors.get((raw.connector, raw.name))
    text = connector.plaintext(raw.callback) if connector else raw.callback.body.decode(errors="replace")
    said = "\n".join([text, *raw.callback.query.values()])
    return "\n".join([said, unquote_plus(said), _ESCAPED.sub(lambda m: chr(int(m[1], 16)), said)])


def _publish_again(runtime: Runtime) -> int | None:
    """The position at which analysts' files were published again; None if this workspace publishes none."""
    if not (runtime.system.settings.data / "published" / "current").exists():
        return None
    return int(publish(runtime)["position"])


def _erased(person: int, surrogates: list[Answer], bodies: list[int], by: str, now: int) -> Event:
    numbers = [int(s["surrogate"]) for s in surrogates]
    return Event(
        id=derive("person.erased", *numbers, now), source=SOURCE, type="person.erased", occurred_at=now,
        stream=subject_stream(person), who=tuple(Who(s["type"], s["scope"], s["surrogate"]) for s in surrogates),
        data={"surrogates": numbers, "bodies": bodies, "by": by},
    )  # fmt: skip
