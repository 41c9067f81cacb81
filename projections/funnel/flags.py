"""Events with their flags, by unit: which steps each matches, and which exclusions.

A *unit* is what goes through the funnel: a person, or a person within one value of the breakdown.
"""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from projections.funnel.question import Question, inside
from projections.funnel.where import PERSON


def matches(question: Question) -> exp.Select:
    """Columns `unit`, `person`, `value`, `t`, `mask`, in order: all events that match a step, bit 0 for the first."""
    bits = [f"CAST(s{i} AS BIGINT) * {1 << (i - 1)}" for i in range(1, len(question.steps) + 1)]
    query = exp.select("unit", "person", "value", question.key.moment(col("k")).as_("t"), f"{' + '.join(bits)} AS mask")
    query = query.from_("flagged").where(_any_step(question)).order_by("unit", "k")
    return with_parts(query, prepared(question))


def prepared(question: Question) -> list[tuple[str, exp.Select]]:
    """`flagged`: unit, person, value, k, s1 … (which step it matches), x1 … (which exclusion it is)."""
    entries = [] if question.entry == "every" else [("entries", _entries(question))]
    events = [*entries, ("events", _events(question))]
    if question.by is None:
        flags = _flags(question)
        alone = exp.select("person AS unit", "person", "CAST(NULL AS TEXT) AS value", "k", *flags).from_("events")
        return [*events, ("flagged", alone)]
    return [*events, ("units", _units(question)), ("flagged", _by_unit(question))]


def with_parts(query: exp.Select, parts: list[tuple[str, exp.Select]]) -> exp.Select:
    """The query with these parts before it, by name."""
    for name, part in parts:
        query = query.with_(name, as_=part, copy=False)
    return query


def col(name: str, table: str | None = None) -> exp.Column:
    """A column, quoted by nobody: names here are our own."""
    return exp.column(name, table=table)


def _events(question: Question) -> exp.Select:
    flags = [step.matches.copy() for step in question.steps]
    if question.entry != "every":
        flags[0] = exp.and_(flags[0], "f.k IS NOT NULL")
    spoilers = [exclusion.event.matches.copy() for exclusion in question.exclusions]
    columns = [exp.alias_(flag, name) for flag, name in zip([*flags, *spoilers], _flags(question), strict=True)]
    query = exp.select("person_id AS person", question.key.of_event().as_("k"), *columns).from_("touchpoints")
    query = _with_value(query, question.by)
    if question.entry != "every":
        same = exp.and_("person_id = f.person", exp.EQ(this=question.key.of_event(), expression=col("k", "f")))
        query = query.join("entries AS f", on=same, join_type="left")
    query = query.where("person_id IS NOT NULL", "person_id NOT IN (SELECT person_id FROM staff)")
    if question.order != "strict":
        types = {name for step in [*question.steps, *(e.event for e in question.exclusions)] for name in step.types}
        query = query.where(exp.column("type").isin(*map(exp.Literal.string, sorted(types))))
    return inside(query, question)


def _with_value(query: exp.Select, by: str | None) -> exp.Select:
    """The events with what they are broken down by: a column of their own, or one of the person, the same on every event."""
    if by is None:
        return query
    if not by.startswith(PERSON):
        return query.select(exp.cast(exp.column(by), "varchar").as_("v"))
    own = exp.cast(exp.column(by.removeprefix(PERSON)), "varchar").as_("v")
    people = exp.select("person_id AS whose", own).from_("people").subquery("p")
    return query.select("p.v").join(people, on="person_id = p.whose", join_type="left")


def _entries(question: Question) -> exp.Select:
    """Each person's one event that may begin an attempt, whenever it was."""
    first = question.steps[0]
    wanted = first.kinds if question.entry == "first_ever" else first.matches
    query = exp.select("person_id AS person", exp.Min(this=question.key.of_event()).as_("k")).from_("touchpoints")
    return inside(query.where("person_id IS NOT NULL", wanted.copy()), replace(question, since=None)).group_by(
        "person_id"
    )


def _units(question: Question) -> exp.Select:
    """The units of every person: one with its first or last touch, else one a value."""
    touched = _any_step(question)
    if question.attribution in ("first", "last"):
        pick = exp.func("arg_min" if question.attribution == "first" else "arg_max", col("v"), col("k"))
        value = exp.Filter(this=pick, expression=exp.Where(this=exp.and_(touched, "v IS NOT NULL")))
        return exp.select("person", "person AS unit", value.as_("value")).from_("events").group_by("person")
    at = touched if question.attribution == "all" else col(f"s{question.attribution}")
    values: exp.Query = exp.select("person", "v AS value").distinct().from_("events").where(at)
    if question.attribution != "all":
        missing = exp.select("person", "NULL AS value").from_("events").group_by("person")
        missing = missing.having(exp.not_(exp.func("bool_or", at.copy())))
        values = exp.union(values, missing, distinct=False)
    return exp.select("person", "value", "row_number() OVER () AS unit").from_(values.subquery("p"))


def _by_unit(question: Question) -> exp.Select:
    """Each unit's events; where the value belongs to the step, events of another value do not count as it."""
    bound = {"first": (), "last": (), "all": _steps(question)}.get(
        str(question.attribution), (f"s{question.attribution}",)
    )
    same = exp.NullSafeEQ(this=col("v", "e"), expression=col("value", "u"))
    flags = [
        exp.and_(col(flag, "e"), same.copy()).as_(flag) if flag in bound else col(flag, "e")
        for flag in _flags(question)
    ]
    query = exp.select("u.unit", "u.person", "u.value", "e.k", *flags).from_("events AS e")
    return query.join("units AS u", on="e.person = u.person")


def _steps(question: Question) -> tuple[str, ...]:
    return tuple(f"s{i}" for i in range(1, len(question.steps) + 1))


def _flags(question: Question) -> tuple[str, ...]:
    return *_steps(question), *(f"x{j}" for j in range(1, len(question.exclusions) + 1))


def _any_step(question: Question) -> exp.Expr:
    return exp.or_(*map(col, _steps(question)))
