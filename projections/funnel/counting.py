"""Counts alone, for a sequential funnel without exclusions: several times faster than finding everybody's best attempt.

It goes from step to step and keeps, for every event that reaches a step, when the window of the *latest* start that leads
to it ends: whoever started earlier has less time left, so nobody is missed. An event takes that from the latest event
before it that reached the step before, which is an as-of join.
"""

from __future__ import annotations

from sqlglot import exp

from projections.funnel.question import Question, inside
from projections.funnel.steps import Step


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
    """`r…` are the events that reach a step in time, `p…` their persons."""
    starts = _events(question, question.steps[0]).where("person_id NOT IN (SELECT person_id FROM staff)")
    # Reading the starts twice costs less than keeping all of them.
    query = query.with_("r1", as_=starts, materialized=False, copy=False).with_("p1", as_=_persons(1), copy=False)
    for i, step in enumerate(question.steps[1:], 2):
        query = query.with_(f"r{i}", as_=_reached(question, step, i), copy=False)
        query = query.with_(f"p{i}", as_=_persons(i), copy=False)
    return query


def _events(question: Question, step: Step) -> exp.Select:
    query = exp.select("person_id AS unit", question.key.of_event().as_("k")).from_("touchpoints")
    return inside(query, question).where("person_id IS NOT NULL", step.matches.copy())


def _persons(i: int) -> exp.Select:
    return exp.select("unit").from_(f"r{i}").group_by("unit")


def _reached(question: Question, step: Step, i: int) -> exp.Select:
    ends = question.key.deadline(exp.column("k")).as_("ends") if i == 2 else "ends"
    before = exp.select("unit", "k", ends).from_(f"r{i - 1}")
    events = (
        exp.select("unit", "k")
        .from_(_events(question, step).subquery("e"))
        .where(f"unit IN (SELECT unit FROM p{i - 1})")
    )
    query = exp.select("e.unit", "e.k", "r.ends").from_(events.subquery("e")).where("e.k <= r.ends")
    return query.join(before.subquery("r"), on="e.unit = r.unit AND e.k > r.k", join_type="asof")
