"""The shop's own funnel over some days, held against the days before and its history, the step that leaks most, and whom a
step lost."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from cdp.app.web.reads.reader import Reader
from projections.funnel import FULL_FUNNEL, STAGES, Compared, Leak, Stage, StepResult, compare
from projections.funnel import lost as lost_by
from projections.periods import Period

_REMEMBERED = 48


@dataclass(frozen=True)
class Step:
    """One step as the product speaks of it, with its figures; `held` is None where nobody could have come."""

    stage: Stage
    result: StepResult
    held: Leak | None

    @property
    def number(self) -> int:
        """Counted from 1."""
        return self.result.step


@dataclass(frozen=True)
class Shown:
    """The funnel as the front page shows it."""

    steps: tuple[Step, ...]
    leak: Leak | None


class Funnels:
    """Asks for funnels, and remembers the last answers for as long as the tables stand where they stood."""

    def __init__(self, reader: Reader, timezone: str) -> None:
        self._reader, self._timezone = reader, timezone
        self._answers: dict[tuple[Period, Period, int], Compared] = {}
        self._position = -1
        self._lock = Lock()

    def shown(self, period: Period, before: Period, window: int) -> Shown:
        """The period beside the one before and the shop's own history. `window` is in microseconds."""
        found = self._compared(period, before, window)
        held = {leak.step.step: leak for leak in found.held}
        steps = zip(STAGES, found.now.steps, strict=True)
        return Shown(tuple(Step(stage, result, held.get(result.step)) for stage, result in steps), found.leak)

    def _compared(self, period: Period, before: Period, window: int) -> Compared:
        asked, position = (period, before, window), self._reader.freshness().position
        with self._lock:
            if position != self._position or len(self._answers) >= _REMEMBERED:
                self._position, self._answers = position, {}
            if (known := self._answers.get(asked)) is not None:
                return known
        answer = compare(self._reader, FULL_FUNNEL, period, before, self._timezone, window=window)
        with self._lock:
            if position == self._position:
                self._answers[asked] = answer
        return answer


def lost(reader: Reader, period: Period, timezone: str, window: int, step: int) -> list[int]:
    """The persons who reached step `step - 1` and not step `step`, counted from 1; of the first, members who did not begin."""
    since, until = period.moments(timezone)
    return lost_by(reader, step, since, until, window=window)
