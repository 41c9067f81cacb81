"""A day in the building groups: what the shop posts, who answers, clicks and checks in, who comes and who goes."""

from __future__ import annotations

from collections.abc import Sequence

from cdp.app.demo.story.cast import Neighbour
from cdp.app.demo.story.shop import CHATTER, FEELING, GROUPS, INTERACTION, KNOWLEDGE, PROMOTION
from cdp.app.demo.story.town import Town

_KINDS = {"knowledge": KNOWLEDGE, "feeling": FEELING, "interaction": INTERACTION, "promotion": PROMOTION}
_WEIGHTS = (38, 21, 25, 16)
"""With the notes before each live, seven tenths knowledge, feeling and interaction, three tenths promotion."""


def found(town: Town, at: int) -> None:
    """The groups are there from the beginning."""
    for group in GROUPS:
        data = {"name": group.name, "building": group.building}
        town.paper.line("wecom-export", "group.created", at, (), data, group=group.id)


def arrive(town: Town, neighbour: Neighbour, at: int) -> None:
    """A neighbour comes into the group of their building, and WeCom tells what it knows of them."""
    joined = town.paper.group_joined(neighbour, at)
    data = {"nickname": neighbour.nickname, "building": neighbour.building}
    town.paper.line("wecom-export", "person.profile_changed", joined, neighbour.in_group(), data)


def post(town: Town, midnight: int, hour: float, kind: str, title: str, per_group: float = 1.0) -> None:
    """The shop writes the same in every group, one after the other, or in a share of them."""
    for i, group in enumerate(GROUPS):
        if town.chance(per_group):
            at = midnight + int(hour * 3600) + 9 * i
            town.paper.line("group-tool", "content.posted", at, (), {"kind": kind, "title": title}, group=group.id)


def write_the_day(town: Town, midnight: int, until: int) -> None:
    """Two or three ordinary posts a day up to `until`, in the mix that keeps a group alive."""
    for hour in (7.2, 11.5, 17.0)[: town.rng.choice((2, 2, 3))]:
        if midnight + hour * 3600 > until - 600:
            break
        kind = town.rng.choices(tuple(_KINDS), _WEIGHTS)[0]
        post(town, midnight, hour, kind, town.rng.choice(_KINDS[kind]), per_group=0.8)


def live_the_day(town: Town, midnight: int, until: int, *, lively: float = 1.0) -> None:
    """What the neighbours do in their groups on one day, up to `until`."""
    come_and_go(town, midnight, until)
    for neighbour in town.people:
        if town.in_group(neighbour, midnight):
            _take_part(town, neighbour, midnight, until, lively)


def come_and_go(town: Town, since: int, until: int) -> None:
    """Who comes into their group or leaves it in that time."""
    for neighbour in town.people:
        if since <= neighbour.joined_at < until:
            arrive(town, neighbour, neighbour.joined_at)
        if (
            neighbour.leaves_at is not None
            and since <= neighbour.leaves_at < until
            and neighbour.number not in town.left
        ):
            depart(town, neighbour, neighbour.leaves_at)


def depart(town: Town, neighbour: Neighbour, at: int) -> None:
    """A neighbour leaves the group, and some leave the shop with it."""
    town.left.add(neighbour.number)
    gone = town.paper.group_left(neighbour, at)
    if neighbour.number in town.friends and town.chance(0.35):
        town.friends.discard(neighbour.number)
        town.paper.friend_removed(neighbour, gone + 40)


def _take_part(town: Town, neighbour: Neighbour, midnight: int, until: int, lively: float) -> None:
    group, keen = GROUPS[neighbour.group].id, neighbour.keen * lively
    if town.chance(0.24 * keen):
        for at in _moments(town, midnight, until, town.rng.choice((1, 1, 2))):
            speak(town, neighbour, at)
    if town.chance(0.26 * keen):
        for at in _moments(town, midnight, until, 1):
            click(town, neighbour, at, "daily")
    if neighbour.keen > 0.45 and town.chance(0.3):
        for at in _moments(town, midnight, until, 1):
            town.paper.line("group-tool", "group.checked_in", at, neighbour.in_group(), None, group=group)


def click(town: Town, neighbour: Neighbour, at: int, content: str) -> None:
    """A neighbour opens the link that the shop posted. The group tool sees the mini-program's id as well."""
    who = [*neighbour.in_group(), *(town.in_app(neighbour) if neighbour.number in town.known else [])]
    data = {"content": content, "url": f"https://mall.example/laowang/{content}"}
    town.paper.line("group-tool", "group.link_clicked", at, who, data, group=GROUPS[neighbour.group].id)


def speak(town: Town, neighbour: Neighbour, at: int) -> None:
    """A neighbour writes in the group."""
    data = {"text": town.rng.choice(CHATTER)}
    group = GROUPS[neighbour.group].id
    town.paper.line("group-tool", "group.message_sent", at, neighbour.in_group(), data, group=group)


def _moments(town: Town, midnight: int, until: int, count: int) -> Sequence[int]:
    """Times between seven in the morning and ten in the evening; those after `until` do not happen."""
    drawn = (midnight + town.rng.randrange(7 * 3600, 22 * 3600) for _ in range(count))
    return sorted(at for at in drawn if at < until)
