"""Whatever somebody types, a condition either says what is wrong with it or answers."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.conditions.condition import Condition
from cdp.conditions.evaluate import Scope
from cdp.errors import DefinitionError

WORDS = [
    "a", "data.x", "context.order", "has_tag('a')", "AND", "OR", "NOT", "(", ")", "=", "<", "IN", "BETWEEN", "LIKE", "IS",
    "NULL", "+", "-", "*", "/", "coalesce(", "contains(", ",", "'x'", "1", "2.5", "select", "case", "when", "::", "[", "]",
    "{", "}", ";", "--", "/*", "$1", "?", "@", '"q"', "interval", "cast(a as int)", "x'ff'", "->", "||", "exists",
    "a.b.c.d.e", "1e400", "0x10", "粽子", "true", "~", "%", "from", "(select", "extract(", "if(", "map", "is not distinct from",
    "ilike", "escape '!'", "glob",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join) | st.text(max_size=20))
def test_any_text_is_a_condition_or_refused_with_a_reason(text):
    try:
        condition = Condition.parse(text)
    except DefinitionError as refused:
        reasons = [problem.message for problem in refused.problems]
    else:
        reasons = []
        answer = condition.evaluate(Scope(data={"x": ["x"]}, traits={"a": 5}.get))
        assert answer in (True, False, None)
    assert all(reasons)
