"""A small believable shop as events: six buildings' groups, three lives, a mall, two journeys, thirty days of June 2026."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cdp.clock import DAY, HOUR, MINUTE, SECOND, day_start, local_day, to_moment
from cdp.events.event import Event, Who
from cdp.events.touchpoint import Identifier
from cdp.ids import derive
from tests.web.decisions import Decisions
from tests.web.names import BUILDINGS, PRODUCTS, name_of

TZ = "Asia/Shanghai"


def at(day: int, hour: int = 9, minute: int = 0) -> int:
    """A moment of June 2026 in the shop's zone; days before the first are in May."""
    return to_moment(datetime(2026, 6, 1, hour, minute, tzinfo=ZoneInfo(TZ))) + (day - 1) * DAY


NOW = at(20, 21, 40)
LIVES = (
    ("live-0606", 6, "六月第一场：早市开讲"),
    ("live-0613", 13, "周六大播：挑瓜的学问"),
    ("live-0617", 17, "端午家宴 · 直播"),
)


@dataclass
class Neighbour:
    """One person with the identifiers the shop has seen."""

    number: int
    who: tuple[Who, ...]
    building: int
    keen: float

    @property
    def subject(self) -> int:
        return self.who[0].surrogate


@dataclass
class Shop:
    """Everything that happened, plus what only a vault may know."""

    size: int = 140
    seed: int = 7
    events: list[Event] = field(default_factory=list)
    sealed: dict[str, str] = field(default_factory=dict)
    identifiers: dict[int, Identifier] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.neighbours = [self._neighbour(n) for n in range(self.size)]
        self._configure()
        self._groups()
        for neighbour in self.neighbours:
            self._life(neighbour)
        self._numbered()

    def happened(
        self, when: int, type: str, who: tuple[Who, ...] = (), context: dict[str, str] | None = None, /, **data: Any
    ) -> Event:
        """Something happened, if it already has at the end of the story."""
        subject = next((f"s/{w.surrogate}" for w in who), "shop")
        event = Event(
            id=derive(type, when, len(self.events)),
            source="demo",
            type=type,
            occurred_at=when,
            recorded_at=when + 2 * SECOND,
            stream=subject,
            who=who,
            data=data,
            context=context or {},
        )
        if when <= NOW:
            self.events.append(event)
        return event

    def _numbered(self) -> None:
        self.events.sort(key=lambda e: e.recorded_at)
        extra = Decisions(self).made(NOW)
        ordered = sorted(self.events + extra, key=lambda e: e.recorded_at)
        positions = {e.id: n for n, e in enumerate(ordered, start=1)}
        self.events = [_placed(e, positions) for e in ordered]

    def _surrogate(self, identifier: Identifier) -> Who:
        number = len(self.identifiers) + 1
        self.identifiers[number] = identifier
        return Who(identifier.type, identifier.scope, number)

    def seal(self, value: str) -> str:
        """Keep a value the way a vault would, and answer its reference."""
        reference = f"ref-{len(self.sealed) + 1}"
        self.sealed[reference] = value
        return reference

    def _neighbour(self, number: int) -> Neighbour:
        who = [self._surrogate(Identifier(type="wecom", scope="corp:app", value=f"wm{number:08d}"))]
        if number % 2:
            who.append(self._surrogate(Identifier(type="unionid", value=f"oU{number:08d}")))
        if number % 3 == 0:
            who.append(self._surrogate(Identifier(type="phone", value=f"138{number:04d}{number:04d}")))
        return Neighbour(number, tuple(who), number % len(BUILDINGS), self.random.random())

    def _configure(self) -> None:
        for day in range(-15, 21):
            self.happened(at(day, 0, 1), "day.closed", day=local_day(at(day - 1), TZ).isoformat())
        # The lives were paid for dearly, the group hardly at all.
        for channel, fen in (("live-duanwu", 900_000), ("group", 2_000)):
            period = {"since": "2026-05-18", "until": "2026-06-19"}
            self.happened(at(1, 8), "cost.recorded", channel=channel, fen=fen, **period)
        for live, day, title in LIVES:
            self.happened(at(day, 20), "live.started", (), {"live": live}, title=title)
            self.happened(at(day, 21, 15), "live.ended", (), {"live": live})

    def _groups(self) -> None:
        for index, building in enumerate(BUILDINGS):
            context = {"group": f"group-{index}"}
            self.happened(at(-14, 8), "group.created", (), context, name=f"{building}邻居群", building=building)
            for day in range(-13, 21):
                kind = ("knowledge", "feeling", "interaction", "promotion")[(day + index) % 4]
                self.happened(at(day, 8), "content.posted", (), context, kind=kind, title="今日菜价")

    def _life(self, person: Neighbour) -> None:
        self._profile(person)
        for day in range(-12, 21):
            self._in_group(person, day)
        for live, day, _ in LIVES:
            self._in_live(person, live, day)

    def _profile(self, person: Neighbour) -> None:
        self.happened(
            at(-13, 9) + person.number * MINUTE,
            "person.profile_changed",
            person.who,
            nickname=self.seal(name_of(person.number)),
            building=BUILDINGS[person.building],
            is_staff=person.number == 0,
        )
        self.happened(at(-13, 10) + person.number * MINUTE, "group.joined", person.who, self._group(person), scene="qr")
        if person.number % 23 == 5:
            self.happened(at(15 + person.number % 5, 12), "group.left", person.who, self._group(person), scene="left")

    def _group(self, person: Neighbour) -> dict[str, str]:
        return {"group": f"group-{person.building}"}

    def _in_group(self, person: Neighbour, day: int) -> None:
        luck = self.random.random()
        moment = at(day, 8) + self.random.randrange(12 * 60) * MINUTE
        if luck < 0.10 + 0.25 * person.keen:
            self.happened(moment, "group.link_clicked", person.who, self._group(person), url="/p/1")
        if luck < 0.12 * person.keen:
            self.happened(
                moment + MINUTE,
                "group.message_sent",
                person.who,
                self._group(person),
                text=self.seal("今天的荔枝甜吗？"),
            )
        if day % 3 == 0 and luck < 0.3 * person.keen:
            self._buy(person, moment + HOUR, {"channel": "group"})

    def _in_live(self, person: Neighbour, live: str, day: int) -> None:
        context = {"live": live}
        if self.random.random() < 0.5:
            self.happened(at(day - 2, 12), "live.reserved", person.who, context)
        if self.random.random() > 0.35 + 0.45 * person.keen:
            return
        entered = at(day, 20) + self.random.randrange(40) * MINUTE
        stay = self.random.choice((20, 50, 90, 400, 900, 1500, 2400)) * SECOND
        self.happened(entered, "live.entered", person.who, context)
        self.happened(entered + stay, "live.left", person.who, context, entered_at=entered)
        if stay >= 90 * SECOND:
            self.happened(entered + 90 * SECOND, "live.watched", person.who, context, total_seconds=90)
        if stay > 300 * SECOND:
            self._engaged(person, entered, live)

    def _engaged(self, person: Neighbour, entered: int, live: str) -> None:
        context = {"live": live, "channel": "live-duanwu"}
        if self.random.random() < 0.5:
            self.happened(entered + MINUTE, "live.liked", person.who, context, count=3)
        if self.random.random() < 0.6 and not self._is_friend(person):
            code = self.seal("welcome")
            self.happened(
                entered + 4 * MINUTE, "friend.added", person.who, context, staff="wang", add_way=1, welcome_code=code
            )
        if self.random.random() < 0.75:
            self.happened(entered + 5 * MINUTE, "mall.visited", person.who, context, page="duanwu")
        if self.random.random() < 0.5:
            self._buy(person, entered + 9 * MINUTE, context)
        if self.random.random() < 0.35:
            self._buy(person, entered + DAY + 2 * HOUR, {"channel": "mall"})

    def _is_friend(self, person: Neighbour) -> bool:
        return any(e.type == "friend.added" and e.who == person.who for e in self.events)

    def _buy(self, person: Neighbour, when: int, context: dict[str, str]) -> None:
        title, category, price = self.random.choice(PRODUCTS)
        number = f"E2026{when // SECOND}{person.number:04d}"
        who = (*person.who, self._surrogate(Identifier(type="order", value=number)))
        about = {**context, "order": number, "product": title}
        item = {"product": title, "title": title, "category": category, "quantity": 1, "amount_fen": price}
        line = {"amount_fen": price, "items": [item], "categories": [category], "pickup": True}
        self.happened(when - 3 * MINUTE, "mall.visited", person.who, context)
        self.happened(when - 2 * MINUTE, "product.viewed", person.who, about, product=title, title=title)
        self.happened(when - MINUTE, "cart.added", person.who, about, product=title, title=title, amount_fen=price)
        self.happened(when, "order.placed", who, about, **line)
        if self.random.random() < 0.88:
            self.happened(when + MINUTE, "order.paid", who, about, **line)
            self._collect(who, when, about, price)

    def _collect(self, who: tuple[Who, ...], when: int, about: dict[str, str], price: int) -> None:
        ready = day_start(local_day(when, TZ), TZ) + DAY + 8 * HOUR
        self.happened(ready, "order.ready_for_pickup", who, about, pickup_point="老王菜铺", due_at=ready + DAY)
        luck = self.random.random()
        if luck < 0.85:
            self.happened(ready + 5 * HOUR, "order.picked_up", who, about, pickup_point="老王菜铺")
        elif luck > 0.94:
            self.happened(ready + 9 * HOUR, "order.refunded", who, about, amount_fen=price, reason="坏果包赔")


def _placed(event: Event, positions: dict[str, int]) -> Event:
    data = dict(event.data)
    if (trigger := data.pop("trigger_id", None)) is not None:
        data["trigger_position"] = positions[trigger]
    return msgspec.structs.replace(event, position=positions[event.id], data=data)
