"""The question behind a funnel, built as expressions: for every person the furthest way through the steps.

Events are ordered by one key, time and then position. A *unit* is what goes through the funnel: a person, or a person
within one value of the breakdown. An *attempt* begins at one event that matches the first step; it has the keys of the
steps it reached, `k1` to `kn`. The answer is one attempt a unit: of the furthest, a clean one; of these the first to
get there; of these the one that began last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from sqlglot import exp

from projections.funnel_key import WIDE, Key
from projections.funnel_steps import Step

Order = Literal["sequential", "strict", "any"]
Entry = Literal["every", "first_ever", "first_matching"]
Attribution = Literal["first", "last", "all"] | int


@dataclass(frozen=True)
class Exclusion:
    """An event that spoils an attempt between reaching step `after` and reaching step `before` (default: the last).

    Where `before` is not reached, it spoils until the window ends.
    """

    event: Step
    after: int = 1
    before: int | None = None


@dataclass(frozen=True)
class Question:
    """Everything a funnel depends on. Moments and the window in microseconds; `until` is the first moment left out."""

    steps: tuple[Step, ...]
    since: int | None = None
    until: int | None = None
    window: int = 0
    order: Order = "sequential"
    exclusions: tuple[Exclusion, ...] = ()
    entry: Entry = "every"
    by: str | None = None
    attribution: Attribution = "first"
    key: Key = WIDE


def furthest(question: Question) -> exp.Select:
    """Columns `person`, `value`, `reach`, `t1` … `tn`: one row a unit whose furthest attempt is clean.

    `value` is NULL without a breakdown. `any` is not answered here: see `matches`.
    """
    times = [question.key.moment(_col(f"k{i}")).as_(f"t{i}") for i in range(1, len(question.steps) + 1)]
    query = exp.select("person", "value", "reach", *times).from_("ranked").where("place = 1 AND NOT spoiled")
    return _with(query, [*_prepared(question), *_attempts(question), ("ranked", _ranked(question))])


def matches(question: Question) -> exp.Select:
    """Columns `unit`, `person`, `value`, `t`, `mask`, in order: all events that match a step, bit 0 for the first."""
    bits = [f"CAST(s{i} AS BIGINT) * {1 << (i - 1)}" for i in range(1, len(question.steps) + 1)]
    query = exp.select(
        "unit", "person", "value", question.key.moment(_col("k")).as_("t"), f"{' + '.join(bits)} AS mask"
    )
    query = query.from_("flagged").where(_any_step(question)).order_by("unit", "k")
    return _with(query, _prepared(question))


def inside(query: exp.Select, question: Question) -> exp.Select:
    """The query over `touchpoints` with what lies outside the period, or came in after the key was made, left out."""
    at = exp.column("occurred_at")
    if question.since is not None:
        query = query.where(exp.GTE(this=at.copy(), expression=_moment(question.since)))
    if question.until is not None:
        query = query.where(exp.LT(this=at.copy(), expression=_moment(question.until)))
    return query if question.key.last is None else query.where(f"position <= {question.key.last}")


def _with(query: exp.Select, parts: list[tuple[str, exp.Select]]) -> exp.Select:
    for name, part in parts:
        query = query.with_(name, as_=part, copy=False)
    return query


# --- events with their flags, by unit -----------------------------------------------------------------------------


def _prepared(question: Question) -> list[tuple[str, exp.Select]]:
    """`flagged`: unit, person, value, k, s1 … (which step it matches), x1 … (which exclusion it is)."""
    entries = [] if question.entry == "every" else [("entries", _entries(question))]
    events = [*entries, ("events", _events(question))]
    if question.by is None:
        flags = _flags(question)
        alone = exp.select("person AS unit", "person", "CAST(NULL AS TEXT) AS value", "k", *flags).from_("events")
        return [*events, ("flagged", alone)]
    return [*events, ("units", _units(question)), ("flagged", _by_unit(question))]


def _events(question: Question) -> exp.Select:
    flags = [step.matches.copy() for step in question.steps]
    if question.entry != "every":
        flags[0] = exp.and_(flags[0], "f.k IS NOT NULL")
    spoilers = [exclusion.event.matches.copy() for exclusion in question.exclusions]
    columns = [exp.alias_(flag, name) for flag, name in zip([*flags, *spoilers], _flags(question), strict=True)]
    value = [] if question.by is None else [exp.cast(exp.column(question.by), "varchar").as_("v")]
    query = exp.select("person_id AS person", question.key.of_event().as_("k"), *columns, *value).from_("touchpoints")
    if question.entry != "every":
        same = exp.and_("person_id = f.person", exp.EQ(this=question.key.of_event(), expression=_col("k", "f")))
        query = query.join("entries AS f", on=same, join_type="left")
    query = query.where("person_id IS NOT NULL", "person_id NOT IN (SELECT person_id FROM staff)")
    if question.order != "strict":
        types = {name for step in [*question.steps, *(e.event for e in question.exclusions)] for name in step.types}
        query = query.where(exp.column("type").isin(*map(exp.Literal.string, sorted(types))))
    return inside(query, question)


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
        pick = exp.func("arg_min" if question.attribution == "first" else "arg_max", _col("v"), _col("k"))
        value = exp.Filter(this=pick, expression=exp.Where(this=exp.and_(touched, "v IS NOT NULL")))
        return exp.select("person", "person AS unit", value.as_("value")).from_("events").group_by("person")
    at = touched if question.attribution == "all" else _col(f"s{question.attribution}")
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
    same = exp.NullSafeEQ(this=_col("v", "e"), expression=_col("value", "u"))
    flags = [
        exp.and_(_col(flag, "e"), same.copy()).as_(flag) if flag in bound else _col(flag, "e")
        for flag in _flags(question)
    ]
    query = exp.select("u.unit", "u.person", "u.value", "e.k", *flags).from_("events AS e")
    return query.join("units AS u", on="e.person = u.person")


# --- attempts ------------------------------------------------------------------------------------------------------


def _attempts(question: Question) -> list[tuple[str, exp.Select]]:
    """`a1` are the starts, `a2` adds the second step, and so on; `attempts` adds reach and whether it was spoiled."""
    starts = (
        exp.select("unit", "person", "value", "k AS k1", question.key.deadline(_col("k"), question.window).as_("ends"))
        .from_("flagged")
        .where("s1")
    )
    following = _sequential
    parts = []
    if question.order == "strict":
        parts.append(
            ("paced", exp.select("*", "row_number() OVER (PARTITION BY unit ORDER BY k) AS pace").from_("flagged"))
        )
        starts = starts.from_("paced").select("pace")
        following = _strict
    parts.append(("a1", starts))
    parts += [(f"a{i}", following(i)) for i in range(2, len(question.steps) + 1)]
    last = f"a{len(question.steps)}"
    for j, exclusion in enumerate(question.exclusions, 1):
        parts.append((f"b{j}", _spoiled(question, exclusion, j, last)))
        last = f"b{j}"
    reached = " + ".join(f"CAST(k{i} IS NOT NULL AS INT)" for i in range(1, len(question.steps) + 1))
    spoiled = " OR ".join(["FALSE", *(f"spoiled{j}" for j in range(1, len(question.exclusions) + 1))])
    parts.append(("attempts", exp.select("*", f"{reached} AS reach", f"{spoiled} AS spoiled").from_(last)))
    return parts


def _sequential(i: int) -> exp.Select:
    """The earliest later event that matches step `i`, if it is inside the window."""
    matching = exp.select("unit", "k").from_("flagged").where(f"s{i}").subquery("s")
    query = exp.select("a.*", f"CASE WHEN s.k <= a.ends THEN s.k END AS k{i}").from_(f"a{i - 1} AS a")
    return query.join(matching, on=f"a.unit = s.unit AND a.k{i - 1} < s.k", join_type="asof left")


def _strict(i: int) -> exp.Select:
    """The unit's very next event, if it matches step `i` and is inside the window."""
    on = f"a.unit = s.unit AND a.pace + {i - 1} = s.pace AND s.s{i} AND s.k <= a.ends AND a.k{i - 1} IS NOT NULL"
    return exp.select("a.*", f"s.k AS k{i}").from_(f"a{i - 1} AS a").join("paced AS s", on=on, join_type="left")


def _spoiled(question: Question, exclusion: Exclusion, j: int, attempts: str) -> exp.Select:
    """Whether the first excluded event after step `after` came before step `before`, or before the window ended."""
    before = exclusion.before or len(question.steps)
    excluded = exp.select("unit", "k").from_("flagged").where(f"x{j}").subquery("x")
    spoils = f"x.k IS NOT NULL AND x.k <= a.ends AND (a.k{before} IS NULL OR x.k < a.k{before})"
    query = exp.select("a.*", f"{spoils} AS spoiled{j}").from_(f"{attempts} AS a")
    return query.join(excluded, on=f"a.unit = x.unit AND a.k{exclusion.after} < x.k", join_type="asof left")


def _ranked(question: Question) -> exp.Select:
    ends = exp.func("greatest", *(_col(f"k{i}") for i in range(1, len(question.steps) + 1)))
    order = exp.Order(
        expressions=[
            exp.Ordered(this=_col("reach"), desc=True),
            exp.Ordered(this=_col("spoiled")),
            exp.Ordered(this=ends),
            exp.Ordered(this=_col("k1"), desc=True),
        ]
    )
    place = exp.Window(this=exp.RowNumber(), partition_by=[_col("unit")], order=order).as_("place")
    return exp.select("*", place).from_("attempts")


def _moment(moment: int) -> exp.Expr:
    return exp.func("make_timestamptz", exp.cast(exp.Literal.number(moment), "bigint"))


def _steps(question: Question) -> tuple[str, ...]:
    return tuple(f"s{i}" for i in range(1, len(question.steps) + 1))


def _flags(question: Question) -> tuple[str, ...]:
    return *_steps(question), *(f"x{j}" for j in range(1, len(question.exclusions) + 1))


def _any_step(question: Question) -> exp.Expr:
    return exp.or_(*map(_col, _steps(question)))


def _col(name: str, table: str | None = None) -> exp.Column:
    return exp.column(name, table=table)
