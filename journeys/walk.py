"""Moves one run through the steps until it rests or ends."""

from __future__ import annotations

from typing import assert_never

from cdp.ids import bucket
from journeys.definition import Journey, Node
from journeys.gates import Hold, No, Pass, judge
from journeys.load import way_into
from journeys.moves import Here, Into, Leave, Onward, Perform, Request, Rest
from journeys.scope import scope_of
from journeys.turn import Turn

HOLD = "hold"
"""The `kind` of a rest at the gates."""


def walk(turn: Turn, run_id: str, journey: Journey, *, woken: bool = False) -> None:
    """Go on from where the run stands. `woken`: its timer is due."""
    while not (run := turn.person.runs[run_id]).left:
        node = journey.nodes.get(run.step)
        if node is None:
            turn.leave(run, "done")
            return
        if _go(turn, run_id, journey, node, woken=woken):
            return
        woken = False


def _go(turn: Turn, run_id: str, journey: Journey, node: Node, *, woken: bool) -> bool:
    """Take one step; True if the run rests in it."""
    run, kind = turn.person.runs[run_id], node.step.kind
    scope = scope_of(turn.person, turn.shop, turn.moment.now, entry=run.trigger)
    draw = bucket(journey.id, node.path, run.bucket)
    move = node.step.advance(Here(scope, turn.moment.now, turn.shop.tz, woken, draw))
    match move:
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
