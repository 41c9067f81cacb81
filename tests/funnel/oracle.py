"""Funnels by brute force, one person at a time, straight from the definition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from tests.funnel.shop import Row

SECOND = 1_000_000


@dataclass(frozen=True)
class Event:
    """One event of a person, in order of time and position."""

    key: tuple[int, int]
    row: Row


@dataclass(frozen=True)
class Asked:
    """A funnel over event types; windows and moments in seconds."""

    steps: tuple[tuple[str, ...], ...]
    window: int
    order: str = "sequential"
    exclusions: tuple[tuple[str, int, int], ...] = ()
    entry: str = "every"
    since: int | None = None
    until: int | None = None
    attribution: str | int | None = None
    only: tuple[str | None, ...] = ()
    """The channel that a step asks for, step by step; None and what is left out ask for none."""

    def matches(self, step: int, row: Row) -> bool:
        """Whether an event is a step, counted from 0."""
        wanted = self.only[step] if step < len(self.only) else None
        return row.type in self.steps[step] and wanted in (None, row.channel)


Way = tuple[int, ...]
"""The times of the steps reached."""


def ways(rows: Sequence[Row], asked: Asked) -> dict[tuple[int, str | None], Way]:
    """(person, value) -> the way that counts. Without attribution the value is None."""
    persons: dict[int, list[Event]] = defaultdict(list)
    for position, row in enumerate(rows, 1):
        if row.person is not None and (asked.until is None or row.at < asked.until):
            persons[row.person].append(Event((row.at, position), row))
    found = {}
    for person, events in persons.items():
        history = sorted(events, key=lambda e: e.key)
        period = [e for e in history if asked.since is None or e.row.at >= asked.since]
        for value, matches in _units(period, _matches(history, period, asked), asked):
            way = _best(period, matches, asked)
            if way:
                found[person, value] = way
    return found


def counts(found: dict[tuple[int, str | None], Way], steps: int) -> tuple[int, ...]:
    """How many reached each step."""
    return tuple(sum(len(way) >= i for way in found.values()) for i in range(1, steps + 1))


def median_time(found: dict[tuple[int, str | None], Way], first: int, last: int) -> int | None:
    """The median time between two steps, in microseconds."""
    took = [way[last - 1] - way[first - 1] for way in found.values() if len(way) >= last]
    return round(median(took) * SECOND) if took else None


Matches = list[set[int]]
"""For each event of the period, the steps it matches, counted from 0."""


def _matches(history: list[Event], period: list[Event], asked: Asked) -> Matches:
    found = [{i for i in range(len(asked.steps)) if asked.matches(i, e.row)} for e in period]
    if asked.entry != "every":
        # the first event of the step's types, which may then not match; or the first that matches
        may_begin = (e for e in history if e.row.type in asked.steps[0])
        first = next((e for e in may_begin if asked.entry == "first_ever" or asked.matches(0, e.row)), None)
        for event, steps in zip(period, found, strict=True):
            if event is not first:
                steps.discard(0)
    return found


def _units(period: list[Event], matches: Matches, asked: Asked) -> Iterator[tuple[str | None, Matches]]:
    touches = [(e.row.channel, steps) for e, steps in zip(period, matches, strict=True) if steps]
    match asked.attribution:
        case None:
            yield None, matches
        case "first" | "last" as which:
            values = [channel for channel, _ in touches if channel is not None]
            yield (values[0 if which == "first" else -1] if values else None), matches
        case "all":
            for value in {channel for channel, _ in touches}:
                yield value, [s if e.row.channel == value else set() for e, s in zip(period, matches, strict=True)]
        case int(number):
            step = number - 1
            for value in {channel for channel, steps in touches if step in steps} or {None}:
                yield value, [s if e.row.channel == value else s - {step} for e, s in zip(period, matches, strict=True)]


def _best(period: list[Event], matches: Matches, asked: Asked) -> Way:
    attempt = {"sequential": _sequential, "strict": _strict, "any": _any}[asked.order]
    attempts = []
    for start in range(len(period)):
        if matches[start] if asked.order == "any" else 0 in matches[start]:
            chain = attempt(period, matches, start, asked)
            spoiled = _is_spoiled(period, chain, asked)
            attempts.append((-len(chain), spoiled, period[chain[-1]].key, -start, chain))
    if not attempts:
        return ()
    _, spoiled, _, _, chain = min(attempts)
    return () if spoiled else tuple(period[at].row.at for at in chain)


def _sequential(period: list[Event], matches: Matches, start: int, asked: Asked) -> list[int]:
    chain = [start]
    for step in range(1, len(asked.steps)):
        later = [at for at in range(chain[-1] + 1, len(period)) if step in matches[at]]
        if not later or period[later[0]].row.at > period[start].row.at + asked.window:
            break
        chain.append(later[0])
    return chain


def _strict(period: list[Event], matches: Matches, start: int, asked: Asked) -> list[int]:
    chain = [start]
    for step in range(1, len(asked.steps)):
        at = chain[-1] + 1
        if at >= len(period) or step not in matches[at] or period[at].row.at > period[start].row.at + asked.window:
            break
        chain.append(at)
    return chain


def _any(period: list[Event], matches: Matches, start: int, asked: Asked) -> list[int]:
    chain: list[int] = []
    inside = [at for at in range(start, len(period)) if period[at].row.at <= period[start].row.at + asked.window]
    for end in range(len(inside)):
        if _most([matches[at] for at in inside[: end + 1]], frozenset()) > len(chain):
            chain.append(inside[end])
    return chain


def _most(events: list[set[int]], taken: frozenset[int]) -> int:
    if not events:
        return 0
    given = (1 + _most(events[1:], taken | {step}) for step in events[0] - taken)
    return max(given, default=0) if events[0] - taken and len(events) == 1 else max([*given, _most(events[1:], taken)])


def _is_spoiled(period: list[Event], chain: list[int], asked: Asked) -> bool:
    ends = period[chain[0]].row.at + asked.window
    for kind, after, before in asked.exclusions:
        if len(chain) < after:
            continue
        last = chain[before - 1] if len(chain) >= before else len(period)
        between = period[chain[after - 1] + 1 : last]
        if any(e.row.type == kind and e.row.at <= ends for e in between):
            return True
    return False
