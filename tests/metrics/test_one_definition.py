"""A metric is defined in one file: interface, API, command line and notebooks name it, and take everything else from there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cdp.app.web.reads import lives, totals
from projections.metrics import Metric, kept_in, metrics

ROOT = Path(__file__).parents[2]
SOURCES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for folder in ("cdp", "projections", "journeys", "connectors", "notebooks")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".py", ".sql", ".json", ".html", ".yaml")
}
_TELLING = 42
"""Bytes of a sentence that nobody writes twice by chance."""
DEFINITIONS = "projections/metrics/definitions"
READING = [
    name for name in SOURCES if name.startswith(("cdp/app/web/", "cdp/app/operations/", "cdp/app/cli/", "notebooks/"))
]


@pytest.mark.parametrize("one", metrics().values(), ids=lambda m: m.name)
def test_what_a_metric_means_is_said_in_one_file(one: Metric) -> None:
    """The header of a table that keeps it may say what its column holds; that it holds it is tested beside this."""
    for text in one.definition:
        if len(text.encode()) < _TELLING:
            continue
        said = [
            name for name, source in SOURCES.items() if text in source and not name.startswith("projections/views/")
        ]
        assert said == [f"{DEFINITIONS}/{one.name}.sql"]


def test_nobody_who_shows_figures_divides_them() -> None:
    """Where a denominator may be empty, a ratio is computed, and that is done by the registry's statements alone."""
    divides = re.compile(r"/\s*nullif\(", re.IGNORECASE)
    assert [name for name in READING if divides.search(SOURCES[name])] == []


def test_everything_that_is_shown_is_in_the_registry() -> None:
    shown = {name for group in (totals.AREAS, totals.DAILY) for names in group.values() for name in names}
    assert {*shown, *totals.OF_A_GROUP} <= metrics().keys()
    assert [column for column in lives.FIGURES if kept_in("live_sessions", column) is None] == []


def test_a_column_holds_one_metric_alone() -> None:
    columns = [(kept.table, kept.column) for one in metrics().values() for kept in one.kept]
    assert len(columns) == len(set(columns))
