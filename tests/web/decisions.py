"""What two journeys decided over the shop's friends and buyers, as the engine and the outbox would have written it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cdp.clock import DAY, HOUR, MINUTE, SECOND
from cdp.events.event import DECISIONS, DELIVERY, Event, run_stream
from cdp.ids import bucket, derive

if TYPE_CHECKING:
    from tests.web.shop import Shop

WELCOME, RECIPES = "duanwu-welcome", "zongzi-recipes"
FILES = {
    "journeys/duanwu-welcome.yaml": """\
journey: duanwu-welcome
name: 端午家宴 · 加微欢迎
entry:
  event: friend.added
steps:
  - send: {via: wecom.welcome, text: "你好 {{ person.nickname | default('邻居') }}，这是端午家宴食谱", attach: [recipe.pdf]}
  - tag: {add: [端午家宴]}
  - wait: 1d
  - choose:
      - {when: orders_90d >= 2, do: [{invite: {group: vip, via: wecom.message}}]}
      - {else: [{leave: done}]}
""",
    "journeys/zongzi-recipes.yaml": """\
journey: zongzi-recipes
name: 粽子的 5 种吃法
entry:
  event: order.paid
  where: contains(data.categories, '粽子')
exit: [{event: order.refunded}]
steps:
  - wait: 3d
  - send: {via: wecom.message, text: "粽子的 5 种创意吃法"}
""",
}


class Decisions:
    """Walks the finished story and answers what the journeys made of it."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def made(self, now: int) -> list[Event]:
        """All decisions and deliveries up to `now`."""
        return [e for e in [*self._deployed(), *self._all()] if e.recorded_at <= now]

    def _deployed(self) -> Iterator[Event]:
        first = self._shop.events[0].recorded_at
        settings = {"timezone": "Asia/Shanghai", "gates": {"quiet": "21:30-08:30", "cap": "1/day"}, "name": "菜场老王"}
        config = {"settings": settings, "files": FILES, "digest": derive("config")}
        yield self._event(first, "workspace.configured", "workspace", (), config, source="cdp")
        for journey, file in zip((WELCOME, RECIPES), FILES, strict=True):
            data = {"journey": journey, "version": 1, "file": file, "digest": derive(journey)}
            yield self._event(first, "journey.deployed", "workspace", (), data, source="cdp")

    def _all(self) -> Iterator[Event]:
        for event in self._shop.events:
            if event.type == "friend.added":
                yield from self._welcome(event)
            if event.type == "order.paid" and "粽子" in event.data["categories"]:
                yield from self._recipes(event)

    def _welcome(self, trigger: Event) -> Iterator[Event]:
        run = derive(WELCOME, trigger.id)
        when = trigger.recorded_at
        yield self._entered(run, WELCOME, trigger)
        yield self._requested(run, WELCOME, "0", "wecom.welcome", trigger, when, ("recipe.pdf",))
        yield self._settled(run, WELCOME, "0", "wecom.welcome", trigger, when + 2 * SECOND, "delivered")
        yield self._stepped(run, WELCOME, "0", "send", trigger, when, "1")
        yield self._stepped(run, WELCOME, "1", "tag", trigger, when + SECOND, "2")
        tagged = {"tag": "端午家宴", "by": "journey", "run": run}
        yield self._event(when + 3 * SECOND, "tag.added", trigger.stream, trigger.who, tagged, source=DELIVERY)
        yield self._stepped(run, WELCOME, "2", "wait", trigger, when + SECOND, "2", wake_at=when + DAY)
        saw = {"orders_90d >= 2": bucket(run) > 4000, "orders_90d": 2 if bucket(run) > 4000 else 1}
        yield self._stepped(run, WELCOME, "3", "choose", trigger, when + DAY, "3.choose.0.0", saw=saw)
        yield from self._invited(run, trigger, when + DAY + SECOND)

    def _invited(self, run: str, trigger: Event, when: int) -> Iterator[Event]:
        step, luck = "3.choose.0.0", bucket(run)
        if luck > 4000:
            yield self._requested(run, WELCOME, step, "wecom.message", trigger, when)
            outcome = "accepted" if luck % 3 else "delivered"
            yield self._settled(run, WELCOME, step, "wecom.message", trigger, when + MINUTE, outcome)
        yield self._left(run, WELCOME, trigger, when + 2 * MINUTE, "goal" if luck > 8000 else "done")

    def _recipes(self, trigger: Event) -> Iterator[Event]:
        run = derive(RECIPES, trigger.id)
        when = trigger.recorded_at
        yield self._entered(run, RECIPES, trigger)
        yield self._stepped(run, RECIPES, "0", "wait", trigger, when, "0", wake_at=when + 3 * DAY)
        later = when + 3 * DAY
        if bucket(run) < 1500:
            data = {**self._decision(RECIPES, trigger, later), "run": run, "action": derive(run, "1"), "step": "1"}
            data |= {"channel": "wecom.message", "reason": "cap", "detail": "1/day"}
            yield self._event(later, "action.suppressed", run_stream(run), trigger.who, data)
        else:
            yield self._requested(run, RECIPES, "1", "wecom.message", trigger, later)
            end = "failed" if bucket(run) > 9000 else "accepted" if bucket(run) > 6000 else "delivered"
            yield self._settled(run, RECIPES, "1", "wecom.message", trigger, later + 2 * HOUR, end)
        yield self._left(run, RECIPES, trigger, later + SECOND, "done")

    def _decision(self, journey: str, trigger: Event, now: int) -> dict[str, Any]:
        return {"journey": journey, "seen_position": 1, "now": now, "engine": 1, "config_position": 1}

    def _entered(self, run: str, journey: str, trigger: Event) -> Event:
        data = self._decision(journey, trigger, trigger.recorded_at)
        data |= {"run": run, "version": 1, "subject": trigger.who[0].surrogate, "trigger_id": trigger.id}
        data |= {"trigger_type": trigger.type, "bucket": bucket(run)}
        return self._event(trigger.recorded_at, "journey.entered", run_stream(run), trigger.who, data)

    def _stepped(
        self, run: str, journey: str, step: str, kind: str, trigger: Event, when: int, following: str, **more: Any
    ) -> Event:
        data = self._decision(journey, trigger, when) | {"run": run, "step": step, "kind": kind, "next": following}
        return self._event(when, "journey.stepped", run_stream(run), trigger.who, data | more)

    def _requested(
        self, run: str, journey: str, step: str, via: str, trigger: Event, when: int, attach: tuple[str, ...] = ()
    ) -> Event:
        data = self._decision(journey, trigger, when) | {"run": run, "action": derive(run, step), "step": step}
        data |= {"channel": via, "template": "你好 {{ person.nickname | default('邻居') }}", "attach": list(attach)}
        data["trigger_id"] = trigger.id
        return self._event(when, "action.requested", run_stream(run), trigger.who, data)

    def _settled(self, run: str, journey: str, step: str, via: str, trigger: Event, when: int, outcome: str) -> Event:
        data = {"action": derive(run, step), "run": run, "journey": journey, "channel": via}
        if outcome == "failed":
            data |= {"kind": "capped", "detail": "该客户本月群发已达上限"}
        return self._event(when, f"action.{outcome}", trigger.stream, trigger.who, data, source=DELIVERY)

    def _left(self, run: str, journey: str, trigger: Event, when: int, reason: str) -> Event:
        data = self._decision(journey, trigger, when) | {"run": run, "reason": reason}
        return self._event(when, "journey.left", run_stream(run), trigger.who, data)

    def _event(
        self, when: int, kind: str, stream: str, who: Any, data: dict[str, Any], source: str = DECISIONS
    ) -> Event:
        return Event(
            id=derive(kind, when, stream, str(data)),
            source=source,
            type=kind,
            occurred_at=when,
            recorded_at=when,
            stream=stream,
            who=who,
            data=data,
        )
