"""Funnels: how far people came, which step loses most, whom a step lost, and a tag for them; and who came back."""

from __future__ import annotations

from datetime import date
from typing import Any

from cdp.app.operations.days import day, known, local_today, moments, period
from cdp.app.operations.runtime import Answer, Runtime
from cdp.app.operations.segments import add_tag
from projections.funnel import FULL_FUNNEL, HISTORY, STAGES, Leak, dropped, funnel, lost, parse_exclusion
from projections.funnel import compare as compare_periods
from projections.periods import Period
from projections.retention import first_of, retention
from projections.tables import Tables

_USUAL_DAYS = 7


def run_funnel(
    runtime: Runtime, steps: list[str] | None = None, since: str = "", until: str = "", window: str = "14d",
    order: str = "sequential", exclude: list[str] | None = None, entry: str = "every", by: str | None = None,
    attribution: str = "first", compare: bool = False,
) -> Answer:  # fmt: skip
    """A funnel over persons; the shop's own seven steps if none are named. Days are local, both inclusive.

    `compare` puts beside it the period before and the shop's own history, and names the step that loses most; without days
    over the last seven that are over.
    """
    options = {**_rules(window, order, exclude, entry), "by": by, "attribution": _attribution(attribution)}
    with runtime.reader().snapshot() as tables:
        fresh = tables.freshness()
        if compare:
            days = period(runtime, since, until, _USUAL_DAYS, fresh)
            return {**_compared(runtime, tables, steps, days, options), **known(fresh)}
        first, after = moments(runtime, since, until)
        found = funnel(tables, steps or FULL_FUNNEL, since=first, until=after, **options)
        return {**found.as_dict(), **known(fresh)}


def dropped_at(
    runtime: Runtime, step: int, steps: list[str] | None = None, since: str = "", until: str = "", window: str = "14d",
    order: str = "sequential", exclude: list[str] | None = None, entry: str = "every",
) -> Answer:  # fmt: skip
    """Who reached step `step - 1` and not step `step`, by the same rules as the funnel.

    Of the first step of the shop's own funnel: who was a member of a group and did not begin.
    """
    first, after = moments(runtime, since, until)
    with runtime.reader().snapshot() as tables:
        return {
            "persons": _lost(tables, steps, step, first, after, _rules(window, order, exclude, entry)),
            **known(tables.freshness()),
        }


def tag_dropped(
    runtime: Runtime, tag: str, step: int, steps: list[str] | None = None, since: str = "", until: str = "",
    window: str = "14d", order: str = "sequential", exclude: list[str] | None = None, entry: str = "every",
) -> Answer:  # fmt: skip
    """Give a tag to those whom `dropped_at` lists."""
    lost = dropped_at(runtime, step, steps, since, until, window, order, exclude, entry)["persons"]
    return {"step": step, **add_tag(runtime, tag, lost)}


def run_retention(
    runtime: Runtime, start: str, returning: str = "", since: str = "", periods: int = 8, period: str = "week",
    kind: str = "first_time", mode: str = "on",
) -> Answer:  # fmt: skip
    """Of the persons who did `start` in a day, week or month, how many did `returning` in those after it; without
    `returning`, `start` again. Without a first day, the last of the periods is the one that lasts.
    """
    with runtime.reader().snapshot() as tables:
        fresh = tables.freshness()
        first = day("since", since) or first_of(local_today(runtime, fresh), periods, period)
        found = retention(
            tables, start, returning or start, since=first, periods=periods, today=fresh.today or date.min, period=period,
            kind=kind, mode=mode,
        )  # fmt: skip
    return {"start": start, "returning": returning or start, **found.as_dict(), **known(fresh)}


def _rules(window: str, order: str, exclude: list[str] | None, entry: str) -> dict[str, Any]:
    return {"window": window, "order": order, "exclusions": [parse_exclusion(e) for e in exclude or ()], "entry": entry}


def _attribution(text: str) -> str | int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else text


def _lost(
    tables: Tables, steps: list[str] | None, step: int, since: int | None, until: int | None, rules: dict[str, Any]
) -> list[int]:
    if steps:
        return dropped(tables, steps, step=step, since=since, until=until, **rules)
    return lost(tables, step, since, until, **rules)


def _compared(
    runtime: Runtime, tables: Tables, steps: list[str] | None, days: Period, options: dict[str, Any]
) -> Answer:
    before = days.before()
    found = compare_periods(
        tables, steps or FULL_FUNNEL, days, before, runtime.system.settings.workspace.timezone, **options
    )
    return {
        **found.now.as_dict(),
        "days": {"since": str(days.since), "until": str(days.until)},
        "before": {"since": str(before.since), "until": str(before.until), "counts": list(found.before.counts)},
        "history": [
            {"since": str(p.since), "until": str(p.until), "counts": list(ways.counts)}
            for p, ways in zip(days.earlier(HISTORY), found.earlier, strict=True)
        ],
        "compared": [_held(leak) for leak in found.held],
        "leak": found.leak and {**_held(found.leak), "advice": None if steps else _advice(found.leak)},
    }


def _held(leak: Leak) -> Answer:
    """One step against the period before and the shop's own history."""
    return {
        "step": leak.step.step,
        "name": leak.step.name,
        "label": leak.step.label,
        "lost": leak.step.dropped,
        "rate": leak.rate,
        "rate_before": leak.rate_before,
        "rate_usual": leak.rate_usual,
        "worse_than": leak.worse_than,
        "missing": leak.missing,
        "missing_before": leak.missing_before,
        "missing_usual": leak.missing_usual,
    }


def _advice(leak: Leak) -> Answer:
    """What is usually done about a weak step of the shop's own funnel."""
    return STAGES[leak.step.step - 1].advice._asdict()
