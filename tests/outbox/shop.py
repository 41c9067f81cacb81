"""A log with an outbox and one platform that answers as it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdp.events.event import Event, Who
from cdp.events.touchpoint import Identifier
from cdp.identity.rules import IdentityRules
from cdp.ingest import Door
from cdp.outbox.outbox import Outbox
from cdp.ports import Confirmed, Delivered, Delivery, Outcome, Refused
from cdp.testing import fixed_clock, memory_log, memory_vault
from journeys.render import render

WANG = Identifier(type="wecom", scope="ww1:own", value="wmWang")


class Platform:
    """A sink that answers as it is told, and remembers every call."""

    channel = "wecom.message"
    address = ("wecom",)

    def __init__(self, *outcomes: Outcome, idempotent: bool = False, secrets: tuple[str, ...] = (), batch: int = 1):
        self.idempotent, self.secrets, self.batch = idempotent, secrets, batch
        self._outcomes = list(outcomes)
        self.calls: list[list[Delivery]] = []
        self.answers: list[Confirmed | Refused | None] = []

    def deliver(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        self.calls.append(list(deliveries))
        return [self._outcomes.pop(0) if self._outcomes else Delivered() for _ in deliveries]

    def ask(self, ref: str, to: Sequence[Mapping[str, str]]) -> list[Confirmed | Refused | None]:
        return self.answers[: len(to)] or [None] * len(to)


class Shop:
    """A log with an outbox and one platform."""

    def __init__(self, platform: Platform):
        self.clock = fixed_clock()
        self.log = memory_log(self.clock)
        self.vault = memory_vault()
        self.platform = platform
        self.door = Door(self.log, self.vault, self.clock, IdentityRules)
        self.outbox = self.restarted()

    def restarted(self) -> Outbox:
        sinks = {self.platform.channel: self.platform}
        return Outbox(self.log, self.vault, self.door, sinks, self.clock, render)

    def request(self, action: str = "a1", **data: object) -> None:
        surrogate = self.vault.surrogates([WANG])[0]
        fields = {"journey": "j", "run": "r", "action": action, "channel": "wecom.message", "template": "你好"}
        self.log.append(
            [
                Event(
                    id=f"request:{action}", source="journeys", type="action.requested", occurred_at=self.clock.now(),
                    stream="run/r", who=(Who("wecom", "ww1:own", surrogate),), data=fields | data,
                )
            ]
        )  # fmt: skip

    def story(self, action: str = "a1") -> list[str]:
        """What is on record about an action, in order."""
        events = self.log.read(0)
        return [e.type.removeprefix("action.") for e in events if e.data.get("action") == action]

    def last(self) -> Event:
        return self.log.read(self.log.head() - 1)[0]
