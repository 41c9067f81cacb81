"""How everything is tested: a busy machine is no reason for a property to fail, and what was imported is not collected."""

from __future__ import annotations

import gc

import pytest
from hypothesis import HealthCheck, settings

_usual = settings()
settings.register_profile(
    "patient", _usual, deadline=None, suppress_health_check={*_usual.suppress_health_check, HealthCheck.too_slow}
)
settings.load_profile("patient")


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    # What was imported and collected stays to the end: the collector need not walk through it again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
