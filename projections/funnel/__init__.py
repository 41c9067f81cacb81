"""Funnels: how far persons come through a row of steps, where they are lost, and who they are.

The semantics are PostHog's, exactly as docs/funnels.md says. Only events in [since, until) count, for every step.
"""

from projections.funnel.answers import DEFAULT_WINDOW, counts, dropped, funnel, reached
from projections.funnel.comparing import HISTORY, Compared, compare
from projections.funnel.diagnosis import Leak, diagnose, held, with_audience
from projections.funnel.full import FULL_FUNNEL, STAGES, Stage, audience, lost
from projections.funnel.question import Exclusion, parse_exclusion
from projections.funnel.result import Bar, FunnelResult, StepResult, Ways
from projections.funnel.steps import Step, parse_step

__all__ = [
    "DEFAULT_WINDOW", "FULL_FUNNEL", "HISTORY", "STAGES", "Bar", "Compared", "Exclusion", "FunnelResult", "Leak", "Stage",
    "Step", "StepResult", "Ways", "audience", "compare", "counts", "diagnose", "dropped", "funnel", "held", "lost",
    "parse_exclusion", "parse_step", "reached", "with_audience",
]  # fmt: skip
