"""Saying who is one person and who is not: checked first, tried on paper if that is asked for, then on record for good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from cdp.app.operations.persons import SOURCE, identifier_number, parse_identifier, plain
from cdp.app.operations.runtime import Answer, Runtime
from cdp.app.operations.unmerging import decided_wrongly
from cdp.errors import NotFound, Problem, Rejected, UsageError
from cdp.events.clear import refuse_identifying
from cdp.events.event import Event, Who, subject_stream
from cdp.identity.graph import ORDER
from cdp.identity.index import IdentityIndex
from cdp.identity.partition import Ambiguity, Pair, pair
from cdp.identity.rules import subject
from cdp.identity.settling import Outcome, outcome, saying_not_of, saying_one, saying_two
from cdp.ids import derive
from projections.identities import identity_of, rules_of, told_of

MOST = 20
"""Identifiers in one statement; every two of them are stated."""


@dataclass(frozen=True)
class _Saying:
    """One statement to be written."""

    type: str
    who: tuple[int, ...]
    beyond_limit: bool = False


def link(
    runtime: Runtime, identifiers: list[str], reason: str = "", by: str = "", person: int | None = None,
    beyond_limit: bool = False, dry_run: bool = False,
) -> Answer:  # fmt: skip
    """Say that these identifiers (and the person with this id) belong to one person.

    `beyond_limit` says so though they then have more values of a type than the limit allows; without it such a link is on
    record and held back. With `dry_run` nothing is written. Answers what changes, and what is still held back.
    """
    named = _named(runtime, identifiers, person, least=2)
    index = _index(runtime, named)
    who = saying_one(index, named) if beyond_limit else tuple(named)
    return _say(runtime, index, [_Saying("person.linked", who, beyond_limit)], named, reason, by, dry_run)


def unlink(
    runtime: Runtime, identifiers: list[str], reason: str = "", by: str = "", person: int | None = None, dry_run: bool = False
) -> Answer:  # fmt: skip
    """Say that these identifiers belong to different persons, or, with a `person`, that none of them is this person's.

    With `dry_run` nothing is written. Answers what changes.
    """
    named = _named(runtime, identifiers, None, least=2 if person is None else 1)
    if person is None:
        index = _index(runtime, named)
        return _say(runtime, index, [_Saying("person.unlinked", tuple(named))], named, reason, by, dry_run)
    current = runtime.person(person)
    index = _index(runtime, [*named, current])
    pairs = saying_not_of(index, current, named)
    if not pairs:
        raise UsageError(f"person {current} has no other identifiers than these; there is nobody to be told apart")
    return _say(runtime, index, [_Saying("person.unlinked", two) for two in pairs], named, reason, by, dry_run)


def settle(
    runtime: Runtime, persons: list[int], same: bool, reason: str = "", by: str = "", dry_run: bool = False
) -> Answer:
    """Settle what is held back between two persons: they are the same, whatever limits say, or they are not.

    Raises NotFound when nothing is held back between the two.
    """
    if len(persons) != 2:
        raise UsageError("name two persons by their ids")
    runtime.catch_up()
    two = pair(runtime.person(persons[0]), runtime.person(persons[1]))
    index = _index(runtime, two)
    doubt = next((a for a in index.ambiguous() if a.persons == two), None)
    if doubt is None:
        raise NotFound("link held back between the persons", f"{two[0]}, {two[1]}")
    if same:
        sayings = [_Saying("person.linked", saying_one(index, [*doubt.link, *two]), True)]
    else:
        sayings = [_Saying("person.unlinked", each) for each in saying_two(two, doubt.link)]
    return _say(runtime, index, sayings, [*two], reason, by, dry_run)


def _named(runtime: Runtime, identifiers: Sequence[str], person: int | None, least: int) -> list[int]:
    """The surrogates of what was named, each once. Raises with everything that is wrong with them."""
    runtime.catch_up()
    found = {text: _number(runtime, text) for text in identifiers}
    if missing := [text for text, number in found.items() if number is None]:
        raise NotFound("identifier", ", ".join(missing))
    named = {number: text for text, number in found.items() if number is not None}
    if person is not None:
        named.setdefault(runtime.person(person), str(person))
    kinds = _kinds(runtime, named)
    with runtime.reader().snapshot() as state:
        blocked = frozenset(rules_of(state).blocked_surrogates)
    problems = [_problem(text, kinds.get(number), number in blocked) for number, text in named.items()]
    if wrong := [Problem("", 0, text, message) for text, message in problems if message]:
        raise UsageError("nothing was said of these", wrong)
    if not least <= len(named) <= MOST:
        raise UsageError(f"name {least} to {MOST} different identifiers, as TYPE:VALUE, TYPE:SCOPE:VALUE, or by number")
    return list(named)


def _number(runtime: Runtime, text: str) -> int | None:
    number = identifier_number(text)
    return number if number is not None else runtime.system.vault.find(parse_identifier(text))


def _problem(text: str, kind: str | None, blocked: bool) -> tuple[str, str]:
    if kind is None:
        return text, "no event ever named it as somebody who acted"
    if kind == ORDER:
        return text, "an order attaches events to a person and never merges two"
    return text, "cdp.toml blocks it: it identifies nobody" if blocked else ""


def _kinds(runtime: Runtime, surrogates: Iterable[int]) -> dict[int, str]:
    rows = runtime.reader().rows(
        "SELECT surrogate, type FROM identifiers "
        "WHERE surrogate IN (SELECT unnest($numbers)) AND (person_id IS NOT NULL OR owner_kind = 'order')",
        {"numbers": sorted(surrogates)},
    )
    return {int(row["surrogate"]): str(row["type"]) for row in rows}


def _index(runtime: Runtime, surrogates: Iterable[int]) -> IdentityIndex:
    with runtime.reader().snapshot() as state:
        return identity_of(state, surrogates)


def _say(
    runtime: Runtime, index: IdentityIndex, sayings: Sequence[_Saying], named: Sequence[int], reason: str, by: str, dry_run: bool
) -> Answer:  # fmt: skip
    events = _events(runtime, sayings, reason, by)
    would = outcome(index, events, named)
    answer = {"dry_run": dry_run, **_told(runtime, would, index), "wrong_decisions": _wrong(runtime, events)}
    if dry_run:
        return {
            **answer,
            "position": None,
            "persons": sorted({p for s in named if (p := index.person_of(s)) is not None}),
        }
    appended = runtime.system.log.append(events)
    runtime.catch_up()
    return {**answer, "position": appended[-1].position, "persons": sorted({runtime.person(s) for s in named})}


def _wrong(runtime: Runtime, events: Sequence[Event]) -> int:
    """How many decisions were taken under an identity that the statements, written now, take back."""
    head, now = runtime.system.log.head(), runtime.system.clock.now()
    apart = [replace(event, position=head + 1, recorded_at=now) for event in events if event.type == "person.unlinked"]
    return len(decided_wrongly(runtime, apart)["decisions"]) if apart else 0


def _events(runtime: Runtime, sayings: Sequence[_Saying], reason: str, by: str) -> list[Event]:
    """The statements, dated so that they come after everything that was ever stated of the same identifiers."""
    numbers = {s for saying in sayings for s in saying.who}
    with runtime.reader().snapshot() as state:
        last = max((told["at_moment"] for told in told_of(state, numbers)), default=-1)
        rows = state.rows("FROM identifiers WHERE surrogate IN (SELECT unnest($numbers))", {"numbers": sorted(numbers)})
    known = {row["surrogate"]: Who(row["type"], row["scope"], row["surrogate"]) for row in rows}
    _refuse_names(runtime, reason, numbers)
    at = max(runtime.system.clock.now(), last + 1)
    return [_event(saying, known, reason, by, at, runtime) for saying in sayings]


def _event(saying: _Saying, known: dict[int, Who], reason: str, by: str, at: int, runtime: Runtime) -> Event:
    who = tuple(known[s] for s in saying.who)
    owner = subject(who, runtime.system.settings.identity)
    data: dict[str, object] = {name: text for name, text in (("reason", reason), ("by", by)) if text}
    return Event(
        id=derive(saying.type, *sorted(saying.who), at), source=SOURCE, type=saying.type, occurred_at=at,
        stream=subject_stream(owner.surrogate if owner else who[0].surrogate), who=who,
        data={**data, "beyond_limit": True} if saying.beyond_limit else data,
    )  # fmt: skip


def _refuse_names(runtime: Runtime, reason: str, surrogates: Iterable[int]) -> None:
    """A reason stands in the log in clear: it must not tell whom it is about."""
    values = [i.value for i in runtime.system.vault.identifiers(list(surrogates)).values()]
    try:
        refuse_identifying(reason, values, "reason")
    except Rejected as rejected:
        raise UsageError(f"the reason stands in the log in clear: {rejected.message}") from None


def _told(runtime: Runtime, would: Outcome, index: IdentityIndex) -> Answer:
    """The outcome for people and programs, and what moves with the identifiers."""
    touched = sorted({*would.before, *would.after})
    rows = runtime.reader().rows(
        "SELECT (SELECT count(*) FROM touchpoints WHERE subject IN (SELECT unnest($moved))) AS events, "
        "(SELECT count(*) FROM journey_runs WHERE left_at IS NULL AND person_id IN (SELECT unnest($touched))) AS open_runs",
        {"moved": sorted(would.moved), "touched": touched},
    )
    kinds = index.kinds()
    return {
        "before": _persons(would.before, index),
        "after": _persons(would.after, index),
        "moved": [
            {"surrogate": s, "type": kinds[s], "from": old, "to": new} for s, (old, new) in sorted(would.moved.items())
        ],
        "events_moved": rows[0]["events"],
        "open_runs": rows[0]["open_runs"],
        "held": plain([held_row(doubt, index) for doubt in would.held]),
    }


def _persons(persons: Mapping[int, Sequence[int]], index: IdentityIndex) -> list[Answer]:
    return [
        {"person_id": p, "identifiers": list(members), "erased": [s for s in members if index.erased(s)]}
        for p, members in persons.items()
    ]


def held_row(doubt: Ambiguity, index: IdentityIndex) -> Answer:
    """What is held back between two persons, and why."""
    kinds = index.kinds()
    link: Pair = doubt.link
    return {
        "persons": list(doubt.persons), "link": list(link), "types": [kinds[s] for s in link], "reason": doubt.reason,
        "type": doubt.type, "limit": index.rules.caps().get(doubt.type),
    }  # fmt: skip
