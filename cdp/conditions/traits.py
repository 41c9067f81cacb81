"""Traits: named, declarative aggregates over a person's events, folded in order of (occurred_at, position)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from cdp.clock import DAY
from cdp.conditions.condition import Condition
from cdp.conditions.durations import Duration
from cdp.conditions.evaluate import Scope
from cdp.conditions.nodes import Value
from cdp.events.event import Event

Aggregate = Literal["count", "sum", "last", "first", "distinct", "top", "max", "min", "days_since"]
AGGREGATES: tuple[Aggregate, ...] = get_args(Aggregate)
WITHOUT_FIELD = frozenset({"count", "days_since"})


@dataclass(frozen=True)
class Trait:
    """One trait. `field` is `data.x` or `context.x`; `net_of` names events that take back what an order brought."""

    name: str
    agg: Aggregate
    event: tuple[str, ...]
    field: str = ""
    where: Condition | None = None
    window: Duration | None = None
    net_of: tuple[str, ...] = ()

    @property
    def types(self) -> frozenset[str]:
        """The event types it looks at."""
        return frozenset(self.event + self.net_of)

    def value(self, facts: Sequence[Event], now: int, tz: str) -> Value:
        """Its value at `now`, over one person's facts in order of (occurred_at, position).

        Without a fact, counts and sums are 0 and everything else is NULL.
        """
        matching = [fact for fact in facts if fact.type in self.event and self._wants(fact, now, tz)]
        if self.agg in ("count", "sum"):
            return self._total(matching, facts)
        if self.agg == "days_since":
            return (now - matching[-1].occurred_at) // DAY if matching else None
        values = [value for fact in matching if (value := _get(fact, self.field)) is not None]
        folded: Value = _FOLDS[self.agg](values)
        return folded

    def _wants(self, fact: Event, now: int, tz: str) -> bool:
        if self.window is not None and fact.occurred_at <= self.window.before(now, tz):
            return False
        return self.where is None or self.where.evaluate(Scope(fact.data, fact.context)) is True

    def _total(self, matching: Sequence[Event], facts: Sequence[Event]) -> Value:
        left = [(fact, _taken_back(fact, self.net_of, self.field, facts)) for fact in matching]
        if self.agg == "count":
            return sum(1 for fact, taken in left if taken != "all")
        return sum(_net(_get(fact, self.field), taken) for fact, taken in left)


def _taken_back(fact: Event, net_of: Sequence[str], field: str, facts: Sequence[Event]) -> int | float | Literal["all"]:
    """How much of this order's amount later events took back. One that names no amount takes all that is left."""
    order = fact.context.get("order")
    back = [f for f in facts if f.type in net_of and f.context.get("order") == order] if order else []
    amounts = [_get(f, field or "data.amount_fen") for f in back]
    if any(not _is_number(amount) for amount in amounts):
        return "all"
    taken: int | float = sum(amounts)
    whole = _get(fact, field or "data.amount_fen")
    return "all" if back and _is_number(whole) and taken >= whole else taken


def _net(value: Any, taken: int | float | Literal["all"]) -> int | float:
    if taken == "all" or not _is_number(value):
        return 0
    net: int | float = value - taken
    return net


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _get(fact: Event, field: str) -> Any:
    root, _, name = field.partition(".")
    return fact.data.get(name) if root == "data" else fact.context.get(name)


def _top(values: list[Any]) -> Any:
    """The most frequent; of equally frequent ones the latest."""
    counts = Counter(map(_hashable, values))
    return max(enumerate(values), key=lambda pair: (counts[_hashable(pair[1])], pair[0]))[1] if values else None


def _hashable(value: Any) -> Any:
    return tuple(map(_hashable, value)) if isinstance(value, list | tuple) else (type(value).__name__, str(value))


_FOLDS: dict[str, Callable[[list[Any]], Any]] = {
    "first": lambda values: values[0] if values else None,
    "last": lambda values: values[-1] if values else None,
    "distinct": lambda values: len(set(map(_hashable, values))),
    "top": _top,
    "max": lambda values: max(filter(_is_number, values), default=None),
    "min": lambda values: min(filter(_is_number, values), default=None),
}
