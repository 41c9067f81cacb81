"""The same life, told by the platforms: friends and groups by WeCom, orders by the mall, the rest by HTTP."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from cdp.app.demo.story import youzan
from cdp.app.demo.story.acts import Act, HttpEvents, WecomCallback
from cdp.app.demo.story.cast import Neighbour
from cdp.app.demo.story.diary import Diary
from cdp.app.demo.story.orders import Order
from cdp.app.demo.story.shop import CORP_ID, GROUPS, STAFF

BATCH = 80
"""Events in one HTTP call."""
_MICROS = 1_000_000


class Wire:
    """Takes down acts. The platforms tell in beats: what happened since the last one comes with the next."""

    def __init__(self, rng: random.Random, diary: Diary, beats: Sequence[int]):
        self._rng, self._diary, self._beats = rng, diary, beats
        self._acts: list[Act] = []
        self._from = len(diary.lines)

    def beat(self, at: int) -> int:
        """The beat with which something that happens at `at` is told; the last one takes all the rest."""
        return self._beats[min(bisect_left(self._beats, at), len(self._beats) - 1)]

    def add(self, act: Act) -> None:
        self._acts.append(act)

    def acts(self) -> tuple[Act, ...]:
        """Everything so far, in order of its moments; WeCom first, since it waits five seconds only."""
        ranks = {"WecomCallback": 0, "HttpEvents": 1, "YouzanWebhook": 2}
        batches = list(self._batches())
        return tuple(sorted([*self._acts, *batches], key=lambda a: (a.at, ranks.get(type(a).__name__, 3))))

    def line(
        self,
        source: str,
        kind: str,
        at: int,
        who: Sequence[dict[str, str]],
        data: dict[str, Any] | None,
        **context: str,
    ) -> int:
        return self._diary.line(source, kind, at, who, data, **context)

    def friend_added(self, neighbour: Neighbour, at: int, channel: str) -> int:
        beat = self.beat(at)
        fields = self._contact("add_external_contact", neighbour, beat, State=channel)
        code = f"WELCOME-{neighbour.wecom[-12:]}"
        self.add(WecomCallback(beat * _MICROS, {**fields, "WelcomeCode": code}, self._often(0.05)))
        return beat

    def friend_removed(self, neighbour: Neighbour, at: int) -> int:
        beat = self.beat(at)
        self.add(WecomCallback(beat * _MICROS, self._contact("del_follow_user", neighbour, beat)))
        return beat

    def group_joined(self, neighbour: Neighbour, at: int) -> int:
        return self._member(neighbour, at, {"UpdateDetail": "add_member", "JoinScene": "3", "QuitScene": "0"})

    def group_left(self, neighbour: Neighbour, at: int) -> int:
        return self._member(neighbour, at, {"UpdateDetail": "del_member", "JoinScene": "0", "QuitScene": "0"})

    def order_placed(self, order: Order) -> int:
        self.add(youzan.trade("trade_TradeCreate", order, order.placed_at, self.beat(order.placed_at)))
        return order.placed_at

    def order_paid(self, order: Order, at: int) -> int:
        self.add(youzan.trade("trade_TradePaid", order, at, self.beat(at), self._often(0.06)))
        return at

    def order_cancelled(self, order: Order, at: int) -> int:
        self.add(youzan.closed(order, at, self.beat(at)))
        return at

    def order_refunded(self, order: Order, at: int, fen: int, reason: str) -> int:
        self.add(youzan.refunded(order, at, self.beat(at), fen, reason))
        return at

    def order_completed(self, order: Order, at: int) -> int:
        self.add(youzan.trade("trade_TradeSuccess", order, at, self.beat(at)))
        return at

    def live_status(self, live: str, status: int, at: int) -> int:
        """WeCom says that a live began (1) or ended (2)."""
        beat = self.beat(at)
        fields = {**_common(beat), "Event": "living_status_change", "LivingId": live, "Status": str(status)}
        self.add(WecomCallback(beat * _MICROS, {**fields, "AgentID": "1000002"}))
        return beat

    def _contact(self, change: str, neighbour: Neighbour, beat: int, **more: str) -> dict[str, Any]:
        happened = beat - self._rng.randrange(8)
        fields = {**_common(happened), "Event": "change_external_contact", "ChangeType": change}
        return {**fields, "UserID": STAFF, "ExternalUserID": neighbour.wecom, **more}

    def _member(self, neighbour: Neighbour, at: int, detail: dict[str, str]) -> int:
        beat = self.beat(at)
        fields = {**_common(beat - self._rng.randrange(8)), "Event": "change_external_chat", "ChangeType": "update"}
        members = {"MemChangeCnt": "1", "MemChangeList": {"Item": [neighbour.wecom]}}
        self.add(WecomCallback(beat * _MICROS, {**fields, "ChatId": GROUPS[neighbour.group].id, **detail, **members}))
        return beat

    def _often(self, again: float) -> int:
        """How many times the platform sends the same body: our answer got lost now and then."""
        return 2 if self._rng.random() < again else 1

    def _batches(self) -> Iterator[HttpEvents]:
        lines = sorted(self._diary.lines[self._from :], key=lambda entry: self.beat(entry[0]))
        for beat, told in groupby(lines, key=lambda entry: self.beat(entry[0])):
            events = [line for _, line in told]
            for start in range(0, len(events), BATCH):
                yield HttpEvents(beat * _MICROS, tuple(events[start : start + BATCH]), self._often(0.04))


def _common(created: int) -> dict[str, Any]:
    return {"ToUserName": CORP_ID, "FromUserName": "sys", "CreateTime": created, "MsgType": "event"}
