"""Finds the event at fault when tables cannot be computed, by halving what was tried."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from cdp.codec import decode
from cdp.errors import Culprit, LogDamaged, UsageError
from cdp.ports import EventReader
from projections.catalog import TOUCHPOINTS, Table
from projections.engine import Engine
from projections.extract import EXTRACTED, STORED
from projections.stretch import Stretch

_OF_DATA = (UsageError, LogDamaged, ValueError, LookupError, TypeError, msgspec.MsgspecError)


def blames_data(cause: BaseException | None) -> bool:
    """Whether an event may be at fault; a full disk is nobody's."""
    return isinstance(cause, _OF_DATA)


def first_failing(good: int, bad: int, works: Callable[[int], bool]) -> int:
    """The first position that does not work, where `good` does and `bad` does not."""
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if works(middle) else (good, middle)
    return bad


def culprit(log: EventReader, position: int) -> Culprit | None:
    """The event at a position, as far as it can be read."""
    for row in log.stored(position - 1, 1):
        try:
            return Culprit(position, row[2], decode(row[3], position=position, stream=row[1], type=row[2]).id)
        except (msgspec.MsgspecError, LogDamaged):
            return Culprit(position, row[2], "unreadable")
    return None


def in_extraction(engine: Engine, log: EventReader, after: int, up_to: int) -> int | None:
    """The position of the first event beyond `after` that cannot be taken in; None if each can."""

    def works(position: int) -> bool:
        try:
            some = Stretch(log.stored(after, position - after))
            with engine.lent(STORED, some.stored):
                engine.run(f"CREATE OR REPLACE TEMP TABLE tried AS {EXTRACTED}")
            some.closed(), some.special()
        except _OF_DATA:
            return False
        return True

    return None if works(up_to) else first_failing(after, up_to, works)


def in_view(engine: Engine, view: Table, up_to: int) -> int | None:
    """The position of the first event without which the view can be computed; None if it fails without any.

    What the view reads of other views stays as it is.
    """

    def works(position: int) -> bool:
        earlier = f"SELECT * FROM main.{TOUCHPOINTS} WHERE position <= {position}"
        try:
            engine.rows(f"WITH {TOUCHPOINTS} AS ({earlier}) SELECT SUM(HASH(row)) FROM (\n{view.sql}\n) AS row")
        except UsageError:
            return False
        return True

    if TOUCHPOINTS not in view.depends_on() or works(up_to) or not works(0):
        return None
    return first_failing(0, up_to, works)
