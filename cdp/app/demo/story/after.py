"""Sunday to Thursday: pickups, refunds, echoes in the groups, second orders, and the shopkeeper's confirmations."""

from __future__ import annotations

from datetime import date

from cdp.app.demo.story import groups
from cdp.app.demo.story.acts import Act, Pause, StaffConfirm
from cdp.app.demo.story.cast import DAY, Neighbour
from cdp.app.demo.story.diary import midnight
from cdp.app.demo.story.mall import shop_for, visit
from cdp.app.demo.story.orders import Order, basket, early_zongzi
from cdp.app.demo.story.shop import ECHO, PICKUP_POINT, STAFF, STORE
from cdp.app.demo.story.town import Town
from cdp.app.demo.story.wire import Wire

DAYS = 5
"""Days after the evening; the last one ends at noon."""
_MICROS = 1_000_000
_TEA_BREAK = 10 * 3600 + 1_800
_HOURS = (7, 9, 11, 13, 16, 18, 20, 22)


def beats(day: date) -> list[int]:
    """Eight times a day the shop's tools report; `day` is the day of the live."""
    start = midnight(day)
    moments = [start + number * DAY + hour * 3600 for number in range(1, DAYS + 1) for hour in _HOURS]
    return [at for at in moments if at <= end(day)]


def end(day: date) -> int:
    """When the story ends, in seconds."""
    return midnight(day) + DAYS * DAY + 13 * 3600


def play(town: Town, wire: Wire, day: date) -> tuple[Act, ...]:
    """The days after; `town` goes on from where the evening left it."""
    sold = list(town.orders)
    for number in range(1, DAYS + 1):
        start = midnight(day) + number * DAY
        _write(town, start, number)
        _talk(town, start, end(day), number)
        _come_back(town, start, end(day), zongzi=0.4 if number <= 2 else 0.15)
    _hand_out(town, [o for o in sold if o.placed_at >= midnight(day)], midnight(day) + DAY)
    _take_back(town, [o for o in sold if o.live.startswith("duanwu")], midnight(day) + DAY)
    return _with_shopkeeper(wire.acts(), day)


def _write(town: Town, start: int, number: int) -> None:
    title = ECHO[(number - 1) % len(ECHO)]
    groups.post(town, start, 10.6, ("interaction", "feeling", "knowledge")[(number - 1) % 3], title, per_group=0.7)


def _talk(town: Town, start: int, until: int, number: int) -> None:
    """The echo of the evening dies away; the story tells the liveliest voices only."""
    for neighbour in town.people:
        if town.in_group(neighbour, start) and town.chance(0.08 * neighbour.keen / number):
            at = start + town.rng.randrange(9 * 3600, 21 * 3600)
            if at < until:
                _speak(town, neighbour, at)


def _speak(town: Town, neighbour: Neighbour, at: int) -> None:
    if town.chance(0.5):
        groups.click(town, neighbour, at, "echo")
    else:
        groups.speak(town, neighbour, at)


def _come_back(town: Town, start: int, until: int, zongzi: float) -> None:
    """Second orders, and first ones of those who slept on it."""
    for neighbour in town.people:
        if town.chance(0.003 + 0.012 * neighbour.keen + 0.065 * (neighbour.number in town.regulars)):
            at = start + town.rng.randrange(8 * 3600, 21 * 3600)
            if at < until - 3600:
                visit(town, neighbour, at, scene="home")
                if town.chance(0.9 * (1.15 - neighbour.frugal)):
                    wants = early_zongzi if town.chance(zongzi) else basket
                    shop_for(town, neighbour, at + 90, wants(town.rng))


def _hand_out(town: Town, orders: list[Order], sunday: int) -> None:
    """Sunday is pickup day: nearly everybody comes by and has a chat."""
    for order in orders:
        if not order.pickup:
            town.paper.line("shop", "order.shipped", sunday + 10 * 3600, (), None, order=order.id, store=STORE)
            continue
        ready = sunday + 7 * 3600 + town.rng.randrange(3_000)
        due = {"pickup_point": PICKUP_POINT, "due_at": (sunday + 20 * 3600) * _MICROS}
        town.paper.line("shop", "order.ready_for_pickup", ready, (), due, order=order.id, store=STORE)
        comes = sunday + town.rng.randrange(int(8.5 * 3600), 19 * 3600)
        if town.chance(0.95):
            done = {"pickup_point": PICKUP_POINT, "staff": STAFF}
            town.paper.line("shop", "order.picked_up", comes, (), done, order=order.id, store=STORE)
            if town.chance(0.5):
                town.paper.order_completed(order, comes + 5)


def _take_back(town: Town, orders: list[Order], sunday: int) -> None:
    """Some get their money back; the mall names the order and nobody."""
    for order in orders:
        if town.chance(0.08):
            at = sunday + town.rng.randrange(9 * 3600, 40 * 3600)
            town.paper.order_refunded(order, at, order.fen, "临时不在家过节")


def _with_shopkeeper(acts: tuple[Act, ...], day: date) -> tuple[Act, ...]:
    """Now and then he opens WeCom and confirms; the last pause lets the results come home."""
    start = midnight(day)
    confirms: list[Act] = [StaffConfirm((start + number * DAY + _TEA_BREAK) * _MICROS) for number in (1, 2, 4, 5)]
    return tuple(sorted([*acts, *confirms, Pause(end(day) * _MICROS)], key=lambda act: act.at))
