"""A journey's steps in words, in the order in which they are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cdp.app.web.pages.language import Texts
from cdp.conditions.durations import Duration
from journeys.definition import Journey
from journeys.moves import Step
from journeys.steps.awaiting import OTHERWISE, Await
from journeys.steps.choose import Choose
from journeys.steps.invite import Invite
from journeys.steps.leave import Leave
from journeys.steps.send import Send
from journeys.steps.split import Split
from journeys.steps.tag import Tag
from journeys.steps.wait import Until, Wait

_UNITS = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))


@dataclass(frozen=True)
class Line:
    """One line of the list: a step, or the condition that heads a branch (then `path` is empty)."""

    path: str
    kind: str
    title: str
    detail: str
    depth: int


def lines(journey: Journey, t: Texts, block: str = "", depth: int = 0) -> Iterator[Line]:
    """Every step, branches indented under their condition."""
    number = 0
    while (node := journey.nodes.get(f"{block}{number}")) is not None:
        yield Line(node.path, node.step.kind, t.name("stepkind", node.step.kind), detail(node.step, t), depth)
        for label, _ in node.step.branches():
            yield Line("", "branch", branch(node.step, label, t), "", depth + 1)
            yield from lines(journey, t, f"{node.path}.{label}.", depth + 2)
        number += 1


def detail(step: Step, t: Texts) -> str:
    """What this step does, beyond its kind."""
    match step:
        case Send(request=request) | Invite(request=request):
            return t.name("channel", request.channel)
        case Tag(add=add, remove=remove):
            return " ".join([*(f"+{tag}" for tag in add), *(f"−{tag}" for tag in remove)])
        case Wait(span=Duration() as span):
            return _duration(span, t)
        case Wait(span=Until() as until):
            return t("wait.until", time=f"{until.minute // 60:02d}:{until.minute % 60:02d}")
        case Await(timeout=timeout):
            return t("wait.atmost", time=_duration(timeout, t))
        case Leave(detail=why):
            return why
        case _:
            return ""


def branch(step: Step, label: str, t: Texts) -> str:
    """What leads into a branch: a condition, an event, or a share."""
    name = label.rpartition(".")[2]
    match step:
        case Choose(options=options):
            condition = options[int(name)][0]
            return condition.text if condition else t("branch.else")
        case Await() if label == OTHERWISE:
            return t("branch.timeout")
        case Await(options=awaited):
            option = awaited[int(name)]
            parts = [t.name("event", option.event)] if option.event else []
            return " · ".join([*parts, *([option.condition.text] if option.condition else [])])
        case Split(ways=ways):
            return " · ".join(f"{way.name} {way.share}%" for way in ways if way.name == name)
        case _:
            return label


def message(step: Step) -> str:
    """The text a step sends, as its author wrote it; empty for steps that say nothing."""
    match step:
        case Send(request=request) | Invite(request=request):
            return request.template.text if request.template else ""
        case _:
            return ""


def _duration(span: Duration, t: Texts) -> str:
    seconds = span.micros // 1_000_000
    parts = [t("wait.mo", n=span.months)] if span.months else []
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(t(f"wait.{unit}", n=count))
    return " ".join(parts)
