"""A week of a small shop, small enough that every figure of it can be worked out by hand. Monday the 15th to Sunday the 21st."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from cdp.events.event import Event
from projections.periods import Period
from tests.projections.tables import at, did

WEEK = Period(date(2026, 6, 15), date(2026, 6, 21))
STAFF = 99
A, B, C = {"live": "a"}, {"live": "b"}, {"live": "c"}
G1, G2 = {"group": "g1"}, {"group": "g2"}


def on(number: int) -> str:
    """A day of that June."""
    return f"2026-06-{number:02}"


def people() -> Iterator[Event]:
    """1 and 2 live in 3栋, 3 in 5栋; 1 came by a poster and was a friend before the week. 99 is staff."""
    yield did("person.profile_changed", "08:00", STAFF, day=on(1), data={"is_staff": True})
    for who, building in ((1, "3栋"), (2, "3栋"), (3, "5栋")):
        yield did("person.profile_changed", "08:00", who, day=on(1), data={"building": building})
    yield did("friend.added", "09:00", 1, day=on(1), data={"staff": "wang"}, channel="poster")
    yield did("friend.added", "20:30", 2, day=on(18), data={"staff": "wang"}, channel="live-b")


def lives() -> Iterator[Event]:
    """Three lives: a on the 16th and b on the 18th at eight in the evening, c on the morning of the 17th; an hour each."""
    for live, day, hour in (("a", 16, 20), ("c", 17, 10), ("b", 18, 20)):
        yield did("live.started", f"{hour}:00", day=on(day), data={"title": live}, live=live)
        yield did("live.ended", f"{hour + 1}:00", day=on(day), live=live)
        yield did("live.entered", f"{hour}:00", STAFF, day=on(day), live=live)
        yield did("live.liked", f"{hour}:01", STAFF, day=on(day), data={"count": 100}, live=live)
    # a: 1 for half an hour, 2 for half an hour, 3 for ten minutes; from 20:20 to 20:30 all three
    yield from _stays(1, "20:00", "20:30", 16, "a")
    yield from _stays(2, "20:10", "20:40", 16, "a")
    yield from _stays(3, "20:20", "20:30", 16, "a")
    yield did("live.liked", "20:05", 1, day=on(16), data={"count": 3}, **A)
    yield did("live.commented", "20:15", 2, day=on(16), **A)
    # c: 1 for five minutes; b: 1 for ten, 2 for the whole hour
    yield from _stays(1, "10:00", "10:05", 17, "c")
    yield from _stays(1, "20:00", "20:10", 18, "b")
    yield from _stays(2, "20:00", "21:00", 18, "b")
    # 3 reserved a and b and came to a, 4 reserved a and did not come
    for who, live in ((3, "a"), (3, "b"), (4, "a"), (STAFF, "a")):
        yield did("live.reserved", "12:00", who, day=on(14), live=live)
    for kind in ("knowledge", "knowledge", "knowledge", "promotion"):
        yield did("content.posted", "20:30", day=on(16), data={"kind": kind}, **A)


def groups() -> Iterator[Event]:
    """g1 has 1, 2, 3 and staff when the week begins, g2 has 4; 5 comes and is removed, 2 leaves, 1 joins g2."""
    yield did("group.created", "08:00", day=on(1), data={"name": "三栋群", "building": "3栋"}, **G1)
    yield did("group.created", "08:00", day=on(1), data={"name": "烘焙群", "interest": "烘焙"}, **G2)
    for who, group, day in (
        (1, "g1", 1),
        (2, "g1", 1),
        (STAFF, "g1", 1),
        (3, "g1", 10),
        (4, "g2", 1),
        (5, "g1", 16),
        (1, "g2", 17),
    ):
        yield did("group.joined", "09:00", who, day=on(day), group=group)
    yield did("group.left", "09:00", 2, day=on(18), data={"scene": "left"}, **G1)
    yield did("group.left", "09:00", 5, day=on(19), data={"scene": "removed"}, **G1)
    # four messages of members: 1 twice in g1, 1 in g2 on the day of joining, 4 in g2; staff talk a lot
    for who, group, day in ((1, "g1", 15), (1, "g1", 15), (1, "g2", 17), (4, "g2", 20), *[(STAFF, "g1", 15)] * 5):
        yield did("group.message_sent", "12:00", who, day=on(day), group=group)
    yield did("group.checked_in", "12:00", 2, day=on(15), **G1)
    yield did("group.link_clicked", "12:00", 5, day=on(16), **G1)
    for who in (1, 2, STAFF):
        yield did("group.activity_joined", "10:00", who, day=on(17), data={"activity": "包粽子"}, **G1)
    for group, day, kind in (
        ("g1", 15, "knowledge"),
        ("g1", 16, "promotion"),
        ("g2", 16, "feeling"),
        ("g2", 17, "promotion"),
    ):
        yield did("content.posted", "08:00", day=on(day), data={"kind": kind}, group=group)


def mall() -> Iterator[Event]:
    """1, 2 and 6 look, 2 and 3 use the cart, 3 without a look; 1 had looked the week before."""
    for who, day in ((1, 10), (1, 15), (2, 15), (1, 16), (6, 20), (STAFF, 15)):
        yield did("mall.visited", "11:00", who, day=on(day))
    yield did("product.viewed", "11:00", 2, day=on(18), data={"product": "zongzi"})
    for who, day in ((2, 18), (3, 15), (STAFF, 15)):
        yield did("cart.added", "11:01", who, day=on(day), data={"product": "zongzi"})


def orders() -> Iterator[Event]:
    """Five paid orders of 4000, 2000, 0, 1000 and 500 fen after refunds; one that stays unpaid, and one of staff."""
    # within 24 hours of a and of c, but before b
    yield from _order(1, 1, 17, "20:30", 2000, placed=True, pickup=True)
    # in b
    yield from _order(2, 2, 18, "20:40", 5000, placed=True, pickup=True, live="b", store="east")
    yield did("order.refunded", "09:00", order="E2", day=on(23), data={"amount_fen": 1000, "refund": "r"})
    yield from _order(3, 4, 20, "12:00", 3000)
    yield did("order.refunded", "09:00", order="E3", day=on(23))
    yield from _order(4, 1, 20, "13:00", 1000, pickup=True)
    yield from _order(5, None, 19, "13:00", 500)
    yield did("order.placed", "14:00", 6, order="E6", day=on(21), data={"amount_fen": 700})
    yield from _order(7, STAFF, 19, "13:00", 9999, placed=True, pickup=True)
    yield did("order.ready_for_pickup", "09:00", order="E7", day=on(19))
    # E1 is promised until the 19th and picked up in time, E2 is ready on the 19th without a promise and picked up later,
    # E4 is promised until the 21st and stays
    yield did("order.ready_for_pickup", "09:00", order="E1", day=on(18), data={"due_at": at("20:00", on(19))})
    yield did("order.picked_up", "20:00", order="E1", day=on(19))
    yield did("order.ready_for_pickup", "09:00", order="E2", day=on(19))
    yield did("order.picked_up", "09:00", order="E2", day=on(25))
    yield did("order.ready_for_pickup", "09:00", order="E4", day=on(21), data={"due_at": at("12:00", on(21))})


def newcomers() -> Iterator[Event]:
    """7, 8 and 9 are first seen in the week and pay after it: 3000, 1000 that are refunded, and 500. 40 % is gross margin;
    the poster costs 1000 fen from the 12th to the 21st, a flyer 300 on the 20th."""
    settings = {"settings": {"customers": {"gross_margin": 0.4}}, "files": {}, "digest": "d"}
    yield did("workspace.configured", "07:00", day=on(1), data=settings)
    for who, day, channel in ((7, 17, "poster"), (8, 18, "poster"), (9, 19, "live-b")):
        yield did("friend.added", "09:00", who, day=on(day), data={"staff": "wang"}, channel=channel)
    for number, who, fen in ((8, 7, 3000), (9, 8, 1000), (10, 9, 500)):
        yield from _order(number, who, 24, "10:00", fen)
    yield did("order.refunded", "11:00", order="E9", day=on(24))
    for channel, fen, since, until in (("poster", 1000, 12, 21), ("flyer", 300, 20, 20)):
        cost = {"channel": channel, "fen": fen, "since": on(since), "until": on(until)}
        yield did("cost.recorded", "12:00", day=on(22), data=cost)


def history() -> list[Event]:
    """All of it, and the end of the Sunday."""
    closed = did("day.closed", "00:01", day=on(22), data={"day": on(21)})
    return [*people(), *lives(), *groups(), *mall(), *orders(), *newcomers(), closed]


def _stays(who: int, since: str, until: str, day: int, live: str) -> Iterator[Event]:
    yield did("live.entered", since, who, day=on(day), live=live)
    yield did("live.left", until, who, day=on(day), live=live)


def _order(
    number: int, who: int | None, day: int, clock: str, fen: int, *, placed: bool = False, pickup: bool = False, **more: str
) -> Iterator[Event]:  # fmt: skip
    data = {"amount_fen": fen} | ({"pickup": True} if pickup else {})
    for kind in (["order.placed"] if placed else []) + ["order.paid"]:
        yield did(kind, clock, who, order=f"E{number}", day=on(day), data=data, **more)
