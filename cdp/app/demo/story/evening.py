"""Saturday evening, six to half past ten: the Dragon Boat live, as the platforms tell of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from cdp.app.demo.story import days, groups, lives
from cdp.app.demo.story.acts import Act, HttpEvents, WecomCallback
from cdp.app.demo.story.cast import DAY
from cdp.app.demo.story.diary import midnight
from cdp.app.demo.story.town import Town
from cdp.app.demo.story.wire import Wire

_MICROS = 1_000_000
_QUIET = 600
_LIVELY = 240
"""Seconds between beats before and during the live."""


def beats(day: date) -> list[int]:
    """The moments at which the platforms tell what happened since the last."""
    start = midnight(day)
    waiting = range(start + 18 * 3600 + _QUIET, start + 20 * 3600, _QUIET)
    live = range(start + 20 * 3600, start + 22 * 3600, _LIVELY)
    ending = range(start + 22 * 3600, start + 23 * 3600 + 1, _QUIET)
    return [*waiting, *live, *ending]


def play(town: Town, wire: Wire, day: date) -> tuple[Act, ...]:
    """The whole evening; `town` goes on from where the history left it."""
    live = lives.dragon_boat(f"{day:%m%d}", midnight(day) + 20 * 3600)
    groups.post(town, midnight(day), 19.2, "promotion", "还有半小时，《端午家宴》开播，板凳搬好")
    wire.live_status(live.id, 1, live.starts_at)
    days.gather(town, live, 0.03, 0.17)
    wire.live_status(live.id, 2, live.ends_at)
    groups.come_and_go(town, midnight(day) + 18 * 3600, midnight(day) + DAY)
    _come_to_mind(town, live)
    return _with_mishaps(town, wire.acts())


def plan(town: Town, day: date) -> None:
    """The live stands in the calendar before the history ends."""
    live = lives.dragon_boat(f"{day:%m%d}", midnight(day) + 20 * 3600)
    days.announce(town, live, live.starts_at - 4 * 86_400)


def _come_to_mind(town: Town, live: lives.Live) -> None:
    """Some who had left their group come back after the live; some who have had enough remove the shop during it."""
    for neighbour in town.people:
        if neighbour.number in town.left and town.chance(0.12):
            town.left.discard(neighbour.number)
            town.paper.group_joined(neighbour, live.ends_at + town.rng.randrange(1_800))
        elif neighbour.number in town.friends and town.chance(0.005):
            town.friends.discard(neighbour.number)
            town.paper.friend_removed(neighbour, live.starts_at + town.rng.randrange(600, 3_000))


def _with_mishaps(town: Town, acts: tuple[Act, ...]) -> tuple[Act, ...]:
    """Networks being networks: two batches waited in a phone without signal, two callbacks took the long way."""
    batches = [i for i, act in enumerate(acts) if isinstance(act, HttpEvents)]
    friends = [i for i, act in enumerate(acts) if _is_new_friend(act)]
    late = {*town.rng.sample(batches, 2), *town.rng.sample(friends, 2)}
    return tuple(sorted((_delayed(act) if i in late else act for i, act in enumerate(acts)), key=lambda act: act.at))


def _is_new_friend(act: Act) -> bool:
    return isinstance(act, WecomCallback) and act.fields.get("ChangeType") == "add_external_contact"


def _delayed(act: Act) -> Act:
    match act:
        case HttpEvents():
            return replace(act, at=act.at + 2_400 * _MICROS, late=True)
        case WecomCallback():
            return replace(act, at=act.at + 960 * _MICROS, late=True)
        case _:
            return act
