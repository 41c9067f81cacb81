"""What the guide to the log shows is what happens."""

from __future__ import annotations

import doctest
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_examples_in_the_guide_to_the_log_are_true():
    results = doctest.testfile(str(DOCS / "log.md"), module_relative=False, encoding="utf-8")
    assert results.failed == 0
    assert results.attempted > 10
