"""What journeys do to each other: journeys that start themselves, and two that write to one person at one moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from cdp.channels import CHANNELS
from cdp.conditions import nodes as n
from cdp.conditions.condition import Condition
from cdp.conditions.evaluate import Scope
from journeys.definition import Journey
from journeys.paths import reachable, request_of
from journeys.steps.tag import Tag


def circles(journeys: Mapping[str, Journey]) -> Iterator[tuple[str, str]]:
    """(file, message) for every journey whose tags start itself, directly or through others."""
    starts = {a: [b for b in journeys if _can_start(journeys[a], journeys[b])] for a in journeys}
    for file in sorted(journeys):
        way = _way_back(file, starts)
        if way and file == min(way):
            names = " → ".join(journeys[step].id for step in (*way, file))
            yield file, f"this journey starts itself: {names}"


def doubles(journeys: Mapping[str, Journey]) -> Iterator[tuple[str, str]]:
    """(file, message) for every two journeys that one event can start and that both write at once."""
    for file, later in combinations(sorted(journeys), 2):
        one, other = journeys[file], journeys[later]
        if one.id != other.id and _same_trigger(one, other) and _writes_at_once(one) and _writes_at_once(other):
            event = one.entry.event
            yield later, f"one {event} can start this journey and {one.id!r}, and both write to the person at once"


def _same_trigger(one: Journey, other: Journey) -> bool:
    return one.entry.event == other.entry.event and not _exclude_each_other(one.entry.where, other.entry.where)


def _can_start(one: Journey, other: Journey) -> bool:
    """Whether a tag step of `one` can bring the event that `other` is entered by; unknown counts as yes."""
    tags = [node.step for node in one.nodes.values() if isinstance(node.step, Tag)]
    changed = [("tag.added", tag) for step in tags for tag in step.add]
    changed += [("tag.removed", tag) for step in tags for tag in step.remove]
    where = other.entry.where
    return any(
        other.entry.event == event and (where is None or where.evaluate(Scope(data={"tag": tag})) is not False)
        for event, tag in changed
    )


def _way_back(start: str, starts: Mapping[str, list[str]]) -> list[str]:
    """The journeys on a shortest way from `start` back to it; empty if there is none."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for following in starts[way[-1]]:
            if following == start:
                return way
            if following not in seen:
                seen.add(following)
                ways.append([*way, following])
    return []


def _writes_at_once(journey: Journey) -> bool:
    paths = reachable(journey, at_once=True)
    requests = [request_of(journey.nodes[path]) for path in paths]
    return any(request is not None and CHANNELS[request.channel].message for request in requests)


def _exclude_each_other(one: Condition | None, other: Condition | None) -> bool:
    """Whether both demand a fixed value of the same thing, and not the same value."""
    if one is None or other is None:
        return False
    first, second = _demands(one.node), _demands(other.node)
    return any(second.get(reference, value) != value for reference, value in first.items())


def _demands(node: n.Node) -> dict[n.Reference, object]:
    match node:
        case n.Both(left, right):
            return {**_demands(left), **_demands(right)}
        case n.Compare("=", n.Reference() as reference, n.Constant(value)):
            return {reference: value}
        case _:
            return {}
