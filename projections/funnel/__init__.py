"""Funnels: how far persons come through a row of steps, where they are lost, and who they are.

The semantics are PostHog's, exactly as docs/funnels.md says. Only events in [since, until) count, for every step.
"""

from projections.funnel.answers import DEFAULT_WINDOW, Tables, counts, dropped, funnel
from projections.funnel.question import Exclusion
from projections.funnel.result import Bar, FunnelResult, Leak, StepResult, Ways, diagnose
from projections.funnel.steps import FULL_FUNNEL, Step, parse_step

__all__ = [
    "DEFAULT_WINDOW", "FULL_FUNNEL", "Bar", "Exclusion", "FunnelResult", "Leak", "Step", "StepResult", "Tables", "Ways",
    "counts", "diagnose", "dropped", "funnel", "parse_step",
]  # fmt: skip
