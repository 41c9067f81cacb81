"""When somebody inside has to go: exits, the goal, merges."""

from __future__ import annotations

from cdp.events.event import Event
from journeys.definition import Journey, Watch
from journeys.scope import scope_of
from journeys.shop import Shop
from journeys.state import Person, Run


def reason_to_leave(journey: Journey, run: Run, fact: Event, person: Person, shop: Shop, now: int) -> tuple[str, str]:
    """(reason, detail) if this event ends the run, exits before the goal; else two empty texts.

    What happened before the trigger, and only arrived late, ends nothing.
    """
    if run.trigger is not None and fact.occurred_at < run.trigger.occurred_at:
        return "", ""
    for watch in journey.exits:
        if _matches(watch, fact, run.trigger, person, shop, now):
            return "exit", _text(watch)
    goal = journey.goal
    if goal is not None and _matches(goal, fact, run.trigger, person, shop, now):
        in_time = goal.within is None or fact.occurred_at <= goal.within.after(run.entered_at, shop.tz)
        return ("goal", _text(goal)) if in_time else ("", "")
    return "", ""


def already_over(journey: Journey, trigger: Event, person: Person, shop: Shop, now: int) -> str:
    """The exit that has already happened since the trigger, as when a refund came in before the payment; else empty."""
    for watch in journey.exits:
        for fact in person.facts:
            later = fact.occurred_at >= trigger.occurred_at and fact.position != trigger.position
            if later and _matches(watch, fact, trigger, person, shop, now):
                return _text(watch)
    return ""


def younger_twins(person: Person) -> list[tuple[Run, Run]]:
    """(younger, older) for open runs of one journey and key that met in a merge."""
    oldest: dict[tuple[str, str], Run] = {}
    twins = []
    for run in person.open_runs():
        first = oldest.setdefault((run.journey, run.key), run)
        if first is not run:
            twins.append((run, first))
    return twins


def _matches(watch: Watch, fact: Event, entry: Event | None, person: Person, shop: Shop, now: int) -> bool:
    if fact.type != watch.event:
        return False
    return watch.where is None or watch.where.evaluate(scope_of(person, shop, now, fact, entry)) is True


def _text(watch: Watch) -> str:
    return f"{watch.event} where {watch.where.text}" if watch.where else watch.event
