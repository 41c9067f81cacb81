"""The answers of a funnel: everybody's way with rates and times, who dropped, or the counts alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, lru_cache, partial

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from cdp.clock import DAY
from cdp.errors import UsageError
from projections.funnel.any_order import furthest_any
from projections.funnel.attempts import furthest
from projections.funnel.counting import counts as count_persons
from projections.funnel.counting import lost, simple
from projections.funnel.flags import matches
from projections.funnel.key import extent, narrow
from projections.funnel.question import Attribution, Entry, Exclusion, Order, Question, ask, inside
from projections.funnel.result import FunnelResult, groups, ways
from projections.funnel.steps import Step
from projections.tables import Tables

DEFAULT_WINDOW = 14 * DAY


def funnel(
    reader: Tables, steps: Sequence[Step | str], *, since: int | None = None, until: int | None = None,
    window: int | str = DEFAULT_WINDOW, order: Order | str = "sequential", exclusions: Sequence[Exclusion] = (),
    entry: Entry | str = "every", by: str | None = None, attribution: Attribution | str = "first",
) -> FunnelResult:  # fmt: skip
    """The funnel over everybody but staff. Moments are microseconds, `until` is the first moment left out.

    `window` counts from the first step, both ends included; microseconds or a text such as `14d`. `by` is a column of
    `touchpoints`, or `person.building` and its like; `attribution` is first, last, all, or the number of a step. Raises UsageError.
    """
    question = _keyed(reader, ask(steps, since, until, window, order, exclusions, entry, by, attribution))
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
    question = ask(steps, since, until, window, order, exclusions, entry, None, "first")
    if not 2 <= step <= len(question.steps):
        raise UsageError(f"persons drop at steps 2 to {len(question.steps)}, not at step {step}")
    question = _keyed(reader, question)
    if simple(question):
        persons: list[int] = _ask(reader, _lost_at(step), question)["person"].to_pylist()
        return persons
    table = _furthest(reader, question)
    return sorted(table.filter(pc.equal(table["reach"], step - 1))["person"].to_pylist())


def reached(
    reader: Tables, steps: Sequence[Step | str], *, step: int, since: int | None = None, until: int | None = None,
    window: int | str = DEFAULT_WINDOW, order: Order | str = "sequential", exclusions: Sequence[Exclusion] = (),
    entry: Entry | str = "every",
) -> list[int]:  # fmt: skip
    """The persons who reached step `step`, sorted. Steps are counted from 1."""
    question = ask(steps, since, until, window, order, exclusions, entry, None, "first")
    if not 1 <= step <= len(question.steps):
        raise UsageError(f"persons reach steps 1 to {len(question.steps)}, not step {step}")
    table = _furthest(reader, _keyed(reader, question))
    return sorted(table.filter(pc.greater_equal(table["reach"], step))["person"].to_pylist())


def counts(
    reader: Tables, steps: Sequence[Step | str], *, since: int | None = None, until: int | None = None,
    window: int | str = DEFAULT_WINDOW, order: Order | str = "sequential", exclusions: Sequence[Exclusion] = (),
    entry: Entry | str = "every",
) -> tuple[int, ...]:  # fmt: skip
    """Persons by step, as `funnel(...).counts`, and sooner where the funnel is sequential without more."""
    question = _keyed(reader, ask(steps, since, until, window, order, exclusions, entry, None, "first"))
    if not simple(question):
        return ways(_furthest(reader, question), question.steps).counts
    return tuple(_ask(reader, count_persons, question).to_pylist()[0].values())


def _furthest(reader: Tables, question: Question) -> pa.Table:
    if question.order == "any":
        return furthest_any(_ask(reader, matches, question), len(question.steps), question.window)
    return _ask(reader, furthest, question)


def _keyed(reader: Tables, question: Question) -> Question:
    """The question with the narrowest key for its events. What comes into the log from now on is left out."""
    period = question if question.entry == "every" else replace(question, since=None)
    [found] = _ask(reader, _extent, period).to_pylist()
    return question if found["last"] is None else replace(question, key=narrow(**found, window=question.window))


def _extent(period: Question) -> exp.Select:
    return extent(inside(exp.select().from_("touchpoints"), period))


_Build = Callable[[Question], exp.Select]


@cache
def _lost_at(step: int) -> _Build:
    return partial(lost, step=step)


def _ask(reader: Tables, build: _Build, question: Question) -> pa.Table:
    text, names = _text(build, question.shape())
    values = question.values()
    return reader.arrow(text, {name: values[name] for name in names})


@lru_cache(maxsize=128)
def _text(build: _Build, shape: Question) -> tuple[str, frozenset[str]]:
    """The SQL of a question, and its parameters. One text serves all periods, and building it takes longer than a small shop."""
    query = build(shape)
    return query.sql("duckdb"), frozenset(placeholder.name for placeholder in query.find_all(exp.Placeholder))
