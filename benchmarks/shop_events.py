"""What the persons of `shop_history` do, one event after the other.

Texts are put together by hand, as `cdp.codec` would encode them: ten million of them are made in a minute.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from cdp.clock import DAY, HOUR, SECOND, day_start

ZONE = "Asia/Shanghai"
FIRST_DAY = date(2024, 1, 1)
PRODUCTS = 200
PER_PERSON = 10
GROUP_SIZE = 400
LIVE_FROM, LIVE_UNTIL = 19 * HOUR, 21 * HOUR


@dataclass(frozen=True)
class Shop:
    """How large the history is."""

    events: int
    days: int

    @property
    def persons(self) -> int:
        return max(self.events // PER_PERSON, 1)

    @property
    def groups(self) -> int:
        return max(self.persons // GROUP_SIZE, 5)

    @property
    def start(self) -> int:
        return day_start(FIRST_DAY, ZONE)


Told = tuple[str, str, bytes]
"""type, stream, state"""


class Writing:
    """Writes what happens in a shop; the same seed writes the same."""

    def __init__(self, shop: Shop, seed: int = 7) -> None:
        self.shop = shop
        self.dice = random.Random(seed)
        self.placed: deque[tuple[int, int]] = deque(maxlen=2000)
        """Number and person of orders that were placed and not paid yet."""
        self.paid: deque[tuple[int, int]] = deque(maxlen=5000)

    def of_person(self, person: int, position: int, at: int) -> Iterator[Told]:
        """One thing that a person did, or what follows from it: at least one event."""
        choice, low = self.dice.random() * 100, 0.0
        for weight, writer in _MIX:
            low += weight
            if choice < low:
                return writer(self, person, position, at)
        return self._visited(person, position, at)

    def order_id(self, number: int) -> str:
        """What the mall calls an order: as malls do, the day and a number."""
        return f"E{FIRST_DAY + timedelta(days=number * self.shop.days // self.shop.events):%Y%m%d}{number}"

    # --- in the live ---------------------------------------------------------------------------------------------

    def _in_live(self, kind: str, person: int, position: int, at: int, data: str = "") -> Iterator[Told]:
        # What happens in a live happens in the evening, whenever it is told.
        day = (at - self.shop.start) // DAY
        evening = self.shop.start + day * DAY + LIVE_FROM
        at = evening + (at - evening) % (LIVE_UNTIL - LIVE_FROM)
        place = f'{{"live":"live-{day}","channel":"ch-{person % 8}"}}'
        yield told(kind, f"s/{wecom(person)}", position, at, _wecom(person), data, place)

    def _entered(self, person: int, position: int, at: int) -> Iterator[Told]:
        return self._in_live("live.entered", person, position, at)

    def _left(self, person: int, position: int, at: int) -> Iterator[Told]:
        return self._in_live("live.left", person, position, at)

    def _watched(self, person: int, position: int, at: int) -> Iterator[Told]:
        return self._in_live("live.watched", person, position, at, f'{{"total_seconds":{self.dice.randrange(3000)}}}')

    def _liked(self, person: int, position: int, at: int) -> Iterator[Told]:
        return self._in_live("live.liked", person, position, at, '{"count":3}')

    def _commented(self, person: int, position: int, at: int) -> Iterator[Told]:
        return self._in_live("live.commented", person, position, at)

    def _reserved(self, person: int, position: int, at: int) -> Iterator[Told]:
        return self._in_live("live.reserved", person, position, at)

    # --- in groups and in WeCom ----------------------------------------------------------------------------------

    def _in_group(self, kind: str, person: int, position: int, at: int, data: str = "") -> Iterator[Told]:
        place = f'{{"group":"g{person % self.shop.groups}"}}'
        yield told(kind, f"s/{wecom(person)}", position, at, _wecom(person), data, place)

    def _clicked(self, person: int, position: int, at: int) -> Iterator[Told]:
        return self._in_group("group.link_clicked", person, position, at)

    def _wrote(self, person: int, position: int, at: int) -> Iterator[Told]:
        return self._in_group("group.message_sent", person, position, at)

    def _joined(self, person: int, position: int, at: int) -> Iterator[Told]:
        return self._in_group("group.joined", person, position, at)

    def _checked_in(self, person: int, position: int, at: int) -> Iterator[Told]:
        return self._in_group("group.checked_in", person, position, at)

    def _gone(self, person: int, position: int, at: int) -> Iterator[Told]:
        return self._in_group("group.left", person, position, at, '{"scene":"left"}')

    def _added(self, person: int, position: int, at: int) -> Iterator[Told]:
        data = f'{{"staff":"wang","state":"ch-{person % 8}"}}'
        who = f"{_wecom(person)},{_unionid(person)}"
        yield told(
            "friend.added",
            f"s/{unionid(person)}",
            position,
            at,
            who,
            data,
            f'{{"channel":"ch-{person % 8}","staff":"wang"}}',
        )

    def _removed(self, person: int, position: int, at: int) -> Iterator[Told]:
        yield told(
            "friend.removed", f"s/{wecom(person)}", position, at, _wecom(person), '{"staff":"wang","by":"customer"}'
        )

    def _told_of(self, person: int, position: int, at: int) -> Iterator[Told]:
        data = f'{{"name":"v{person}","building":"{person % 60}栋"}}'
        yield told("person.profile_changed", f"s/{wecom(person)}", position, at, _wecom(person), data)

    def _tagged(self, person: int, position: int, at: int) -> Iterator[Told]:
        data = f'{{"tag":"t{self.dice.randrange(12)}","by":"staff"}}'
        yield told("tag.added", f"s/{wecom(person)}", position, at, _wecom(person), data)

    def _visited(self, person: int, position: int, at: int) -> Iterator[Told]:
        yield told(
            "mall.visited",
            f"s/{openid(person)}",
            position,
            at,
            _openid(person),
            '{"page":"home"}',
            '{"store":"caichang"}',
        )

    def _viewed(self, person: int, position: int, at: int) -> Iterator[Told]:
        n = self.dice.randrange(PRODUCTS)
        data = f'{{"product":"p{n}","title":"商品{n}","category":"品类{n % 9}","price_fen":{500 + 10 * n}}}'
        yield told("product.viewed", f"s/{openid(person)}", position, at, _openid(person), data, '{"store":"caichang"}')

    def _carted(self, person: int, position: int, at: int) -> Iterator[Told]:
        n = self.dice.randrange(PRODUCTS)
        data = (
            f'{{"product":"p{n}","title":"商品{n}","category":"品类{n % 9}","quantity":1,"amount_fen":{500 + 10 * n}}}'
        )
        yield told("cart.added", f"s/{openid(person)}", position, at, _openid(person), data, '{"store":"caichang"}')

    def _placed(self, person: int, position: int, at: int) -> Iterator[Told]:
        self.placed.append((position, person))
        one, two = self.dice.randrange(PRODUCTS), self.dice.randrange(PRODUCTS)
        lines = ",".join(
            f'{{"product":"p{n}","title":"商品{n}","category":"品类{n % 9}","quantity":1,"amount_fen":{500 + 10 * n}}}'
            for n in (one, two)
        )
        data = f'{{"amount_fen":{1000 + 10 * (one + two)},"items":[{lines}],"pickup":true}}'
        who = f"{_openid(person)},{self._order(position)}"
        place = f'{{"order":"{self.order_id(position)}","store":"caichang","channel":"ch-{person % 8}"}}'
        yield told("order.placed", f"s/{openid(person)}", position, at, who, data, place)

    def _paid_for(self, person: int, position: int, at: int) -> Iterator[Told]:
        if not self.placed:
            yield from self._placed(person, position, at)
            return
        number, buyer = self.placed.popleft()
        self.paid.append((number, buyer))
        who = f"{_openid(buyer)},{_unionid(buyer)},{self._order(number)}"
        yield told(
            "order.paid",
            f"s/{unionid(buyer)}",
            position,
            at,
            who,
            f'{{"amount_fen":{1000 + 10 * (number % 300)}}}',
            f'{{"order":"{self.order_id(number)}"}}',
        )

    def _of_order(self, kind: str, person: int, position: int, at: int, data: str = "") -> Iterator[Told]:
        if not self.paid:
            yield from self._placed(person, position, at)
            return
        number, _ = self.paid[self.dice.randrange(len(self.paid))]
        yield told(
            kind,
            f"s/{self._surrogate(number)}",
            position,
            at,
            self._order(number),
            data,
            f'{{"order":"{self.order_id(number)}"}}',
        )

    def _ready(self, person: int, position: int, at: int) -> Iterator[Told]:
        return self._of_order("order.ready_for_pickup", person, position, at, f'{{"due_at":{at + DAY}}}')

    def _picked_up(self, person: int, position: int, at: int) -> Iterator[Told]:
        return self._of_order("order.picked_up", person, position, at)

    def _refunded(self, person: int, position: int, at: int) -> Iterator[Told]:
        return self._of_order("order.refunded", person, position, at, f'{{"amount_fen":500,"refund":"r{position}"}}')

    def _coupon(self, person: int, position: int, at: int) -> Iterator[Told]:
        data = f'{{"coupon":"c{position}","template":"zongzi-10","value_fen":1000}}'
        yield told("coupon.issued", f"s/{openid(person)}", position, at, _openid(person), data)

    def _order(self, number: int) -> str:
        return f'["order","",{self._surrogate(number)},"actor"]'

    def _surrogate(self, number: int) -> int:
        return 3 * self.shop.persons + number

    # --- journeys ------------------------------------------------------------------------------------------------

    def _travelled(self, person: int, position: int, at: int) -> Iterator[Told]:
        run, who = f"r{position}", _wecom(person)
        stream, base = f"run/{run}", f'"journey":"welcome","run":"{run}"'
        action = f'{base},"action":"a{position}","channel":"wecom.message"'
        steps = (
            ("journey.entered", f'{{{base},"version":1,"trigger_type":"friend.added","trigger_position":{position}}}'),
            ("journey.stepped", f'{{{base},"step":"0","kind":"send","next":"1"}}'),
            ("action.requested", f'{{{action},"step":"0"}}'),
            ("action.attempted", f"{{{action}}}"),
            ("action.delivered", f"{{{action}}}"),
            ("journey.left", f'{{{base},"reason":"done"}}'),
        )
        for n, (kind, data) in enumerate(steps):
            source = "outbox" if kind in ("action.attempted", "action.delivered") else "journeys"
            place = stream if source == "journeys" else f"s/{wecom(person)}"
            yield told(kind, place, position + n, at + n * SECOND, who, data, source=source)


_MIX = (
    (9, Writing._clicked), (10, Writing._entered), (6, Writing._left), (4, Writing._watched), (8, Writing._liked),
    (2, Writing._commented), (2, Writing._reserved), (4, Writing._added), (0.3, Writing._removed),
    (2, Writing._told_of), (1, Writing._tagged), (13, Writing._visited), (12, Writing._viewed), (4, Writing._carted),
    (4.5, Writing._placed), (4, Writing._paid_for), (2, Writing._ready), (2, Writing._picked_up), (0.3, Writing._refunded),
    (0.5, Writing._coupon), (6, Writing._wrote), (2, Writing._joined), (0.8, Writing._checked_in), (0.4, Writing._gone),
    (0.8, Writing._travelled),
)  # fmt: skip
"""How many in a hundred do what."""


def wecom(person: int) -> int:
    """The surrogate of a person's WeCom id."""
    return 3 * person + 1


def openid(person: int) -> int:
    """The surrogate of a person's openid."""
    return 3 * person + 2


def unionid(person: int) -> int:
    """The surrogate of a person's unionid."""
    return 3 * person + 3


def _wecom(person: int) -> str:
    return f'["wecom","ww1a2b3c:1000002",{3 * person + 1},"actor"]'


def _openid(person: int) -> str:
    return f'["openid","wx1234567890abcdef",{3 * person + 2},"actor"]'


def _unionid(person: int) -> str:
    return f'["unionid","",{3 * person + 3},"actor"]'


def told(
    kind: str, stream: str, number: int, at: int, who: str, data: str = "", context: str = "", source: str = "youzan"
) -> Told:
    """One event: `number` makes its id, `who` and the rest are JSON without their outer brackets."""
    parts = f'{{"i":"{number:019d}","s":"{source}","o":{at},"r":{at}'
    parts += f',"w":[{who}]' if who else ""
    parts += f',"d":{data}' if data else ""
    parts += f',"c":{context}' if context else ""
    return kind, stream, (parts + "}").encode()
