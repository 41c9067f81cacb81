"""The thirty days before the evening, told line by line."""

from __future__ import annotations

from datetime import date, timedelta

from cdp.app.demo.story import days, groups, lives
from cdp.app.demo.story.cast import DAY
from cdp.app.demo.story.diary import midnight
from cdp.app.demo.story.shop import APP_ID, CAMPAIGN, WARM_UP
from cdp.app.demo.story.town import Town

DAYS = 30
MONDAY, SATURDAY = 0, 5
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
    live = lives.dragon_boat("0613", 0).id
    town.paper.line("shop", "campaign.planned", start + 10 * 3600, (), data, campaign=CAMPAIGN, live=live)


def play(town: Town, first: date) -> None:
    """Day after day; the last one ends at six in the evening, before the live."""
    end = midnight(first) + (DAYS - 1) * DAY + OPENING_HOUR * 3600
    for number in range(DAYS):
        _day(town, first + timedelta(number), number, end)


def _day(town: Town, day: date, number: int, end: int) -> None:
    start = midnight(day)
    until = min(start + DAY, end)
    warm = number >= DAYS - 4
    if warm:
        _warm_up(town, start, until, number)
    days.live_through(town, day, start, until, lively=1.3 if warm else 1.0, zongzi=0.25 if number > 20 else 0.0)
    if day.weekday() == SATURDAY and number < DAYS - 1:
        groups.post(town, start - DAY, 18.5, "promotion", "明晚八点《周末家庭聚餐》，预约不迷路")
        days.hold(town, lives.saturday(f"{day:%m%d}", start + 20 * 3600))
    yesterday = [order for order in town.orders if start - DAY <= order.placed_at < start]
    days.hand_out(town, yesterday, start, end)
    days.make_good(town, yesterday, start, until)
    if day.weekday() == MONDAY:
        pay_for_channels(town, day, start)


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
                town.expected.add(neighbour.number)


def _shopkeeper(town: Town, start: int) -> None:
    """The shopkeeper looks at his own mall, and is counted nowhere."""
    openid = {"type": "openid", "value": "oDEMOm-laowang", "scope": APP_ID}
    who = [{"type": "unionid", "value": "oDEMOu-laowang"}, openid]
    data = {"nickname": "老王", "is_staff": True}
    town.paper.line("wecom-export", "person.profile_changed", start, who, data)
    for number in range(DAYS):
        town.paper.line("mall", "mall.visited", start + number * DAY + 5 * 3600, who[1:], {"scene": "home"})


_COSTS = (("moments-ad", 42_000), ("store-poster", 9_000), ("neighbour", 12_000), ("live-saturday", 15_000))
"""Fen a week."""


def pay_for_channels(town: Town, day: date, start: int) -> None:
    """What the week that ended yesterday cost, channel by channel."""
    since, until = (day - timedelta(7)).isoformat(), (day - timedelta(1)).isoformat()
    for channel, fen in _COSTS:
        data = {"channel": channel, "fen": fen, "since": since, "until": until}
        town.paper.line("shop", "cost.recorded", start + 9 * 3600, (), data, channel=channel)
