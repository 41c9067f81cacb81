"""How properties are tested everywhere: a busy machine is no reason to fail."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

_usual = settings()
settings.register_profile(
    "patient", _usual, deadline=None, suppress_health_check={*_usual.suppress_health_check, HealthCheck.too_slow}
)
settings.load_profile("patient")
