"""How long the fuzz tests search, and whether twice the same way.

Unasked they try the same things every time, so that a failure belongs to what was changed. `FUZZ_SECONDS=60` makes every search
that long and every time another one: to hunt for what nobody thought of, `FUZZ_SECONDS=60 pytest -m slow tests/faults`.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

_asked = os.environ.get("FUZZ_SECONDS")
QUIET = settings(
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=_asked is None,
)


def seconds(unasked: float) -> float:
    """How long to search: what was asked for, else so long."""
    return unasked if _asked is None else float(_asked)
