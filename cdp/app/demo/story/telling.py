"""Tells the whole story: thirty days of history, the evening, the days after."""

from __future__ import annotations

import random
from datetime import date, timedelta

from cdp.app.demo.story import after, evening, history
from cdp.app.demo.story.acts import Contact, Line, Pause, Story
from cdp.app.demo.story.cast import Neighbour, cast
from cdp.app.demo.story.diary import Diary, midnight
from cdp.app.demo.story.shop import STAFF
from cdp.app.demo.story.town import Town
from cdp.app.demo.story.wire import Wire

FIRST_DAY = date(2026, 5, 15)
"""Thirty days before the Saturday of the Dragon Boat live; the feast itself is on Friday 2026-06-19."""
SEED = 20260619
_MICROS = 1_000_000


def tell(seed: int = SEED, first: date = FIRST_DAY) -> Story:
    """The story of a seed. `first` should be a Friday, so that the evening is a Saturday.

    The same seed and day give the same story, line for line, on every machine.
    """
    rng = random.Random(seed)
    diary = Diary()
    people = cast(rng, midnight(first))
    town = Town(rng, people, diary)
    saturday = first + timedelta(history.DAYS - 1)
    history.before(town, first)
    history.play(town, first)
    evening.plan(town, saturday)
    past = _filed(rng, diary)
    contacts = tuple(_contact(neighbour, town) for neighbour in people)
    wire = Wire(rng, diary, evening.beats(saturday))
    town.paper = wire
    live = evening.play(town, wire, saturday)
    wire = Wire(rng, diary, after.beats(saturday))
    town.paper = wire
    later = after.play(town, wire, saturday)
    return Story(
        seed=seed,
        opening=opening(first),
        history=past,
        evening=(*live, Pause(max(act.at for act in live))),
        after=later,
        contacts=contacts,
        neighbours=len(people),
    )


def opening(first: date = FIRST_DAY) -> int:
    """When history ends and the evening begins."""
    return (midnight(first + timedelta(history.DAYS - 1)) + history.OPENING_HOUR * 3600) * _MICROS


def _filed(rng: random.Random, diary: Diary) -> tuple[Line, ...]:
    """The history as files hold it: by time, but a few lines come late, and a few come twice."""
    lines = sorted(diary.lines, key=lambda entry: entry[0] + (rng.randrange(3 * 86_400) if rng.random() < 0.01 else 0))
    filed: list[Line] = []
    for _, line in lines:
        filed.append(line)
        if rng.random() < 0.002:
            filed.append(line)
    return tuple(filed)


def _contact(neighbour: Neighbour, town: Town) -> Contact:
    return Contact(
        external_userid=neighbour.wecom,
        unionid=neighbour.unionid if neighbour.bound else "",
        name=neighbour.nickname,
        staff=STAFF,
        friend=neighbour.number in town.friends,
    )
