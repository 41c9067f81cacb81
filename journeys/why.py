"""Why somebody got something from a journey, or nothing: the stored chain, and the first rule that said no."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from typing import Any

from cdp.clock import iso
from cdp.events.event import DECISIONS, DELIVERY, WORKSPACE_STREAM, Event, run_stream, subject_stream
from cdp.ports import EventReader
from journeys.definition import Journey
from journeys.enter import Refused, concerns, may_enter
from journeys.evolve import as_seen, evolve
from journeys.shop import FOLDED, Shop, evolve_shop
from journeys.state import Person

Row = dict[str, Any]
"""`position`, `at`, `what`, `step` and `detail` for people; `type`, `run` and `data` as stored."""
_SCAN = 5000


def why(log: EventReader, surrogates: Iterable[int], journey: str) -> list[Row]:
    """Everything one person's runs of a journey left in the log, run by run: the trigger, what branches saw, gates,
    actions and how they ended. Nothing is computed again."""
    members = set(surrogates)
    rows: list[Row] = []
    for entered in runs_entered(log, journey):
        if entered.data["subject"] in members:
            rows += chain(log, entered, members)
    return rows


def why_not(log: EventReader, surrogates: Iterable[int], journey: str) -> list[Row]:
    """For every event of the person that could have let them in: the first rule that said no, or that they entered.

    The person is who they are today. Without any such event, one row says so.
    """
    members = tuple(sorted(surrogates))
    streams = [subject_stream(surrogate) for surrogate in members]
    streams += [run_stream(e.data["run"]) for e in runs_entered(log) if e.data["subject"] in members]
    configuration = [e for e in log.history([WORKSPACE_STREAM]) if e.type in FOLDED]
    last = reduce(evolve_shop, configuration, Shop())
    if (journey, last.latest.get(journey, 0)) not in last.versions:
        return [{"position": 0, "at": "", "what": "no", "step": "", "detail": f"{journey!r} was never deployed"}]
    person = Person(members=members, wanted=last.wanted, policies=last.policies)
    event = last.versions[journey, last.latest[journey]].entry.event
    rows = list(_considered(log.history(streams), configuration, person, journey, event))
    none = {"position": 0, "at": "", "what": "no", "step": "", "detail": "no event that lets people into it ever came"}
    return rows or [none]


def runs_entered(log: EventReader, journey: str = "") -> Iterator[Event]:
    """The `journey.entered` of every run, in order; of one journey if it is named."""
    after = 0
    while events := log.read(after, _SCAN, ("journey.entered",)):
        yield from (event for event in events if journey in ("", event.data["journey"]))
        after = events[-1].position


def chain(log: EventReader, entered: Event, surrogates: Iterable[int]) -> list[Row]:
    """The rows of one run."""
    run = entered.data["run"]
    trigger = log.read(entered.data["trigger_position"] - 1, 1)
    facts = log.history([subject_stream(surrogate) for surrogate in surrogates])
    outcomes = [e for e in facts if e.source == DELIVERY and e.data.get("run") == run]
    told = sorted([*log.history([run_stream(run)]), *outcomes], key=lambda event: event.position)
    return [_row(event, run, entered.data["version"]) for event in [*trigger, *told]]


def _considered(
    history: Sequence[Event], configuration: Sequence[Event], person: Person, journey: str, entry: str
) -> Iterator[Row]:
    shop, ahead = Shop(), list(reversed(configuration))
    for event in sorted(history, key=as_seen):
        while ahead and ahead[-1].position <= event.position and event.source != DECISIONS:
            shop = evolve_shop(shop, ahead.pop())
        before, person = person, evolve(person, event)
        if event.type == "journey.entered" and event.data["journey"] == journey:
            yield _row(event, event.data["run"], event.data["version"])
        elif (
            event.source != DECISIONS and (refused := _refused(event, before, person, shop, journey, entry)) is not None
        ):
            yield {
                "position": event.position, "at": iso(event.occurred_at), "what": f"no: {refused.rule}", "step": "",
                "detail": refused.detail, "type": event.type, "run": "", "data": event.data,
            }  # fmt: skip


def _refused(fact: Event, before: Person, person: Person, shop: Shop, id: str, event: str) -> Refused | None:
    """Why this fact did not let the person in; None if it did, or is no event of the entry at all."""
    if before.position >= fact.position:
        return None
    journey = _live(shop, id)
    if journey is None:
        return Refused("not live") if fact.type == event else None
    if journey.entry.event != fact.type:
        return None
    return concerns(journey, fact, shop.tz) or may_enter(journey, fact, person, shop, fact.recorded_at)


def _live(shop: Shop, id: str) -> Journey | None:
    return None if id in shop.paused else shop.versions.get((id, shop.latest.get(id, 0)))


def _row(event: Event, run: str, version: int) -> Row:
    data = event.data
    return {
        "position": event.position, "at": iso(event.occurred_at), "what": event.type, "step": data.get("step", ""),
        "detail": _detail(event), "type": event.type, "run": run, "version": version, "source": event.source, "data": data,
    }  # fmt: skip


def _detail(event: Event) -> str:
    """The one thing about an event that a reader looks for."""
    data = event.data
    match event.type:
        case "journey.entered":
            return "held out" if data.get("holdout") else f"version {data['version']}"
        case "journey.stepped":
            saw = ", ".join(f"{name}: {value}" for name, value in data.get("saw", {}).items())
            waits = f"until {iso(data['wake_at'])}" if data.get("wake_at") else ""
            return " · ".join(part for part in (data["kind"], waits, saw) if part)
        case "journey.left" | "action.suppressed":
            parts = (data.get("channel", ""), data["reason"], data.get("detail", ""))
            return " · ".join(part for part in parts if part)
        case "action.requested":
            return " · ".join(part for part in (data["channel"], data.get("staff", "")) if part)
        case _ if event.source == DELIVERY:
            parts = (data.get("channel", ""), data.get("kind", ""), data.get("detail", ""))
            return " · ".join(str(part) for part in parts if part)
        case _:
            return ", ".join(f"{name}={value}" for name, value in event.context.items())
