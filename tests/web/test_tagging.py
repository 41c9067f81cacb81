"""Whom a step of the funnel lost, saved as a tag from the list."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from cdp.app.web.pages import PageContext
from cdp.clock import DAY
from cdp.errors import UsageError
from projections.funnel import FULL_FUNNEL, dropped
from projections.funnel import lost as lost_by
from tests.web.reading import Page
from tests.web.serving import application
from tests.web.shop import at

LOST = "dropped=2&window=14&since=2026-06-14&until=2026-06-20"


class Tags:
    """Remembers what it was told, and that one of them had the tag already."""

    def __init__(self) -> None:
        self.given: list[tuple[str, list[int]]] = []

    def add(self, tag: str, persons: Collection[int]) -> Mapping[str, Any]:
        if not tag:
            raise UsageError("a tag has a name")
        self.given.append((tag, sorted(persons)))
        return {"added": len(persons) - 1, "carried": 1, "unreachable": 0}


@pytest.fixture
def tags() -> Tags:
    return Tags()


@pytest.fixture
def clerk(world: PageContext, tags: Tags) -> TestClient:
    return TestClient(application(replace(world, tagging=tags)), follow_redirects=False)


def test_everybody_on_the_list_gets_the_tag_and_the_page_says_so(
    clerk: TestClient, tags: Tags, world: PageContext
) -> None:
    page = clerk.get(f"/people?{LOST}")
    assert f'action="/people/tag?{LOST}"'.replace("&", "&amp;") in page.text
    expected = dropped(world.reader, FULL_FUNNEL, step=2, since=at(14, 0), until=at(21, 0), window=14 * DAY)

    answer = clerk.post(f"/people/tag?{LOST}", data={"name": " 没进直播 "})

    assert tags.given == [("没进直播", expected)]
    told = Page(clerk.get(answer.headers["location"]).text)
    assert f"已给 {len(expected) - 1} 人打上「没进直播」" in told.text
    assert "1 人原本就有" in told.text
    assert "/people?tag=%E6%B2%A1%E8%BF%9B%E7%9B%B4%E6%92%AD" in told.links


def test_members_who_did_not_begin_are_a_list_too(clerk: TestClient, tags: Tags, world: PageContext) -> None:
    page = Page(clerk.get("/people?dropped=1&window=14&since=2026-06-14&until=2026-06-20").text)
    expected = lost_by(world.reader, 1, at(14, 0), at(21, 0))
    assert "没有走到「社群点击」的群成员" in page.text
    assert f"共 {len(expected)} 人" in page.text
    assert expected


def test_a_name_that_is_none_is_told(clerk: TestClient, tags: Tags) -> None:
    answer = clerk.post(f"/people/tag?{LOST}", data={"name": "  "})
    assert tags.given == []
    assert "这个名字不能做标签" in Page(clerk.get(answer.headers["location"]).text).text


def test_only_a_list_that_a_step_lost_can_be_saved_and_only_from_our_own_pages(clerk: TestClient, tags: Tags) -> None:
    assert clerk.post("/people/tag", data={"name": "x"}).status_code == 404
    assert (
        clerk.post(f"/people/tag?{LOST}", data={"name": "x"}, headers={"Origin": "https://elsewhere"}).status_code
        == 403
    )
    assert (
        clerk.post(f"/people/tag?{LOST}", data={"name": "x"}, headers={"Sec-Fetch-Site": "cross-site"}).status_code
        == 403
    )
    assert tags.given == []


def test_without_anybody_to_give_tags_there_is_no_form(client: TestClient) -> None:
    assert "/people/tag" not in client.get(f"/people?{LOST}").text
    assert client.post(f"/people/tag?{LOST}", data={"name": "x"}).status_code == 404
