"""How what happens is put down: as lines of a history file, under ids that a second telling would give again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Protocol

from cdp.app.demo.story.acts import Line
from cdp.app.demo.story.cast import DAY, Neighbour
from cdp.app.demo.story.orders import Order
from cdp.app.demo.story.shop import GROUPS, STAFF, STORE

SHANGHAI = 8 * 3_600
"""China keeps one time all year round."""


class Recorder(Protocol):
    """Takes down what happens; one writes a history file, the other lets the platforms tell it.

    Every method answers when it is known to have happened, in seconds: a platform tells in beats.
    """

    def line(
        self,
        source: str,
        kind: str,
        at: int,
        who: Sequence[dict[str, str]],
        data: dict[str, Any] | None,
        **context: str,
    ) -> int: ...
    def friend_added(self, neighbour: Neighbour, at: int, channel: str) -> int: ...
    def friend_removed(self, neighbour: Neighbour, at: int) -> int: ...
    def group_joined(self, neighbour: Neighbour, at: int) -> int: ...
    def group_left(self, neighbour: Neighbour, at: int) -> int: ...
    def order_placed(self, order: Order) -> int: ...
    def order_paid(self, order: Order, at: int) -> int: ...
    def order_cancelled(self, order: Order, at: int) -> int: ...
    def order_refunded(self, order: Order, at: int, fen: int, reason: str) -> int: ...
    def order_completed(self, order: Order, at: int) -> int: ...


class Diary:
    """The history: one line an event, everything the way an export of the shop's old tools would give it."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, Line]] = []
        self._counts: Counter[str] = Counter()

    def line(
        self,
        source: str,
        kind: str,
        at: int,
        who: Sequence[dict[str, str]],
        data: dict[str, Any] | None,
        **context: str,
    ) -> int:
        self._counts[source] += 1
        entry: Line = {
            "id": f"{source}-{self._counts[source]:06d}",
            "source": source,
            "type": kind,
            "occurred_at": rfc3339(at),
            "who": list(who),
            "data": data or {},
        }
        if context:
            entry["context"] = context
        self.lines.append((at, entry))
        return at

    def friend_added(self, neighbour: Neighbour, at: int, channel: str) -> int:
        data = {"staff": STAFF, "state": channel}
        return self.line("wecom-export", "friend.added", at, neighbour.in_group(), data, channel=channel, staff=STAFF)

    def friend_removed(self, neighbour: Neighbour, at: int) -> int:
        data = {"staff": STAFF, "by": "customer"}
        return self.line("wecom-export", "friend.removed", at, neighbour.contact(), data, staff=STAFF)

    def group_joined(self, neighbour: Neighbour, at: int) -> int:
        scene = ("qr", "invited", "link")[neighbour.number % 3]
        group = GROUPS[neighbour.group].id
        return self.line("wecom-export", "group.joined", at, neighbour.in_group(), {"scene": scene}, group=group)

    def group_left(self, neighbour: Neighbour, at: int) -> int:
        group = GROUPS[neighbour.group].id
        return self.line("wecom-export", "group.left", at, neighbour.contact(), {"scene": "left"}, group=group)

    def order_placed(self, order: Order) -> int:
        return self._order("order.placed", order, order.placed_at, _goods(order))

    def order_paid(self, order: Order, at: int) -> int:
        return self._order("order.paid", order, at, _goods(order))

    def order_cancelled(self, order: Order, at: int) -> int:
        return self.line("youzan-export", "order.cancelled", at, (), {"reason": "超时未付款"}, order=order.id)

    def order_refunded(self, order: Order, at: int, fen: int, reason: str) -> int:
        data = {"amount_fen": fen, "refund": f"R{order.id[1:]}", "reason": reason}
        return self.line("youzan-export", "order.refunded", at, (), data, order=order.id)

    def order_completed(self, order: Order, at: int) -> int:
        return self.line("youzan-export", "order.completed", at, (), {"by": "auto"}, order=order.id)

    def _order(self, kind: str, order: Order, at: int, data: dict[str, Any]) -> int:
        context = {"order": order.id, "store": STORE, **({"live": order.live} if order.live else {})}
        return self.line("youzan-export", kind, at, order.buyer.as_buyer(), data, **context)


def rfc3339(seconds: int) -> str:
    """The time in the shop's zone: `2026-06-13T20:00:00+08:00`."""
    days, rest = divmod(seconds + SHANGHAI, DAY)
    return f"{_date(days)}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}+08:00"


def midnight(day: date) -> int:
    """The first second of a day in the shop's zone."""
    return (day - date(1970, 1, 1)).days * DAY - SHANGHAI


_DATES: dict[int, str] = {}


def _date(days: int) -> str:
    if days not in _DATES:
        _DATES[days] = (date(1970, 1, 1) + timedelta(days)).isoformat()
    return _DATES[days]


def _goods(order: Order) -> dict[str, Any]:
    items = [
        {
            "product": product.id,
            "title": product.title,
            "category": product.category,
            "quantity": quantity,
            "amount_fen": product.fen * quantity,
        }
        for product, quantity in order.items
    ]
    return {
        "amount_fen": order.fen,
        "items": items,
        "categories": sorted({product.category for product, _ in order.items}),
        "pickup": order.pickup,
    }
