"""The seven steps against the period before, and the one that leaks most. Pure: it is handed counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

STEPS = ("group_click", "enter_live", "watch", "add_wecom", "enter_mall", "order", "repurchase")


@dataclass(frozen=True)
class Step:
    """One step: persons, share of the step before, share of the first step; None where nobody could have come."""

    name: str
    number: int
    persons: int
    step_rate: float | None
    total_rate: float | None
    step_rate_before: float | None
    lost: int


@dataclass(frozen=True)
class Leak:
    """The step that lost most. `missing` is how many persons more would have gone on at the rate of the period before.

    `worse` says whether the rate fell; if none did, it is simply the step with the lowest rate.
    """

    step: Step
    worse: bool
    missing: int


def steps(counts: Sequence[int], before: Sequence[int]) -> list[Step]:
    """The funnel with its rates."""
    return [
        Step(
            name=name,
            number=index + 1,
            persons=counts[index],
            step_rate=_rate(counts, index),
            total_rate=_share(counts[index], counts[0]),
            step_rate_before=_rate(before, index),
            lost=counts[index - 1] - counts[index] if index else 0,
        )
        for index, name in enumerate(STEPS)
    ]


def biggest(funnel: Sequence[Step]) -> Leak | None:
    """The step whose fall of the rate costs most persons; None for an empty funnel."""
    measured = [step for step in funnel[1:] if step.step_rate is not None]
    if not measured:
        return None
    fallen = [(s, _missing(s, funnel[s.number - 2].persons)) for s in measured]
    step, missing = max(fallen, key=lambda pair: pair[1])
    if missing > 0:
        return Leak(step, True, missing)
    lowest = min(measured, key=lambda s: s.step_rate or 0.0)
    return Leak(lowest, False, 0)


def _missing(step: Step, arrived: int) -> int:
    if step.step_rate is None or step.step_rate_before is None:
        return 0
    return round((step.step_rate_before - step.step_rate) * arrived)


def _rate(counts: Sequence[int], index: int) -> float | None:
    return _share(counts[index], counts[index - 1]) if index else None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
