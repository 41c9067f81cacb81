"""The shop's seven steps over some days beside the days before, the step that leaks most, and whom a step lost."""

from __future__ import annotations

from dataclasses import dataclass

from cdp.app.web.pages.context import Reader
from cdp.app.web.reads.span import Span
from projections.funnel import FULL_FUNNEL, diagnose, dropped, funnel

STEPS = ("group_click", "enter_live", "watch", "add_wecom", "enter_mall", "order", "repurchase")
"""What the texts call the steps of `FULL_FUNNEL`, in its order."""


@dataclass(frozen=True)
class Step:
    """One step: persons, share of the step before, share of the first step; None where nobody could have come."""

    name: str
    number: int
    persons: int
    lost: int
    step_rate: float | None
    total_rate: float | None
    step_rate_before: float | None
    median: int | None
    """Microseconds since the step before."""


@dataclass(frozen=True)
class Leak:
    """The step that loses most; `missing` is how many more would have come at the rate of the period before."""

    step: Step
    worse: bool
    missing: int


@dataclass(frozen=True)
class Shown:
    """The funnel as the front page shows it."""

    steps: tuple[Step, ...]
    leak: Leak | None


def shown(reader: Reader, span: Span, before: Span, window: int) -> Shown:
    """Both funnels, side by side. `window` is in microseconds."""
    now, then = (funnel(reader, FULL_FUNNEL, since=s.start, until=s.end, window=window) for s in (span, before))
    steps = tuple(
        Step(
            name=name,
            number=step.step,
            persons=step.persons,
            lost=step.dropped,
            step_rate=step.from_previous,
            total_rate=step.from_start,
            step_rate_before=was.from_previous,
            median=step.median,
        )
        for name, step, was in zip(STEPS, now.steps, then.steps, strict=True)
    )
    found = diagnose(now, then)
    return Shown(steps, Leak(steps[found.step.step - 1], found.worse, found.missing) if found else None)


def lost(reader: Reader, span: Span, window: int, step: int) -> list[int]:
    """The persons who reached step `step - 1` and not step `step`, counted from 1."""
    return dropped(reader, FULL_FUNNEL, step=step, since=span.start, until=span.end, window=window)
