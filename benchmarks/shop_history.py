"""A shop's history as it stands in a log, made the same everywhere: what the benchmarks of projections work on.

Persons come ten times on average, some far more often than others, under a WeCom id, an openid and a unionid that are found to be
one person only when they add the shop or pay. One live a day; groups of four hundred; orders that are placed, paid, made ready,
picked up, some refunded; coupons; journeys whose decisions and deliveries are events like all others; every day is closed.

The rows go into the log's file beside its door, since taking ten million events in is not what is measured here: the streams'
versions have gaps, and no event has a key.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from itertools import islice
from pathlib import Path

from shop_events import FIRST_DAY, LIVE_FROM, LIVE_UNTIL, ZONE, Shop, Told, Writing, told

from cdp.clock import DAY, HOUR, SECOND, SystemClock
from cdp.log import open_log

__all__ = ["ZONE", "append_batch", "close_day", "rows", "shop_of", "write_log"]

EVENTS_A_DAY = 3333

Row = tuple[int, str, int, str, bytes]
"""position, stream, version, type, state: a row of the log."""
_INSERT = "INSERT INTO stored_events (rowid, originator_id, originator_version, topic, state) VALUES (?,?,?,?,?)"
# Stream and order of what may be paid next, and of what may be picked up or refunded.
_LATEST = """
    SELECT json_extract(state, '$.c.order'), CAST(substr(originator_id, 3) AS INTEGER) FROM stored_events
    WHERE topic = ? ORDER BY rowid DESC LIMIT 500
"""


def shop_of(events: int) -> Shop:
    """A shop that has so many events behind it: the longer its history, the more days and persons."""
    return Shop(events, events // EVENTS_A_DAY)


def write_log(path: Path, shop: Shop) -> None:
    """A log at `path` with the whole history."""
    open_log(path, SystemClock()).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for setting in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-2000000"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute("BEGIN")
        connection.executemany(_INSERT, rows(shop))
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL")


def append_batch(path: Path, shop: Shop, size: int, number: int) -> None:
    """`size` more events of as many persons at the end of a log, one in ten of them told days after it happened."""
    writing = Days(shop, seed=1000 + number)
    with closing(sqlite3.connect(path)) as connection, connection:
        head = connection.execute("SELECT max(rowid) FROM stored_events").fetchone()[0]
        buyers = _remember_orders(connection, writing)
        others = [
            person for person in writing.dice.sample(range(shop.persons), size + len(buyers)) if person not in buyers
        ]
        batch = []
        for n, person in enumerate(others[:size]):
            late = writing.dice.randrange(1, 20) * DAY if n % 10 == 0 else 0
            at = shop.start + shop.days * DAY - HOUR + n * SECOND - late
            batch.append(next(writing.of_person(person, head + n + 1, at)))
        connection.executemany(_INSERT, _rows(batch, head + 1))


def close_day(path: Path, shop: Shop) -> None:
    """The end of the day after the history."""
    with closing(sqlite3.connect(path)) as connection, connection:
        head = connection.execute("SELECT max(rowid) FROM stored_events").fetchone()[0]
        connection.executemany(_INSERT, _rows([Days(shop).closing(head + 1, shop.days)], head + 1))


def rows(shop: Shop) -> Iterator[Row]:
    """The rows of the log, in order."""
    return _rows(islice(Days(shop).everything(), shop.events), 1)


def _rows(events: Iterable[Told], first: int) -> Iterator[Row]:
    return ((position, stream, position, kind, state) for position, (kind, stream, state) in enumerate(events, first))


def _remember_orders(connection: sqlite3.Connection, writing: Writing) -> set[int]:
    """Have the latest orders paid, made ready and refunded next; answers whose they are."""
    for kind, orders in (("order.placed", writing.placed), ("order.paid", writing.paid)):
        latest = connection.execute(_LATEST, [kind]).fetchall()
        orders.extend((int(order[len("E20240101") :]), (surrogate - 1) // 3) for order, surrogate in reversed(latest))
    return {person for _, person in (*writing.placed, *writing.paid)}


class Days(Writing):
    """A history day by day: what the shop does, and between it what its persons do."""

    def everything(self) -> Iterator[Told]:
        """All events: day by day, as many each day, what the shop does between what persons do."""
        shop, draw, position = self.shop, self.dice.random, 1
        each_day = max(shop.events // shop.days, 20)
        for day in range(shop.days + 1):
            begins = shop.start + day * DAY
            for one in self._morning(position, day, begins):
                yield one
                position += 1
            persons = each_day - 20 if each_day > 40 else each_day
            for n in range(persons):
                person = int(draw() ** 1.5 * shop.persons)
                for one in self.of_person(person, position, begins + 8 * HOUR + n * 14 * HOUR // persons):
                    yield one
                    position += 1
            yield self.closing(position, day)
            position += 1

    def closing(self, position: int, day: int) -> Told:
        """A day is over."""
        name = FIRST_DAY + timedelta(days=day)
        at = self.shop.start + (day + 1) * DAY
        return told("day.closed", "workspace", position, at, "", f'{{"day":"{name}"}}', source="workspace")

    def _morning(self, position: int, day: int, at: int) -> Iterator[Told]:
        live = f'{{"live":"live-{day}"}}'
        stream = f"live/live-{day}"
        yield told(
            "live.scheduled",
            stream,
            position,
            at + 7 * HOUR,
            "",
            f'{{"title":"第{day}场","starts_at":{at + LIVE_FROM}}}',
            live,
        )
        yield told("live.started", stream, position + 1, at + LIVE_FROM, "", "", live)
        yield told("live.ended", stream, position + 2, at + LIVE_UNTIL, "", "", live)
        if day == 0:
            for n in range(self.shop.groups):
                about = f'{{"name":"{n}号楼群","building":"{n}栋"}}'
                yield told("group.created", f"group/g{n}", position + 3 + n, at, "", about, f'{{"group":"g{n}"}}')
        kind = ("knowledge", "feeling", "interaction", "promotion")[day % 4]
        for n in range(4):
            group = self.dice.randrange(self.shop.groups)
            place = f'{{"group":"g{group}"}}'
            yield told(
                "content.posted",
                f"group/g{group}",
                position + 5_000_000_000 + n,
                at + 8 * HOUR,
                "",
                f'{{"kind":"{kind}"}}',
                place,
            )
        if day % 30 == 0:
            period = f'"since":"{FIRST_DAY + timedelta(days=day)}","until":"{FIRST_DAY + timedelta(days=day + 29)}"'
            for channel in range(8):
                cost = f'{{"channel":"ch-{channel}","fen":90000,{period}}}'
                yield told("cost.recorded", "workspace", position + 6_000_000_000 + channel, at, "", cost)
