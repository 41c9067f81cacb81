"""The door: every event comes in through here, whoever brings it.

Check, replace identifiers by surrogates, seal identifying fields, append. An event is accepted, a duplicate, or failed
with a typed reason; what fails is kept in the inbox with its raw form, and the others of its batch are unaffected.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from cdp.clock import MINUTE, Clock, iso, to_moment
from cdp.errors import FailureReason, Rejected
from cdp.events.catalog import CATALOG, OWN_PREFIX, check_data
from cdp.events.clear import refuse_identifying
from cdp.events.event import Who
from cdp.events.own import OwnTypes, Undeclared
from cdp.events.touchpoint import CONTEXT_KEYS, Identifier, Touchpoint
from cdp.filing import Checked, Filer
from cdp.identity.rules import ALWAYS_BLOCKED, IdentityRules
from cdp.ports import Appended, EventLog, Vault

FUTURE_TOLERANCE = 5 * MINUTE
EARLIEST = 0
_LATEST = to_moment(datetime(9999, 12, 31, tzinfo=UTC))


class Answer(msgspec.Struct, frozen=True):
    """What became of one event: `accepted` and `duplicate` have a position, `failed` has reason, path and message."""

    outcome: Literal["accepted", "duplicate", "failed"]
    id: str = ""
    position: int = 0
    reason: FailureReason | None = None
    path: str = ""
    message: str = ""
    surrogates: tuple[int, ...] = ()


class Taking:
    """Touchpoints on their way into the log."""

    def __init__(
        self,
        outcomes: Sequence[Checked | Answer],
        whos: Sequence[tuple[Who, ...]] = (),
        appending: Future[list[Appended]] | None = None,
    ):
        self._outcomes, self._whos, self._appending = outcomes, whos, appending

    def answers(self) -> list[Answer]:
        """Waits until they are durable; one answer an event, in order. Raises LogError, and then none was appended."""
        appended = zip(self._appending.result(), self._whos, strict=True) if self._appending is not None else iter(())
        return [o if isinstance(o, Answer) else _answer(o.touchpoint, *next(appended)) for o in self._outcomes]


class Door:
    """Takes touchpoints. Thread-safe; what it answers as accepted is durable."""

    def __init__(
        self, log: EventLog, vault: Vault, clock: Clock, rules: Callable[[], IdentityRules], own: OwnTypes | None = None
    ):
        """`own` says what the workspace declared about its own types."""
        self._log, self._clock, self._rules = log, clock, rules
        self._filer = Filer(vault)
        self._own = own or Undeclared()

    def take(self, touchpoints: Sequence[Touchpoint]) -> list[Answer]:
        """One answer an event, in order. The accepted ones are appended in one atomic, durable append."""
        return self.begin(touchpoints).answers()

    def begin(self, touchpoints: Sequence[Touchpoint]) -> Taking:
        """Like `take`, without waiting for the log: what is taken after it comes after it there."""
        rules, now = self._rules(), self._clock.now()
        outcomes = [_checked(t, rules, now, self._own) for t in touchpoints]
        good = [o for o in outcomes if isinstance(o, Checked)]
        if not good:
            return Taking(outcomes)
        events = self._filer.file(good, rules)
        appending = self._log.submit(events, self._filer.fingerprints(good))
        return Taking(outcomes, [event.who for event in events], appending)

    def check(self, touchpoint: Touchpoint) -> Answer:
        """What `take` would answer as far as the event alone tells; writes nothing."""
        checked = _checked(touchpoint, self._rules(), self._clock.now(), self._own)
        return checked if isinstance(checked, Answer) else Answer("accepted", touchpoint.id)


def _checked(touchpoint: Touchpoint, rules: IdentityRules, now: int, own: OwnTypes) -> Checked | Answer:
    try:
        return _check(touchpoint, rules, now, own)
    except Rejected as rejected:
        return Answer("failed", touchpoint.id, 0, rejected.reason, rejected.path, rejected.message)


def _check(touchpoint: Touchpoint, rules: IdentityRules, now: int, own: OwnTypes) -> Checked:
    entry = CATALOG.get(touchpoint.type)
    if entry is not None and entry.internal:
        raise Rejected("schema", f"{touchpoint.type} is written by the system alone", "$.type")
    for name in ("id", "source"):
        if not getattr(touchpoint, name):
            raise Rejected("schema", f"{name} is missing", f"$.{name}")
    _check_time(touchpoint.occurred_at, now)
    _check_context(touchpoint.context)
    data = check_data(touchpoint.type, touchpoint.data)
    if touchpoint.type == "person.linked" and data.get("beyond_limit"):
        raise Rejected("schema", "beyond a limit two are one only when somebody settles it here", "$.data.beyond_limit")
    who = _people(touchpoint, rules)
    if entry is None:
        own.check(touchpoint.type, data)
    sealed = entry.identifying if entry is not None else own.identifying(touchpoint.type)
    identifying = tuple(f for f in sealed if data.get(f))
    _check_clear(touchpoint.type, data, sealed, who)
    return Checked(touchpoint, who, data, identifying, entry.version if entry is not None else 1)


def _check_clear(kind: str, data: dict[str, Any], sealed: Sequence[str], who: Sequence[Identifier]) -> None:
    """Fields without a meaning of their own, own types and own attributes, hold nothing that tells who somebody is."""
    if kind.startswith(OWN_PREFIX):
        free = {name: value for name, value in data.items() if name not in sealed}
        refuse_identifying(free, [i.value for i in who if i.type != "order"], "$.data")
    elif attributes := data.get("attributes"):
        refuse_identifying(attributes, [i.value for i in who if i.type != "order"], "$.data.attributes")


def _check_time(occurred_at: int, now: int) -> None:
    if occurred_at > now + FUTURE_TOLERANCE:
        when = iso(occurred_at) if occurred_at < _LATEST else "a time after the year 9999"
        raise Rejected("clock", f"{when} is more than 5 minutes ahead of our clock, {iso(now)}", "$.occurred_at")
    if occurred_at < EARLIEST:
        raise Rejected("clock", "before 1970", "$.occurred_at")


def _check_context(context: dict[str, str]) -> None:
    for key, value in context.items():
        if key not in CONTEXT_KEYS:
            raise Rejected(
                "schema", f"unknown context key; known are {', '.join(sorted(CONTEXT_KEYS))}", f"$.context.{key}"
            )
        if not isinstance(value, str) or not value:
            raise Rejected("schema", "expected a non-empty string", f"$.context.{key}")


def _people(touchpoint: Touchpoint, rules: IdentityRules) -> tuple[Identifier, ...]:
    """Everybody mentioned, without identifiers that identify nobody, and with the order that the context names."""
    kept = tuple(dict.fromkeys([i for i in touchpoint.who if not _blocked(i, rules)]))
    if touchpoint.who and not kept:
        raise Rejected("identity_blocked", "every identifier is blocked or empty", "$.who")
    order = touchpoint.context.get("order")
    if order and not any(i.type == "order" for i in kept):
        kept = (*kept, Identifier(type="order", value=order))
    return kept


def _blocked(identifier: Identifier, rules: IdentityRules) -> bool:
    value = identifier.value.strip()
    if value.lower() in ALWAYS_BLOCKED:
        return True
    return bool(rules.blocked) and any(
        kind in (identifier.type, "*") and value == blocked for kind, blocked in rules.blocked
    )


def _answer(touchpoint: Touchpoint, appended: Appended, who: tuple[Who, ...]) -> Answer:
    if appended.outcome == "conflict":
        message = f"({touchpoint.source}, {touchpoint.id}) stands at position {appended.position} with other content"
        return Answer("failed", touchpoint.id, appended.position, "id_conflict", "$.id", message)
    return Answer(appended.outcome, touchpoint.id, appended.position, surrogates=tuple(w.surrogate for w in who))
