"""Conditions see a person as the workspace's policies make them of everything that was told, whoever told it first."""

from __future__ import annotations

from typing import Any

from cdp.testing import person
from journeys.verify import verify
from tests.journeys.town import SETTINGS, Town, configured

FILES = {
    "journeys/likes.yaml": """
journey: likes
entry: {event: mall.visited, where: "contains(person.attributes.likes, '粽子') AND person.building = '3栋'", again: always}
steps: [{tag: {add: [端午]}}]
"""
}
POLICIES = {
    "attributes.likes": {"policy": "union", "sources": []},
    "building": {"policy": "latest", "sources": ["wecom"]},
}
KEPT = {**SETTINGS, "profile": POLICIES}


def tell(town: Town, who: int, source: str, **data: Any) -> None:
    town.happens("person.profile_changed", who, source=source, data=data)


def entered(town: Town) -> list[int]:
    return [d.data["trigger_position"] for d in town.decisions("journey.entered")]


def test_values_of_several_sources_and_of_two_persons_who_became_one_are_seen_by_their_policies() -> None:
    town = Town(FILES, KEPT)
    tell(town, 17, "wecom/main", building="3栋", attributes={"likes": ["水果"]})
    tell(town, 18, "youzan/main", building="5栋", attributes={"likes": "粽子"})
    town.happens("mall.visited", 17)
    assert entered(town) == []
    town.happens("person.linked", (person(17), person(18)))
    visit = town.happens("mall.visited", 18)
    assert entered(town) == [visit]
    assert verify(town.log).ok


def test_new_policies_hold_for_what_was_told_long_ago_and_old_decisions_are_taken_under_the_old() -> None:
    town = Town(FILES)
    tell(town, 17, "wecom/main", building="3栋", attributes={"likes": "粽子"})
    first = town.happens("mall.visited", 17)
    tell(town, 17, "youzan/main", building="5栋", attributes={"likes": "水果"})
    town.happens("mall.visited", 17)
    assert entered(town) == [first]
    town.log.append([configured(FILES, town.clock.now(), KEPT)])
    second = town.happens("mall.visited", 17)
    town.log.append([configured(FILES, town.clock.now())])
    town.happens("mall.visited", 17)
    assert entered(town) == [first, second]
    town.restart()
    third = town.happens("mall.visited", 17)
    assert third not in entered(town)
    assert verify(town.log).ok
