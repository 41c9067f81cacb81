"""A funnel of some days beside the days before, and beside the shop's own history; and what that says about its steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from projections.funnel.answers import counts, funnel
from projections.funnel.diagnosis import Leak, diagnose, held, with_audience
from projections.funnel.full import FULL_FUNNEL, audience
from projections.funnel.result import FunnelResult, Ways, counted
from projections.funnel.steps import Step, parse_step
from projections.periods import Period
from projections.tables import Tables

HISTORY = 8
"""So many earlier stretches of as many days, beginning on the same weekday, are the shop's own history."""

W = TypeVar("W", bound=Ways)


@dataclass(frozen=True)
class Compared:
    """One funnel over a period, over the one before, and over earlier ones that are alike, the latest first."""

    now: FunnelResult
    before: FunnelResult
    earlier: tuple[Ways, ...]

    @property
    def held(self) -> tuple[Leak, ...]:
        """Every step that anybody could have reached, held against before and history."""
        return tuple(held(self.now, self.before, self.earlier))

    @property
    def leak(self) -> Leak | None:
        """The step that loses most; None where nobody could have been lost."""
        return diagnose(self.now, self.before, self.earlier)


def compare(
    reader: Tables, steps: Sequence[Step | str], period: Period, before: Period, timezone: str, **options: Any
) -> Compared:
    """The funnel over a period of local days, over the one before, and over `HISTORY` earlier ones like it.

    `options` are those of `funnel`. Of the shop's own funnel the first step is counted among the members of its groups.
    """
    asked = _Asked(reader, tuple(parse_step(step) if isinstance(step, str) else step for step in steps), timezone)
    alone = {name: value for name, value in options.items() if name not in ("by", "attribution")}
    return Compared(
        asked.whole(period, options),
        asked.whole(before, options),
        tuple(asked.counts(days, alone) for days in period.earlier(HISTORY)),
    )


@dataclass(frozen=True)
class _Asked:
    reader: Tables
    steps: tuple[Step, ...]
    timezone: str

    def whole(self, days: Period, options: Mapping[str, Any]) -> FunnelResult:
        since, until = days.moments(self.timezone)
        return self._among(funnel(self.reader, self.steps, since=since, until=until, **options), since, until)

    def counts(self, days: Period, options: Mapping[str, Any]) -> Ways:
        since, until = days.moments(self.timezone)
        found = counts(self.reader, self.steps, since=since, until=until, **options)
        return self._among(counted(self.steps, found), since, until)

    def _among(self, ways: W, since: int, until: int) -> W:
        if self.steps != FULL_FUNNEL:
            return ways
        return with_audience(ways, len(audience(self.reader, since, until)))
