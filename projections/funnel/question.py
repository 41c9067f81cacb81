"""What a funnel is asked, checked as a whole: every reason why it means nothing is told at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from sqlglot import exp

from cdp.conditions.durations import parse_duration
from cdp.errors import UsageError
from projections.funnel.key import WIDE, Key, number
from projections.funnel.steps import Step, parse_step
from projections.funnel.where import COLUMNS, OF_PERSONS

Order = Literal["sequential", "strict", "any"]
Entry = Literal["every", "first_ever", "first_matching"]
Attribution = Literal["first", "last", "all"] | int

BY = COLUMNS | OF_PERSONS
_LONGEST_STEPS = 20
_BETWEEN = re.compile(r"\s*(?P<after>[0-9]{1,4})\s*-\s*(?P<before>[0-9]{1,4})\s*:")


@dataclass(frozen=True)
class Exclusion:
    """An event that spoils an attempt between reaching step `after` and reaching step `before` (default: the last).

    Where `before` is not reached, it spoils until the window ends.
    """

    event: Step
    after: int = 1
    before: int | None = None


def parse_exclusion(text: str) -> Exclusion:
    """The exclusion that `text` says: a step, between the first and the last or between those it names, as in
    `2-3: order.cancelled`. Raises UsageError."""
    found = _BETWEEN.match(text)
    if found is None:
        return Exclusion(parse_step(text))
    return Exclusion(parse_step(text[found.end() :]), int(found["after"]), int(found["before"]))


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

    def shape(self) -> Question:
        """A question that makes the same statements; its moments and its window mean nothing."""
        since, until = (None if moment is None else 0 for moment in (self.since, self.until))
        return replace(self, since=since, until=until, window=0, key=self.key.shape())

    def values(self) -> dict[str, int | None]:
        """The parameters of its statements."""
        return {"since": self.since, "until": self.until, **self.key.values(self.window)}


def ask(
    steps: Sequence[Step | str], since: int | None, until: int | None, window: int | str, order: str,
    exclusions: Sequence[Exclusion], entry: str, by: str | None, attribution: int | str,
) -> Question:  # fmt: skip
    """The question that these options are. Raises UsageError, with everything that is wrong with them."""
    parsed = tuple(parse_step(step) if isinstance(step, str) else step for step in steps)
    n = len(parsed)
    wrong = [
        (not 1 <= n <= _LONGEST_STEPS, f"a funnel has 1 to {_LONGEST_STEPS} steps, not {n}"),
        (order not in get_args(Order), f"order is sequential, strict or any, not {order!r}"),
        (entry not in get_args(Entry), f"entry is every, first_ever or first_matching, not {entry!r}"),
        (by is not None and by not in BY, f"a breakdown is by one of {', '.join(sorted(BY))}, not {by!r}"),
        (attribution not in ("first", "last", "all", *range(1, n + 1)), f"attribution is first, last, all or a step, not {attribution!r}"),
        (order == "any" and bool(exclusions), "exclusions do not go with any order"),
        (any(not 1 <= e.after < (e.before or n) <= n for e in exclusions), "an exclusion lies between two steps of the funnel"),
        (since is not None and until is not None and since >= until, "the period ends before it begins"),
    ]  # fmt: skip
    if problems := [message for bad, message in wrong if bad]:
        raise UsageError("; ".join(problems))
    # What a person is stands on every event of theirs, so it makes no difference which of them is looked at.
    attribution = "first" if by in OF_PERSONS else attribution
    return Question(
        parsed, since, until, _window(window), order, tuple(exclusions), entry, by, attribution,  # type: ignore[arg-type]
    )  # fmt: skip


def inside(query: exp.Select, question: Question) -> exp.Select:
    """The query over `touchpoints` with what lies outside the period, or came in after the key was made, left out."""
    at = exp.column("occurred_at")
    if question.since is not None:
        query = query.where(exp.GTE(this=at.copy(), expression=moment(number("since"))))
    if question.until is not None:
        query = query.where(exp.LT(this=at.copy(), expression=moment(number("until"))))
    return (
        query
        if question.key.last is None
        else query.where(exp.LTE(this=exp.column("position"), expression=number("last")))
    )


def moment(micros: exp.Expr) -> exp.Expr:
    """The moment that lies so many microseconds after the epoch."""
    return exp.func("make_timestamptz", micros)


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
