"""The furthest way of every person through the steps, built as expressions.

Events are ordered by one key, time and then position. An *attempt* begins at one event that matches the first step; it has
the keys of the steps it reached, `k1` to `kn`. The answer is one attempt a unit: of the furthest, a clean one; of these the
first to get there; of these the one that began last.
"""

from __future__ import annotations

from sqlglot import exp

from projections.funnel.flags import col, prepared, with_parts
from projections.funnel.question import Exclusion, Question


def furthest(question: Question) -> exp.Select:
    """Columns `person`, `value`, `reach`, `t1` … `tn`: one row a unit whose furthest attempt is clean.

    `value` is NULL without a breakdown. `any` is not answered here: see `matches`.
    """
    times = [question.key.moment(col(f"k{i}")).as_(f"t{i}") for i in range(1, len(question.steps) + 1)]
    query = exp.select("person", "value", "reach", *times).from_("ranked").where("place = 1 AND NOT spoiled")
    return with_parts(query, [*prepared(question), *_attempts(question), ("ranked", _ranked(question))])


def _attempts(question: Question) -> list[tuple[str, exp.Select]]:
    """`a1` are the starts, `a2` adds the second step, and so on; `attempts` adds reach and whether it was spoiled."""
    starts = (
        exp.select("unit", "person", "value", "k AS k1", question.key.deadline(col("k")).as_("ends"))
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
    ends = exp.func("greatest", *(col(f"k{i}") for i in range(1, len(question.steps) + 1)))
    order = exp.Order(
        expressions=[
            exp.Ordered(this=col("reach"), desc=True),
            exp.Ordered(this=col("spoiled")),
            exp.Ordered(this=ends),
            exp.Ordered(this=col("k1"), desc=True),
        ]
    )
    place = exp.Window(this=exp.RowNumber(), partition_by=[col("unit")], order=order).as_("place")
    return exp.select("*", place).from_("attempts")
