"""The shop's seven steps over some days beside the days before, the step that leaks most, and whom a step lost."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from cdp.app.web.reads.reader import Reader
from cdp.app.web.reads.span import Span
from cdp.clock import DAY
from projections.funnel import FULL_FUNNEL, FunnelResult, StepResult, diagnose, dropped, funnel

STEPS = ("group_click", "enter_live", "watch", "add_wecom", "enter_mall", "order", "repurchase")
"""What the texts call the steps of `FULL_FUNNEL`, in its order."""

_HISTORY = 90 * DAY
_REMEMBERED = 48


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
    step_rate_usual: float | None
    """Over the 90 days before the period: the shop's own history."""
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


class Funnels:
    """Asks for funnels, and remembers the last answers for as long as the tables stand where they stood."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._answers: dict[tuple[int, int, int], FunnelResult] = {}
        self._position = -1
        self._lock = Lock()

    def shown(self, span: Span, before: Span, window: int) -> Shown:
        """Side by side: the period, the one before, and the shop's own history. `window` is in microseconds."""
        now = self._funnel(span.start, span.end, window)
        then = self._funnel(before.start, before.end, window)
        usual = self._funnel(span.start - _HISTORY, span.start, window)
        steps = tuple(map(_step, STEPS, now.steps, then.steps, usual.steps))
        found = diagnose(now, then)
        return Shown(steps, Leak(steps[found.step.step - 1], found.worse, found.missing) if found else None)

    def _funnel(self, since: int, until: int, window: int) -> FunnelResult:
        asked, position = (since, until, window), self._reader.freshness().position
        with self._lock:
            if position != self._position or len(self._answers) >= _REMEMBERED:
                self._position, self._answers = position, {}
            if (known := self._answers.get(asked)) is not None:
                return known
        answer = funnel(self._reader, FULL_FUNNEL, since=since, until=until, window=window)
        with self._lock:
            if position == self._position:
                self._answers[asked] = answer
        return answer


def lost(reader: Reader, span: Span, window: int, step: int) -> list[int]:
    """The persons who reached step `step - 1` and not step `step`, counted from 1."""
    return dropped(reader, FULL_FUNNEL, step=step, since=span.start, until=span.end, window=window)


def _step(name: str, now: StepResult, then: StepResult, usual: StepResult) -> Step:
    return Step(
        name=name,
        number=now.step,
        persons=now.persons,
        lost=now.dropped,
        step_rate=now.from_previous,
        total_rate=now.from_start,
        step_rate_before=then.from_previous,
        step_rate_usual=usual.from_previous,
        median=now.median,
    )
