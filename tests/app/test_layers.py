"""Importing a layer loads nothing from the layers above it."""

from __future__ import annotations

import subprocess
import sys

import pytest

ABOVE = {
    "cdp": ("projections", "journeys", "connectors", "cdp.app"),
    "cdp.outbox.outbox": ("projections", "journeys", "connectors", "cdp.app"),
    "projections.projector": ("journeys", "connectors", "cdp.app"),
    "connectors.registry": ("projections", "journeys", "cdp.app"),
    "journeys.engine": ("projections", "connectors", "cdp.app"),
}


@pytest.mark.parametrize("layer", ABOVE)
def test_importing_a_layer_loads_nothing_above_it(layer: str) -> None:
    code = f"import sys, {layer}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True).stdout.split()
    above = ABOVE[layer]
    assert [m for m in loaded if m in above or m.startswith(tuple(f"{a}." for a in above))] == []


def test_the_help_of_the_command_line_needs_none_of_the_heavy_libraries() -> None:
    code = "import sys, cdp.app.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True).stdout.split()
    assert {"duckdb", "fastapi", "eventsourcing", "polars", "pyarrow"} & set(loaded) == set()


def test_a_command_that_opens_the_workspace_itself_needs_no_web_server() -> None:
    code = "import sys, cdp.app.operations.table, cdp.app.opening, cdp.app.worker; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True).stdout.split()
    assert {"fastapi", "uvicorn", "cdp.app.web"} & set(loaded) == set()
