"""Counts alone, for a sequential funnel without exclusions: several times faster than finding everybody's best attempt.

It goes from step to step and keeps, for every event that reaches a step, when the window of the *latest* start that leads
to it ends: whoever started earlier has less time left, so nobody is missed. An event takes that from the latest event
before it that reached the step before: an as-of join. Most events come before all or after all events of the step before
that their person has, and need no more than the first and the last of these.
"""

from __future__ import annotations

from sqlglot import exp

from projections.funnel_query import Question, inside
from projections.funnel_steps import Step


def simple(question: Question) -> bool:
    """Whether this module can answer the question."""
    return (question.order, question.exclusions, question.entry, question.by) == ("sequential", (), "every", None)


def counts(question: Question) -> exp.Select:
    """One row: `n1` … `nn`, how many persons reached each step."""
    persons = [exp.select("count(*)").from_(f"p{i}").subquery().as_(f"n{i}") for i in range(1, len(question.steps) + 1)]
    return _with_stages(exp.select(*persons), question)


def lost(question: Question, step: int) -> exp.Select:
    """`person`: who reached step `step - 1` and not `step`."""
    query = exp.select("unit AS person").from_(f"p{step - 1}").where(f"unit NOT IN (SELECT unit FROM p{step})")
    return _with_stages(query.order_by("unit"), question)


def _with_stages(query: exp.Select, question: Question) -> exp.Select:
    """`r…` are the events that reach a step, `p…` the persons, `n…` the next step's events after a person's first `r`."""
    key = question.key
    starts = _events(question, question.steps[0]).where("person_id NOT IN (SELECT person_id FROM staff)")
    query = query.with_("starts", as_=starts)
    ends = key.deadline(exp.column("k"), question.window).as_("ends")
    query = query.with_("r1", as_=exp.select("unit", "k", ends).from_("starts")).with_("p1", as_=_persons(1))
    for i, step in enumerate(question.steps[1:], 2):
        after = exp.select("e.unit", "e.k", "p.last", "p.ends").from_(_events(question, step).subquery("e"))
        after = after.join(f"p{i - 1} AS p", on="e.unit = p.unit AND e.k > p.first")
        query = query.with_(f"n{i}", as_=after).with_(f"r{i}", as_=_reached(i)).with_(f"p{i}", as_=_persons(i))
    return query


def _events(question: Question, step: Step) -> exp.Select:
    query = exp.select("person_id AS unit", question.key.of_event().as_("k")).from_("touchpoints")
    return inside(query, question).where("person_id IS NOT NULL", step.matches.copy())


def _persons(i: int) -> exp.Select:
    return exp.select("unit", "min(k) AS first", "max(k) AS last", "max(ends) AS ends").from_(f"r{i}").group_by("unit")


def _reached(i: int) -> exp.Query:
    """Events of step `i` inside a window: after all of their person's events of the step before, or between them."""
    after = exp.select("unit", "k", "ends").from_(f"n{i}").where("k > last AND k <= ends")
    between = exp.select("unit", "k").from_(f"n{i}").where("k <= last")
    persons = exp.select("unit").from_(f"n{i}").where("k <= last")
    before = exp.select("unit", "k", "ends").from_(f"r{i - 1}").where(exp.column("unit").isin(query=persons))
    found = exp.select("e.unit", "e.k", "r.ends").from_(between.subquery("e")).where("e.k <= r.ends")
    found = found.join(before.subquery("r"), on="e.unit = r.unit AND e.k > r.k", join_type="asof")
    return exp.union(after, found, distinct=False)
