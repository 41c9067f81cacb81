"""An ordinary day: the market live at six, posts and chatter in the groups, the mall, and yesterday's orders handed out."""

from __future__ import annotations

from datetime import date

from cdp.app.demo.story import groups, lives
from cdp.app.demo.story.cast import DAY, Neighbour
from cdp.app.demo.story.lives import Live
from cdp.app.demo.story.mall import look_into_cart, shop_for, visit
from cdp.app.demo.story.orders import Order, basket, early_zongzi
from cdp.app.demo.story.shop import EVERYDAY, PICKUP_POINT, STAFF, STORE
from cdp.app.demo.story.town import Town

_SHOPPING_HOURS = (8, 9, 11, 12, 17, 18, 19, 20, 21)


def live_through(town: Town, day: date, start: int, until: int, *, lively: float, zongzi: float) -> None:
    """What happens on any day up to `until`; `zongzi` is the share of orders with zongzi in them."""
    groups.write_the_day(town, start, until)
    groups.live_the_day(town, start, until, lively=lively)
    hold(town, lives.morning(f"{day:%m%d}", start + 6 * 3600))
    _browse(town, start, until, zongzi)


def announce(town: Town, live: Live, at: int) -> None:
    """A live gets its place in the calendar."""
    data = {"title": live.title, "starts_at": live.starts_at * 1_000_000}
    town.paper.line("live", "live.scheduled", at, (), data, live=live.id)


def hold(town: Town, live: Live) -> None:
    """A live that the mini-program tells of, from its announcement to its end."""
    announce(town, live, live.starts_at - 3 * 3600)
    town.paper.line("live", "live.started", live.starts_at, (), {"title": live.title}, live=live.id)
    if live.id.startswith("morning"):
        lives.hold(town, live, _early_riser)
    else:
        gather(town, live, 0.02, 0.14)
    town.paper.line("live", "live.ended", live.ends_at, (), None, live=live.id)


def gather(town: Town, live: Live, by_chance: float, keen: float) -> None:
    """An evening live: the link stands in every group, who opened it or has reserved mostly comes, others by chance."""
    _call_in(town, live)
    expected = frozenset(town.expected)
    town.expected.clear()
    lives.hold(town, live, lambda n: 0.64 if n.number in expected else by_chance + keen * n.keen)


def _call_in(town: Town, live: Live) -> None:
    for neighbour in town.people:
        if town.in_group(neighbour, live.starts_at) and town.chance(0.46 * neighbour.keen):
            groups.click(town, neighbour, live.starts_at - town.rng.randrange(60, 4_200), live.id)
            town.expected.add(neighbour.number)


def hand_out(town: Town, orders: list[Order], start: int, end: int) -> None:
    """On the day that begins at `start`, orders are made ready and picked up, or brought; one walk for all of one's own.

    What would happen after `end` is not told.
    """
    walks: dict[int, int] = {}
    for order in orders:
        if order.pickup:
            _make_ready(town, order, start)
            walk = walks.setdefault(order.buyer.number, _walk(town, start))
            if walk < end:
                _pick_up(town, order, walk)
        elif start + 15 * 3600 < end:
            town.paper.line("shop", "order.shipped", start + 10 * 3600, (), None, order=order.id, store=STORE)
            town.paper.order_completed(order, start + 15 * 3600)


def make_good(town: Town, orders: list[Order], start: int, until: int) -> None:
    """Now and then a peach was bad (坏果包赔), or somebody thought better of it; the refund names the order alone."""
    for order in orders:
        if town.chance(0.045) and start + 17 * 3600 < until:
            whole = town.chance(0.5)
            fen = order.fen if whole else order.items[0][0].fen
            town.paper.order_refunded(order, start + 17 * 3600, fen, "不想要了" if whole else "坏果包赔")


def _make_ready(town: Town, order: Order, start: int) -> None:
    ready = start + 7 * 3600 + town.rng.randrange(3_000)
    due = {"pickup_point": PICKUP_POINT, "due_at": (start + 20 * 3600) * 1_000_000}
    town.paper.line("shop", "order.ready_for_pickup", ready, (), due, order=order.id, store=STORE)


def _walk(town: Town, start: int) -> int:
    """When the neighbour comes by: today mostly, tomorrow sometimes, and a few forget."""
    day = town.rng.choices((0, 1, 1_000), (91, 6, 3))[0]
    return start + day * DAY + town.rng.randrange(int(8.5 * 3600), 19 * 3600)


def _pick_up(town: Town, order: Order, at: int) -> None:
    done = {"pickup_point": PICKUP_POINT, "staff": STAFF}
    town.paper.line("shop", "order.picked_up", at, (), done, order=order.id, store=STORE)
    town.paper.order_completed(order, at + 5)


def _early_riser(neighbour: Neighbour) -> float:
    return 0.26 if neighbour.early else 0.008


def _browse(town: Town, start: int, until: int, zongzi: float) -> None:
    """Visits to the mall, carts and orders among them."""
    for neighbour in town.people:
        regular = neighbour.number in town.regulars
        if not town.chance(0.012 + 0.10 * neighbour.keen + 0.09 * regular):
            continue
        at = start + town.rng.choice(_SHOPPING_HOURS) * 3600 + town.rng.randrange(3600)
        if at >= until - 3600:
            continue
        visit(town, neighbour, at, scene="home")
        if town.chance((0.75 if regular else 0.32) * (1.1 - neighbour.frugal)):
            wants = early_zongzi if town.chance(zongzi) else basket
            shop_for(town, neighbour, at + 90, wants(town.rng))
        elif town.chance(0.2):
            look_into_cart(town, neighbour, at + 60, town.rng.choice(EVERYDAY))
