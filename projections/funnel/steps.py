"""The steps of a funnel: which events are one, written as `order.placed`, or with alternatives and a condition.

[NAME:] TYPE[, TYPE…] [where CONDITION]

live.watched, live.left where seconds >= 60
回看: live.watched where data.replay_seconds > 0 and channel = 'live-duanwu'
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from sqlglot import exp

from cdp.conditions.condition import Condition
from cdp.conditions.vocabulary import unknown_type
from cdp.errors import DefinitionError, UsageError
from projections.funnel.where import where

_STEP = re.compile(
    r"\s*(?:(?P<name>[^:,]+):)?(?P<types>[^:]+?)(?:\s+where\s+(?P<where>.+))?\s*", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True)
class Step:
    """An event of one of `types` for which `condition` is true. `name` and `label` say it in English and Chinese."""

    types: tuple[str, ...]
    condition: Condition | None = None
    name: str = ""
    label: str = ""

    def __post_init__(self) -> None:
        problems = [problem for name in self.types if (problem := unknown_type(name))]
        if problems or not self.types:
            raise UsageError("; ".join(problems) or "a step needs an event type")
        if self.condition is not None:
            where(self.condition, self.types)

    def __str__(self) -> str:
        types = ", ".join(self.types)
        return f"{types} where {self.condition.text}" if self.condition else types

    @cached_property
    def kinds(self) -> exp.Expr:
        """The predicate over `touchpoints` that leaves the condition aside."""
        return exp.column("type").isin(*map(exp.Literal.string, self.types))

    @cached_property
    def matches(self) -> exp.Expr:
        """The predicate over `touchpoints`; never NULL."""
        if self.condition is None:
            return self.kinds
        holds = exp.Coalesce(this=where(self.condition, self.types), expressions=[exp.false()])
        return exp.and_(self.kinds, holds)


def parse_step(text: str) -> Step:
    """The step that `text` says. Raises UsageError for an unknown type or a condition that is not one."""
    found = _STEP.fullmatch(text)
    if found is None:
        raise UsageError(f"{text!r} is not a step; write TYPE[, TYPE…] [where CONDITION]")
    types = tuple(part.strip() for part in found["types"].split(","))
    condition = _condition(found["where"]) if found["where"] else None
    name = (found["name"] or "").strip()
    return Step(types, condition, name, name)


def _condition(text: str) -> Condition:
    try:
        return Condition.parse(text)
    except DefinitionError as error:
        raise UsageError(f"{text}: {'; '.join(problem.message for problem in error.problems)}") from None
