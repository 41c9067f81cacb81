"""Which step of a funnel loses most, against the period before and against the shop's own history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal, TypeVar

from projections.funnel.result import StepResult, Ways

ENOUGH = 3
"""So many earlier periods in which anybody came to a step make a history of it."""

WorseThan = Literal["both", "before", "usual", "nothing"]


@dataclass(frozen=True)
class Leak:
    """A step with the rate it had before, and the one it usually has: the median of earlier periods.

    `missing` is how many persons more would have come from the step before at these rates; at the rate of both, where the
    step is worse than both. Where no step is worse than anything, it is the step with the lowest rate, and nobody is missing.
    """

    step: StepResult
    worse_than: WorseThan
    rate: float
    rate_before: float | None
    rate_usual: float | None
    missing: int
    missing_before: int
    missing_usual: int

    @property
    def worse(self) -> bool:
        """Whether it lost more than before, or than usual."""
        return self.worse_than != "nothing"


def diagnose(current: Ways, before: Ways, earlier: Sequence[Ways] = ()) -> Leak | None:
    """The leak of a funnel, given the same funnel for the period before and for earlier ones that are alike.

    A step that lost persons against both comes before one that lost them against the period before alone, and that before
    one that lost them against history alone; among these, the one that lost most. None where no step had anybody to lose.
    """
    return max(held(current, before, earlier), key=_weight, default=None)


def held(current: Ways, before: Ways, earlier: Sequence[Ways] = ()) -> Iterator[Leak]:
    """Every step that anybody could have reached, held against the period before and against history."""
    arrived = [current.audience or 0, *current.counts]
    for at, (now, then) in enumerate(zip(current.steps, before.steps, strict=True)):
        if now.from_previous is not None:
            usual = _usual([ways.steps[at] for ways in earlier])
            yield _leak(now, arrived[at], now.from_previous, then.from_previous, usual)


W = TypeVar("W", bound=Ways)


def with_audience(ways: W, audience: int) -> W:
    """The same figures, the first step counted among those who could have begun."""
    first, audience = ways.steps[0], max(audience, ways.steps[0].persons)
    share = first.persons / audience if audience else None
    begun = replace(first, from_previous=share, dropped=audience - first.persons)
    return replace(ways, steps=(begun, *ways.steps[1:]), audience=audience)


def _leak(step: StepResult, arrived: int, rate: float, before: float | None, usual: float | None) -> Leak:
    lost_before, lost_usual = (0 if was is None else max(0, round((was - rate) * arrived)) for was in (before, usual))
    worse: WorseThan = "nothing"
    missing = 0
    if lost_before and lost_usual:
        worse, missing = "both", min(lost_before, lost_usual)
    elif lost_before:
        worse, missing = "before", lost_before
    elif lost_usual:
        worse, missing = "usual", lost_usual
    return Leak(step, worse, rate, before, usual, missing, lost_before, lost_usual)


def _weight(leak: Leak) -> tuple[int, int, float]:
    # Where there is no history yet, the period before is all there is to be worse than.
    alone = leak.worse_than == "before" and leak.rate_usual is None
    rank = 3 if alone else {"both": 3, "before": 2, "usual": 1, "nothing": 0}[leak.worse_than]
    return rank, leak.missing, -leak.rate


def _usual(steps: Sequence[StepResult]) -> float | None:
    # Where nobody came at all, there may have been no live to enter; that says nothing about how it usually goes.
    known = [step.from_previous for step in steps if step.persons and step.from_previous is not None]
    return median(known) if len(known) >= ENOUGH else None
