"""Sunday to Thursday: pickups, refunds, echoes in the groups, second orders, and the shopkeeper's confirmations."""

from __future__ import annotations

from datetime import date, timedelta

from cdp.app.demo.story import days, groups, history
from cdp.app.demo.story.acts import Act, Pause, StaffConfirm
from cdp.app.demo.story.cast import DAY
from cdp.app.demo.story.diary import midnight
from cdp.app.demo.story.orders import Order
from cdp.app.demo.story.shop import ECHO
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
    feast = [order for order in town.orders if order.live.startswith("duanwu")]
    for number in range(1, DAYS + 1):
        today = day + timedelta(number)
        start = midnight(today)
        until = min(start + DAY, end(day))
        _echo(town, start, number)
        days.live_through(town, today, start, until, lively=1.25 - 0.05 * number, zongzi=0.4 if number <= 2 else 0.2)
        yesterday = [order for order in town.orders if start - DAY <= order.placed_at < start]
        days.hand_out(town, yesterday, start, end(day))
        days.make_good(town, [order for order in yesterday if order not in feast], start, until)
        if today.weekday() == history.MONDAY:
            history.pay_for_channels(town, today, start)
    _take_back(town, feast, midnight(day) + DAY)
    return _with_shopkeeper(wire.acts(), day)


def _echo(town: Town, start: int, number: int) -> None:
    """The raffle, the neighbours' tables, the replay: one a day, in most of the groups."""
    kind = ("interaction", "feeling", "knowledge")[(number - 1) % 3]
    groups.post(town, start, 10.6, kind, ECHO[(number - 1) % len(ECHO)], per_group=0.7)


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
