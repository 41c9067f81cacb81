"""Whatever stands in a file, check answers with problems; it never fails itself."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.check import check
from tests.journeys.test_decision_law import PATIENT, REMINDER
from tests.journeys.town import FILES, SETTINGS

TEXTS = [*FILES.values(), PATIENT, REMINDER]
JUNK = ["", "x", "[", "{", "}", ":", "- ", "null", "1.5", "~", "&a", "*a", "<<: *a", "!!set", "|", "'", "\t", "2026-01-01",
        "? x", "{a: b}", "[1, {x: y}]", "\x00", "粽", "steps:"]  # fmt: skip


@st.composite
def damaged(draw):
    """A file in which somebody's cat walked over the keyboard."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        text = text[:start] + draw(st.sampled_from(JUNK)) + text[start + draw(st.sampled_from([0, 1, 3, 10, 40])) :]
    return text


@settings(max_examples=120, deadline=None)
@given(damaged(), damaged(), st.booleans())
def test_any_damage_is_told_as_problems(one, other, traits_too):
    traits = other if traits_too else FILES["traits.yaml"]
    problems = check({"journeys/a.yaml": one, "journeys/b.yaml": other, "traits.yaml": traits}, SETTINGS)
    assert all(problem.message and problem.line >= 0 for problem in problems)


def test_what_an_anchor_brings_in_is_told_at_the_line_it_was_brought_into():
    text = "base: &b {event: order.payd}\njourney: a\nentry:\n  <<: *b\nsteps: [{leave: x}]\n"
    problems = check({"journeys/a.yaml": text}, SETTINGS)
    assert (1, "unknown word 'base'") in [(p.line, p.message) for p in problems]
    assert any(p.line == 3 and "order.payd" in p.message for p in problems)
