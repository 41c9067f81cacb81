"""A small shop for the tests: its files, a log, an engine that can be thrown away, and neighbours to whom things happen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cdp.clock import DrivenClock
from cdp.conditions.durations import parse_duration
from cdp.events.event import Event, Who
from cdp.ids import derive
from cdp.log import Log
from cdp.testing import event, fixed_clock, memory_log, person
from journeys.deploy import deployments
from journeys.engine import Engine

HERE = Path(__file__).parent / "shop"
FILES = {str(p.relative_to(HERE)): p.read_text() for p in sorted(HERE.rglob("*.yaml"))}
TZ = "Asia/Shanghai"
SETTINGS: dict[str, Any] = {"timezone": TZ, "gates": {"quiet": "21:30-08:30", "cap": "1/day"}}

_FIRST: dict[Any, list[Event]] = {}
"""What the first deployment of some files writes; reading them takes longer than most tests."""


def configured(files: Mapping[str, str], now: int, settings: Mapping[str, Any] = SETTINGS) -> Event:
    """The configuration of the workspace."""
    data = {"settings": dict(settings), "files": dict(files), "digest": derive(*files.values(), str(settings))}
    return event("workspace.configured", who=(), stream="workspace", data=data, occurred_at=now)


class Town:
    """A log under a driven clock, with journeys live and an engine following."""

    def __init__(self, files: Mapping[str, str] | None = None, settings: Mapping[str, Any] = SETTINGS) -> None:
        self.clock: DrivenClock = fixed_clock()
        self.log: Log = memory_log(self.clock)
        self.engine = Engine(self.log, self.clock)
        self.settings = settings
        self.deploy(FILES if files is None else files)

    def deploy(self, files: Mapping[str, str]) -> None:
        """Put the journeys of these files live."""
        now = self.clock.now()
        key = (tuple(files.items()), str(self.settings), now)
        if self.log.head():
            self.log.append(deployments(self.log, configured(files, now, self.settings), None, now))
            return
        if key not in _FIRST:
            _FIRST[key] = deployments(self.log, configured(files, now, self.settings), None, now)
        self.log.append(_FIRST[key])

    def happens(self, type: str, who: int | Who | tuple[Who, ...] = 17, *, advance: bool = True, **fields: Any) -> int:
        """Something happens now; the engine takes notice. Answers its position."""
        fields.setdefault("occurred_at", self.clock.now())
        position = self.log.append([event(type, who=who, **fields)])[0].position
        if advance:
            self.settle()
        return position

    def befriends(self, who: int = 17, staff: str = "wang", **context: str) -> int:
        """A new WeCom friend."""
        data = {"staff": staff, "welcome_code": "v:code"}
        return self.happens("friend.added", who, data=data, context=context)

    def buys(self, what: str, order: str, fen: int = 6800, who: int = 17, **fields: Any) -> int:
        """A paid order of one category; the order is an identifier too."""
        people = (person(who), Who("order", "", 1000 + int(order.strip("E")), "actor"))
        data = {"amount_fen": fen, "categories": [what]}
        return self.happens("order.paid", people, data=data, context={"order": order}, **fields)

    def refunds(self, order: str, **fields: Any) -> int:
        """A refund that names only the order."""
        who = Who("order", "", 1000 + int(order.strip("E")), "actor")
        return self.happens("order.refunded", who, context={"order": order}, **fields)

    def later(self, span: str) -> None:
        """Time passes; timers go off in their order."""
        self.until(parse_duration(span).after(self.clock.now(), TZ))

    def until(self, moment: int) -> None:
        """Time passes up to a moment, stopping wherever a timer is due."""
        self.settle()
        while (due := self.engine.next_due()) is not None and due <= moment:
            self.clock.advance_to(due)
            self.settle()
        self.clock.advance_to(moment)
        self.settle()

    def settle(self) -> None:
        """The engine takes in everything there is."""
        while self.engine.advance() < self.log.head():
            pass

    def restart(self) -> None:
        """The process dies, and a new one takes over."""
        self.engine = Engine(self.log, self.clock)

    def decisions(self, *types: str) -> list[Event]:
        """All decisions, or those of some types, in order."""
        return [e for e in self.log.read(0, 100_000) if e.source == "journeys" and (not types or e.type in types)]

    def told(self) -> list[tuple[str, ...]]:
        """The decisions in short: what happened, in which journey, to what."""
        return [_short(decision) for decision in self.decisions()]


def _short(decision: Event) -> tuple[str, ...]:
    data = decision.data
    match decision.type:
        case "journey.entered":
            return ("entered", data["journey"])
        case "journey.stepped":
            return ("stepped", data["kind"], data["step"])
        case "journey.left":
            return ("left", data["reason"])
        case "action.requested":
            return ("requested", data["channel"])
        case _:
            return ("suppressed", data["channel"], data["reason"])
