"""Whatever stands in a body or a file that we read, we read it or say in our own words what is wrong with it.

Each reader gets good ones with accidents in them, and bytes that never were such a thing, for a stated time. Nothing but the
errors of its docstring may be raised. Conditions, texts of journeys and addresses of pages have fuzz tests of their own.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.errors import CdpError
from projections.funnel.steps import parse_step
from tests.conditions.test_any_text import WORDS as CONDITIONS
from tests.faults.damage import damaged
from tests.faults.hunt import QUIET, seconds
from tests.faults.readers import READERS

SECONDS = seconds(4.0)
"""For each reader, in the slow suite; in the everyday one a few attempts."""
FEW, MANY = 25, 100_000
WORDS = ["order.paid", "live.*", "where", ",", "as", "AS", "order.payd", *CONDITIONS]


class _Over(Exception):
    """The time is over."""


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    "attempts",
    [
        pytest.param(FEW, id="few"),
        pytest.param(MANY, id="many", marks=(pytest.mark.slow, pytest.mark.timeout(SECONDS + 120))),
    ],
)
def test_law_what_is_read_is_read_or_refused_in_our_own_words(tmp_path: Path, name: str, attempts: int) -> None:
    reader, until, tried = READERS[name], time.monotonic() + SECONDS, 0

    @settings(QUIET, max_examples=attempts)
    @given(damaged(*reader.samples))
    def attempt(content: bytes) -> None:
        nonlocal tried
        if time.monotonic() > until:
            raise _Over
        tried += 1
        with contextlib.suppress(*reader.refuses):
            reader.read(tmp_path, content)

    reader.read(tmp_path, reader.samples[0])
    with contextlib.suppress(_Over):
        attempt()
    assert tried


@given(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join) | st.text(max_size=30))
@settings(deadline=None, max_examples=50)
def test_law_a_step_of_a_funnel_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(CdpError):
        parse_step(text)
