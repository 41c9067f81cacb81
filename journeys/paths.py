"""Which steps of a journey can never be reached, and which sends can never pass."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from cdp.channels import CHANNELS
from cdp.conditions.nodes import Constant
from cdp.conditions.source import words
from cdp.events.catalog import CATALOG
from journeys.definition import Journey, Node
from journeys.load import way_into
from journeys.moves import Request
from journeys.steps.awaiting import Await
from journeys.steps.choose import Choose
from journeys.steps.invite import Invite
from journeys.steps.leave import Leave
from journeys.steps.send import Send
from journeys.steps.wait import Wait


def dead_ends(journey: Journey) -> Iterator[tuple[Node, str]]:
    """Steps that nobody comes to, and sends whose channel can never work here."""
    reached = reachable(journey)
    for node in journey.nodes.values():
        before = _parent(node.path)
        if node.path not in reached:
            if before == "" or before in reached:
                yield node, "this step is never reached"
        elif (request := request_of(node)) is not None:
            yield from ((node, message) for message in _never_passes(journey, node, request))


def reachable(journey: Journey, *, at_once: bool = False) -> set[str]:
    """Paths that somebody can come to; `at_once` only those that no wait stands before."""
    found: set[str] = set()
    open = [journey.first]
    while open:
        node = journey.nodes.get(open.pop())
        if node is not None and node.path not in found:
            found.add(node.path)
            open += _exits(node, at_once=at_once)
    return found


def request_of(node: Node) -> Request | None:
    """What a step sends to a person, if it sends anything."""
    return node.step.request if isinstance(node.step, Send | Invite) else None


def _exits(node: Node, *, at_once: bool) -> list[str]:
    match node.step:
        case Leave():
            return []
        case Wait() | Await() if at_once:
            return []
        case Choose(options):
            labels = [label for label, _ in node.step.branches()]
            always = [n for n, (condition, _) in enumerate(options) if condition is None or _is(condition.node, True)]
            never = {n for n, (condition, _) in enumerate(options) if condition and _is(condition.node, False)}
            taken = [n for n in range(min(always) + 1) if n not in never]
            return [way_into(node, labels[n]) for n in taken]
        case _:
            branches = [way_into(node, label) for label, _ in node.step.branches()]
            return branches or [node.next]


def _is(node: object, value: bool) -> bool:
    return isinstance(node, Constant) and node.value is value


def _parent(path: str) -> str:
    """The step that a step's block belongs to, or the step before it in the same block; empty for the first."""
    head, _, last = path.rpartition(".")
    if last != "0":
        return f"{head}.{int(last) - 1}" if head else str(int(last) - 1)
    return head.rsplit(".", 2)[0] if head.count(".") >= 2 else ""


def _never_passes(journey: Journey, node: Node, request: Request) -> Iterator[str]:
    channel, event = CHANNELS[request.channel], journey.entry.event
    known = {f.name for f in msgspec.structs.fields(CATALOG[event].struct)} if event in CATALOG else set(channel.needs)
    missing = [name for name in channel.needs if name not in known]
    if missing:
        yield f"{channel.name} needs {words(missing)} of the event that let the person in; {event} has none"
    if channel.deadline is not None and node.path not in reachable(journey, at_once=True):
        seconds = channel.deadline // 1_000_000
        yield f"{channel.name} must go out within {seconds} s of the trigger, but a wait stands before it"
