"""Funnels: how far persons come through a row of steps, where they are lost, and who they are.

The semantics are PostHog's, exactly as docs/funnels.md says. Only events in [since, until) count, for every step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Protocol, get_args

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from cdp.clock import DAY
from cdp.conditions.durations import parse_duration
from cdp.errors import UsageError
from projections.funnel_any import furthest_any
from projections.funnel_counts import counts as count_persons
from projections.funnel_counts import lost, simple
from projections.funnel_key import extent, narrow
from projections.funnel_query import Attribution, Entry, Exclusion, Order, Question, furthest, inside, matches
from projections.funnel_result import Bar, FunnelResult, Leak, StepResult, Ways, diagnose, groups, ways
from projections.funnel_steps import FULL_FUNNEL, Step, parse_step
from projections.funnel_where import COLUMNS

__all__ = [
    "DEFAULT_WINDOW", "FULL_FUNNEL", "Bar", "Exclusion", "FunnelResult", "Leak", "Step", "StepResult", "Ways", "counts",
    "diagnose", "dropped", "funnel", "parse_step",
]  # fmt: skip

DEFAULT_WINDOW = 14 * DAY
_LONGEST_STEPS = 20


class Tables(Protocol):
    """What a funnel asks its question of: tables named `touchpoints` and `staff`."""

    def arrow(self, sql: str) -> pa.Table: ...


def funnel(
    reader: Tables, steps: Sequence[Step | str], *, since: int | None = None, until: int | None = None,
    window: int | str = DEFAULT_WINDOW, order: Order | str = "sequential", exclusions: Sequence[Exclusion] = (),
    entry: Entry | str = "every", by: str | None = None, attribution: Attribution | str = "first",
) -> FunnelResult:  # fmt: skip
    """The funnel over everybody but staff. Moments are microseconds, `until` is the first moment left out.

    `window` counts from the first step, both ends included; microseconds or a text such as `14d`. `by` is a column of
    `touchpoints`; `attribution` is first, last, all, or the number of a step. Raises UsageError.
    """
    question = _keyed(reader, _question(steps, since, until, window, order, exclusions, entry, by, attribution))
    everybody = ways(_furthest(reader, replace(question, by=None)), question.steps)
    by_value = groups(_furthest(reader, question), question.steps) if by is not None else ()
    return FunnelResult(
        steps=everybody.steps, median=everybody.median, histogram=everybody.histogram, groups=by_value,
        order=question.order, window=question.window, since=since, until=until,
    )  # fmt: skip


def dropped(
    reader: Tables, steps: Sequence[Step | str], *, step: int, since: int | None = None, until: int | None = None,
    window: int | str = DEFAULT_WINDOW, order: Order | str = "sequential", exclusions: Sequence[Exclusion] = (),
    entry: Entry | str = "every",
) -> list[int]:  # fmt: skip
    """The persons who reached step `step - 1` and not step `step`, sorted. Steps are counted from 1."""
    question = _question(steps, since, until, window, order, exclusions, entry, None, "first")
    if not 2 <= step <= len(question.steps):
        raise UsageError(f"persons drop at steps 2 to {len(question.steps)}, not at step {step}")
    question = _keyed(reader, question)
    if simple(question):
        return reader.arrow(lost(question, step).sql("duckdb"))["person"].to_pylist()  # type: ignore[no-any-return]
    table = _furthest(reader, question)
    return sorted(table.filter(pc.equal(table["reach"], step - 1))["person"].to_pylist())


def counts(
    reader: Tables, steps: Sequence[Step | str], *, since: int | None = None, until: int | None = None,
    window: int | str = DEFAULT_WINDOW, order: Order | str = "sequential", exclusions: Sequence[Exclusion] = (),
    entry: Entry | str = "every",
) -> tuple[int, ...]:  # fmt: skip
    """Persons by step, as `funnel(...).counts`, and sooner where the funnel is sequential without more."""
    question = _keyed(reader, _question(steps, since, until, window, order, exclusions, entry, None, "first"))
    if not simple(question):
        return ways(_furthest(reader, question), question.steps).counts
    return tuple(reader.arrow(_text(count_persons, question)).to_pylist()[0].values())


def _furthest(reader: Tables, question: Question) -> pa.Table:
    if question.order == "any":
        return furthest_any(reader.arrow(_text(matches, question)), len(question.steps), question.window)
    return reader.arrow(_text(furthest, question))


def _keyed(reader: Tables, question: Question) -> Question:
    """The question with the narrowest key for its events. What comes into the log from now on is left out."""
    period = question if question.entry == "every" else replace(question, since=None)
    [found] = reader.arrow(_text(_extent, period)).to_pylist()
    return question if found["last"] is None else replace(question, key=narrow(**found, window=question.window))


def _extent(period: Question) -> exp.Select:
    return extent(inside(exp.select().from_("touchpoints"), period))


@lru_cache(maxsize=128)
def _text(build: Callable[[Question], exp.Select], question: Question) -> str:
    """The SQL of a question. A page asks the same one again and again, and building it takes longer than a small shop."""
    return build(question).sql("duckdb")


def _question(
    steps: Sequence[Step | str], since: int | None, until: int | None, window: int | str, order: str,
    exclusions: Sequence[Exclusion], entry: str, by: str | None, attribution: int | str,
) -> Question:  # fmt: skip
    parsed = tuple(parse_step(step) if isinstance(step, str) else step for step in steps)
    n = len(parsed)
    wrong = [
        (not 1 <= n <= _LONGEST_STEPS, f"a funnel has 1 to {_LONGEST_STEPS} steps, not {n}"),
        (order not in get_args(Order), f"order is sequential, strict or any, not {order!r}"),
        (entry not in get_args(Entry), f"entry is every, first_ever or first_matching, not {entry!r}"),
        (by is not None and by not in COLUMNS, f"a breakdown is by one of {', '.join(sorted(COLUMNS))}, not {by!r}"),
        (attribution not in ("first", "last", "all", *range(1, n + 1)), f"attribution is first, last, all or a step, not {attribution!r}"),
        (order == "any" and bool(exclusions), "exclusions do not go with any order"),
        (any(not 1 <= e.after < (e.before or n) <= n for e in exclusions), "an exclusion lies between two steps of the funnel"),
        (since is not None and until is not None and since >= until, "the period ends before it begins"),
    ]  # fmt: skip
    if problems := [message for bad, message in wrong if bad]:
        raise UsageError("; ".join(problems))
    return Question(
        parsed, since, until, _window(window), order, tuple(exclusions), entry, by, attribution,  # type: ignore[arg-type]
    )  # fmt: skip


def _window(window: int | str) -> int:
    if isinstance(window, str):
        try:
            duration = parse_duration(window)
        except ValueError as error:
            raise UsageError(str(error)) from None
        if duration.months:
            raise UsageError(f"a window is counted in weeks, days, hours, minutes or seconds, not months: {window!r}")
        window = duration.micros
    if window <= 0:
        raise UsageError("a window is longer than nothing")
    return window
