"""Folds one event of a person into what is known about that person. Pure; the same events give the same person.

Facts are folded in order of position, each once: one that was folded already changes nothing. Decisions are folded
behind the fact that they saw last.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Any, TypeVar

from msgspec.structs import replace

from cdp.channels import CHANNELS
from cdp.conditions.profile import LATEST, OWN, Policies, Told, When, tell
from cdp.conditions.vocabulary import SEALED_ATTRIBUTES
from cdp.events.event import DECISIONS, Event
from journeys.state import Friendship, Known, Message, Person, Run

K = TypeVar("K")
_UNWRITTEN = 1 << 62
_PLAIN_FIELDS = ("building", "gender", "baby_birth_month", "is_staff")


def evolve(person: Person, event: Event) -> Person:
    """The person after `event`."""
    if event.source == DECISIONS:
        decided = _DECISIONS.get(event.type)
        return decided(person, event) if decided else person
    if event.position <= person.position:
        return person
    known = _FACTS.get(event.type)
    changed = known(person, event) if known else person
    return replace(
        changed,
        position=event.position,
        last=event,
        facts=_kept(person, event) if event.type in person.wanted else person.facts,
        who=_mentioned(person, event),
    )


def fold(person: Person, events: Iterable[Event]) -> Person:
    """The person after all of these, which may come in any order."""
    return reduce(evolve, sorted(events, key=as_seen), person)


def as_seen(event: Event) -> tuple[int, int, int]:
    """Sorts facts by position, and every decision behind the last fact it saw; what is not written yet came last."""
    if event.source == DECISIONS:
        return event.data["seen_position"], 1, event.position or _UNWRITTEN
    return event.position, 0, 0


def _kept(person: Person, event: Event) -> tuple[Event, ...]:
    place = bisect_right(person.facts, _when(event), key=_when)
    return (*person.facts[:place], event, *person.facts[place:])


def _mentioned(person: Person, event: Event) -> Mapping[int, Any]:
    fresh = {who.surrogate: who for who in event.actors() if who.surrogate not in person.who}
    return {**person.who, **fresh} if fresh else person.who


def _profile_changed(person: Person, event: Event) -> Person:
    plain = {name: event.data[name] for name in _PLAIN_FIELDS if event.data.get(name) is not None}
    own = {f"{OWN}{name}": value for name, value in event.data.get("attributes", {}).items()}
    sealed = {name: event.data[name] for name in SEALED_ATTRIBUTES if event.data.get(name)}
    return replace(
        person,
        profile=_told(person.profile, {**plain, **own}, person.policies, event),
        sealed=_told(person.sealed, sealed, person.policies, event),
    )


def _told(known: Mapping[str, Told], fields: Mapping[str, Any], policies: Policies, event: Event) -> Mapping[str, Told]:
    after = dict(known)
    for name, value in fields.items():
        told = tell(known.get(name), policies.get(name, LATEST), value, _when(event), event.source)
        if told is not None:
            after[name] = told
    return after


def _tagged(person: Person, event: Event) -> Person:
    carried = event.type == "tag.added"
    return replace(person, tags=_later(person.tags, event.data["tag"], carried, _when(event)))


def _befriended(person: Person, event: Event) -> Person:
    staff, since = event.data["staff"], _when(event)
    known = person.friends.get(staff)
    if known is not None and known.since > since:
        return person
    friendship = Friendship(
        since, event.type == "friend.added", event.historical, bool(event.data.get("half", False))
    )  # fmt: skip
    return replace(person, friends={**person.friends, staff: friendship})


def _consented(person: Person, event: Event) -> Person:
    about = (event.data.get("purpose", "promotion"), event.data.get("channel", ""))
    return replace(person, consent=_later(person.consent, about, event.type == "consent.given", _when(event)))


def _did_not_arrive(person: Person, event: Event) -> Person:
    """What certainly never reached the person does not count against caps."""
    action = event.data["action"]
    return replace(person, messages=tuple(m for m in person.messages if m.action != action))


def _is_tried_again(person: Person, event: Event) -> Person:
    """What was given up and is tried again, since a person said so, may reach the person after all."""
    data = event.data
    if any(m.action == data["action"] for m in person.messages):
        return person
    return _with_message(person, event)


def _with_message(person: Person, event: Event) -> Person:
    data, channel = event.data, CHANNELS.get(event.data.get("channel", ""))
    if channel is None or not channel.message or channel.reply:
        return person
    message = Message(data["action"], data["channel"], event.occurred_at)
    return replace(person, messages=(*person.messages, message))


def _entered(person: Person, event: Event) -> Person:
    data = event.data
    trigger = person.last if person.last is not None and person.last.position == data["trigger_position"] else None
    run = Run(
        data["run"], data["journey"], data["version"], data["subject"], data.get("key", ""), data["trigger_position"],
        trigger, data["now"], data.get("bucket", 0), data.get("holdout", False), step="0",
    )  # fmt: skip
    return replace(person, runs={**person.runs, run.id: run})


def _stepped(person: Person, event: Event) -> Person:
    run = person.runs.get(event.data["run"])
    if run is None:
        return person
    next = event.data.get("next", "")
    visit = run.visit + 1 if next == event.data["step"] else 0
    return _with(person, replace(run, step=next, visit=visit, wake_at=event.data.get("wake_at"), length=run.length + 1))


def _requested(person: Person, event: Event) -> Person:
    return _counted(_with_message(person, event), event)


def _counted(person: Person, event: Event) -> Person:
    run = person.runs.get(event.data["run"])
    return _with(person, replace(run, length=run.length + 1)) if run else person


def _left(person: Person, event: Event) -> Person:
    run = person.runs.get(event.data["run"])
    if run is None:
        return person
    return _with(person, replace(run, left=event.data["reason"], wake_at=None, length=run.length + 1))


def _with(person: Person, run: Run) -> Person:
    return replace(person, runs={**person.runs, run.id: run})


def _later(known: Mapping[K, Known], name: K, value: Any, since: When) -> Mapping[K, Known]:
    before = known.get(name)
    return known if before is not None and before.since > since else {**known, name: Known(value, since)}


def _when(event: Event) -> When:
    return event.occurred_at, event.position


_FACTS: dict[str, Callable[[Person, Event], Person]] = {
    "person.profile_changed": _profile_changed,
    "tag.added": _tagged,
    "tag.removed": _tagged,
    "friend.added": _befriended,
    "friend.removed": _befriended,
    "consent.given": _consented,
    "consent.withdrawn": _consented,
    "action.failed": _did_not_arrive,
    "action.expired": _did_not_arrive,
    "action.deferred": _is_tried_again,
}
_DECISIONS: dict[str, Callable[[Person, Event], Person]] = {
    "journey.entered": _entered,
    "journey.stepped": _stepped,
    "action.requested": _requested,
    "action.suppressed": _counted,
    "journey.left": _left,
}
