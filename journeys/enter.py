"""Who may enter a journey, and what is fixed when they do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, assert_never

from cdp.conditions.condition import Condition
from cdp.conditions.evaluate import Scope
from cdp.events.event import Event
from cdp.ids import bucket, derive
from journeys.definition import After, Always, Journey, Never, PerKey
from journeys.leave import already_over
from journeys.scope import scope_of
from journeys.shop import Shop
from journeys.state import Person


@dataclass(frozen=True)
class Refused:
    """Why somebody may not enter: which rule said no, and what it looked at."""

    rule: str
    detail: str = ""


def concerns(journey: Journey, fact: Event, tz: str) -> Refused | None:
    """Whether the event alone already says no: another type, an import of the past, too late, `where`."""
    entry = journey.entry
    if fact.type != entry.event:
        return Refused("event")
    if fact.historical:
        return Refused("historical")
    if fact.occurred_at < entry.late.before(fact.recorded_at, tz):
        return Refused("late")
    where = entry.where
    if where is not None and where.of_the_event_alone and where.evaluate(Scope(fact.data, fact.context)) is not True:
        return Refused("where", where.text)
    return None


def may_enter(journey: Journey, fact: Event, person: Person, shop: Shop, now: int) -> Refused | None:
    """Whether the person's state says no, once `concerns` did not."""
    scope = scope_of(person, shop, now, event=fact)
    if (no := _condition("where", journey.entry.where, scope)) is not None:
        return no
    if (no := _condition("audience", journey.audience, scope)) is not None:
        return no
    if (no := _again(journey, key_of(journey, fact), person, shop, now)) is not None:
        return no
    over = already_over(journey, fact, person, shop, now)
    return Refused("exit", over) if over else None


def key_of(journey: Journey, fact: Event) -> str:
    """The key under which runs are counted; empty without one."""
    root, _, name = journey.entry.key.partition(".")
    value = (fact.data if root == "data" else fact.context).get(name) if name else None
    return "" if value is None else str(value)


def fixed_at_entry(journey: Journey, version: int, fact: Event, person: Person, subject: int) -> dict[str, Any]:
    """The fields of `journey.entered`. Whoever was in before keeps the bucket, whatever their identifiers are now."""
    runs = [run for run in person.runs.values() if run.journey == journey.id]
    first = min(runs, key=lambda run: run.age, default=None)
    drawn = first.bucket if first else bucket(journey.id, subject)
    return {
        "journey": journey.id, "run": derive(journey.id, subject, fact.source, fact.id), "version": version,
        "subject": subject, "key": key_of(journey, fact), "trigger_position": fact.position,
        "trigger_type": fact.type, "bucket": drawn, "holdout": bucket(journey.id, "holdout", drawn) < journey.holdout,
    }  # fmt: skip


def _condition(rule: str, condition: Condition | None, scope: Scope) -> Refused | None:
    if condition is None or condition.evaluate(scope) is True:
        return None
    return Refused(rule, ", ".join(f"{name}: {value}" for name, value in condition.saw(scope).items()))


def _again(journey: Journey, key: str, person: Person, shop: Shop, now: int) -> Refused | None:
    runs = person.runs_of(journey.id, key)
    if any(not run.left for run in runs):
        return Refused("inside")
    match journey.entry.again:
        case Never():
            return Refused("again", "never") if runs else None
        case Always():
            return None
        case After(pause):
            recent = runs and pause.after(runs[-1].entered_at, shop.tz) > now
            return Refused("again", f"run {runs[-1].id} began less than the pause ago") if recent else None
        case PerKey(most):
            return Refused("again", f"{len(runs)} of {most} runs") if len(runs) >= most else None
        case _:
            assert_never(journey.entry.again)
