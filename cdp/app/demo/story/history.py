"""The thirty days before the evening, told line by line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from cdp.app.demo.story import groups, lives
from cdp.app.demo.story.cast import DAY, Neighbour
from cdp.app.demo.story.diary import midnight
from cdp.app.demo.story.mall import look_into_cart, shop_for, visit
from cdp.app.demo.story.orders import Order, basket, early_zongzi
from cdp.app.demo.story.shop import APP_ID, CAMPAIGN, EVERYDAY, PICKUP_POINT, STAFF, STORE, WARM_UP
from cdp.app.demo.story.town import Town

DAYS = 30
SATURDAY = 5
OPENING_HOUR = 18


def before(town: Town, first: date) -> None:
    """What was there already on the first day: groups, members, friends, the plan."""
    start = midnight(first)
    groups.found(town, start - 320 * DAY)
    for neighbour in town.people:
        if neighbour.joined_at < start:
            groups.arrive(town, neighbour, neighbour.joined_at)
        if neighbour.friend_at is not None and neighbour.friend_at < start:
            town.befriend(neighbour, neighbour.friend_at, neighbour.origin)
    _shopkeeper(town, start)
    t_date = (first + timedelta(DAYS - 1)).isoformat()
    data = {"name": "端午家宴", "t_date": t_date}
    town.paper.line("shop", "campaign.planned", start + 10 * 3600, (), data, campaign=CAMPAIGN)


def play(town: Town, first: date) -> None:
    """Day after day; the last one ends at six in the evening, before the live."""
    for number in range(DAYS):
        day = first + timedelta(number)
        start = midnight(day)
        until = start + (OPENING_HOUR * 3600 if number == DAYS - 1 else DAY)
        _day(town, day, start, until, number)


def _day(town: Town, day: date, start: int, until: int, number: int) -> None:
    groups.write_the_day(town, start)
    if number >= DAYS - 4:
        _warm_up(town, start, until, number)
    groups.live_the_day(town, start, until, lively=1.35 if number >= DAYS - 4 else 1.0)
    _hold(town, lives.morning(f"{day:%m%d}", start + 6 * 3600), _early_riser)
    _browse(town, start, until, number)
    if day.weekday() == SATURDAY and number < DAYS - 1:
        groups.post(town, start - DAY, 18.5, "promotion", "明晚八点《周末家庭聚餐》,预约不迷路")
        _hold(town, lives.saturday(f"{day:%m%d}", start + 20 * 3600), _saturday_viewer)
    _fulfil(town, start, until)
    if day.weekday() == 0:
        _pay_for_channels(town, day, start)


def _hold(town: Town, live: lives.Live, comes: Callable[[Neighbour], float]) -> None:
    announce(town, live, live.starts_at - 20 * 3600)
    town.paper.line("live", "live.started", live.starts_at, (), {"title": live.title}, live=live.id)
    for neighbour in town.people:
        if live.minutes > 30 and town.in_group(neighbour, live.starts_at) and town.chance(0.42 * neighbour.keen):
            groups.click(town, neighbour, live.starts_at - town.rng.randrange(60, 5400), live.id)
    lives.hold(town, live, comes)
    town.paper.line("live", "live.ended", live.ends_at, (), None, live=live.id)


def announce(town: Town, live: lives.Live, at: int) -> None:
    """A live gets its place in the calendar."""
    data = {"title": live.title, "starts_at": live.starts_at * 1_000_000}
    town.paper.line("live", "live.scheduled", at, (), data, live=live.id)


def _early_riser(neighbour: Neighbour) -> float:
    return 0.26 if neighbour.early else 0.008


def _saturday_viewer(neighbour: Neighbour) -> float:
    return 0.02 + 0.42 * neighbour.keen


def _warm_up(town: Town, start: int, until: int, number: int) -> None:
    """Three days before: a question, a poster, reservations."""
    live = lives.dragon_boat("0613", 0)
    title = WARM_UP[(number - (DAYS - 4)) % len(WARM_UP)]
    groups.post(town, start, 12.5, "interaction" if number == DAYS - 4 else "promotion", title)
    for neighbour in town.people:
        if not town.in_group(neighbour, start) or not town.chance(0.16 * neighbour.keen):
            continue
        at = start + town.rng.randrange(45_200, 64_000)
        if at < until:
            groups.click(town, neighbour, at, live.id)
            if town.chance(0.5):
                town.open_app(neighbour, at + 15)
                town.paper.line("live", "live.reserved", at + 20, town.in_app(neighbour), None, live=live.id)


def _browse(town: Town, start: int, until: int, number: int) -> None:
    """Visits to the mall on an ordinary day, carts and orders among them."""
    for neighbour in town.people:
        regular = neighbour.number in town.regulars
        if not town.chance(0.012 + 0.10 * neighbour.keen + 0.09 * regular):
            continue
        at = start + town.rng.choice((8, 9, 11, 12, 17, 18, 19, 20, 21)) * 3600 + town.rng.randrange(3600)
        if at >= until - 3600:
            continue
        visit(town, neighbour, at, scene="home")
        if town.chance((0.75 if regular else 0.32) * (1.1 - neighbour.frugal)):
            zongzi = number > 20 and town.chance(0.25)
            shop_for(town, neighbour, at + 90, early_zongzi(town.rng) if zongzi else basket(town.rng))
        elif town.chance(0.2):
            look_into_cart(town, neighbour, at + 60, town.rng.choice(EVERYDAY))


def _fulfil(town: Town, start: int, until: int) -> None:
    """Today the orders of yesterday are handed out."""
    for order in [o for o in town.orders if start - DAY <= o.placed_at < start]:
        if order.pickup:
            _hand_out(town, order, start, until)
        elif start + 10 * 3600 < until:
            town.paper.line("shop", "order.shipped", start + 10 * 3600, (), None, order=order.id, store=STORE)
            town.paper.order_completed(order, start + 15 * 3600)
        if town.chance(0.045) and start + 17 * 3600 < until:
            whole = town.chance(0.5)
            fen = order.fen if whole else order.items[0][0].fen
            town.paper.order_refunded(order, start + 17 * 3600, fen, "不想要了" if whole else "坏果包赔")


def _hand_out(town: Town, order: Order, start: int, until: int) -> None:
    ready = start + 8 * 3600 + town.rng.randrange(1800)
    due = {"pickup_point": PICKUP_POINT, "due_at": (start + 20 * 3600) * 1_000_000}
    town.paper.line("shop", "order.ready_for_pickup", ready, (), due, order=order.id, store=STORE)
    comes = ready + town.rng.randrange(1800, 36_000) + (DAY if town.chance(0.06) else 0)
    if town.chance(0.97) and comes < until:
        done = {"pickup_point": PICKUP_POINT, "staff": STAFF}
        town.paper.line("shop", "order.picked_up", comes, (), done, order=order.id, store=STORE)
        town.paper.order_completed(order, comes + 5)


def _shopkeeper(town: Town, start: int) -> None:
    """The shopkeeper looks at his own mall, and is counted nowhere."""
    openid = {"type": "openid", "value": "oDEMOm-laowang", "scope": APP_ID}
    who = [{"type": "unionid", "value": "oDEMOu-laowang"}, openid]
    data = {"nickname": "老王", "is_staff": True}
    town.paper.line("wecom-export", "person.profile_changed", start, who, data)
    for number in range(DAYS):
        town.paper.line("mall", "mall.visited", start + number * DAY + 5 * 3600, who[1:], {"scene": "home"})


_COSTS = (("moments-ad", 42_000), ("store-poster", 9_000), ("neighbour", 12_000), ("live-saturday", 15_000))


def _pay_for_channels(town: Town, day: date, start: int) -> None:
    """What the week that ended yesterday cost, channel by channel."""
    since, until = (day - timedelta(7)).isoformat(), (day - timedelta(1)).isoformat()
    for channel, fen in _COSTS:
        data = {"channel": channel, "fen": fen, "since": since, "until": until}
        town.paper.line("shop", "cost.recorded", start + 9 * 3600, (), data, channel=channel)
