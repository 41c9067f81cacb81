"""Moves one run through the steps until it rests or ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from cdp.events.event import Event
from cdp.ids import bucket
from journeys.definition import Journey, Node
from journeys.gates import Hold, No, Pass, judge
from journeys.load import way_into
from journeys.moves import Here, Into, Leave, Onward, Perform, Request, Rest, Stay
from journeys.scope import scope_of
from journeys.state import Run
from journeys.turn import Turn

HOLD = "hold"
"""The `kind` of a rest at the gates."""


@dataclass(frozen=True)
class Call:
    """Why a run is asked to go on: it arrived, its timer is due, or something happened while it rests."""

    woken: bool = False
    resting: bool = False
    happened: Event | None = None


ARRIVED = Call()
DUE = Call(woken=True)


def walk(turn: Turn, run_id: str, journey: Journey, call: Call = ARRIVED) -> None:
    """Go on from where the run stands until it rests or ends."""
    while not (run := turn.person.runs[run_id]).left:
        node = journey.nodes.get(run.step)
        if node is None:
            turn.leave(run, "done")
            return
        if _go(turn, run_id, journey, node, call):
            return
        call = ARRIVED


def _go(turn: Turn, run_id: str, journey: Journey, node: Node, call: Call) -> bool:
    """Take one step; True if the run rests in it."""
    run, kind = turn.person.runs[run_id], node.step.kind
    move = node.step.advance(_here(turn, run, journey, node, call))
    match move:
        case Stay():
            return True
        case Onward():
            turn.step(run, kind, node.next)
        case Into(label, saw):
            turn.step(run, kind, way_into(node, label), saw=saw)
        case Rest(until):
            turn.step(run, kind, node.path, wake_at=until)
            return True
        case Perform(request):
            return _perform(turn, run_id, journey, node, request)
        case Leave(detail):
            turn.step(run, kind, "")
            turn.leave(turn.person.runs[run_id], "leave", detail)
        case _:
            assert_never(move)
    return False


def _here(turn: Turn, run: Run, journey: Journey, node: Node, call: Call) -> Here:
    person, shop, now = turn.person, turn.shop, turn.moment.now
    since = run.trigger.occurred_at if run.trigger else run.entered_at
    return Here(
        scope=scope_of(person, shop, now, entry=run.trigger),
        now=now,
        tz=shop.tz,
        draw=bucket(journey.id, node.path, run.bucket),
        woken=call.woken,
        resting=call.resting,
        happened=call.happened,
        past=[f for f in person.facts if f.occurred_at >= since and f.position != run.trigger_position],
        about=lambda event: scope_of(person, shop, now, event, run.trigger),
    )


def _perform(turn: Turn, run_id: str, journey: Journey, node: Node, request: Request) -> bool:
    run, moment = turn.person.runs[run_id], turn.moment
    verdict = judge(request, turn.person, run, journey, turn.shop, moment.now, moment.at)
    match verdict:
        case Hold(until):
            turn.step(run, HOLD, node.path, wake_at=until)
            return True
        case No(reason, detail):
            turn.suppress(run, request.channel, reason, detail)
        case Pass(staff, deadline, values, sealed):
            template = request.template.text if request.template else ""
            fields = {"values": dict(values), "sealed": dict(sealed)} if template else {}
            turn.request(run, {
                "channel": request.channel, "template": template, "attach": request.attach, "staff": staff,
                "params": {**request.params, **fields}, "deadline": deadline, "trigger_position": run.trigger_position,
            })  # fmt: skip
        case _:
            assert_never(verdict)
    turn.step(turn.person.runs[run_id], node.step.kind, node.next)
    return False
