"""Why somebody got something, or nothing."""

from __future__ import annotations

from starlette.testclient import TestClient

from cdp.app.web.pages import PageContext
from tests.web.reading import Page

WHY = "/people/{person}/why?journey={journey}"


def _one(world: PageContext, sql: str) -> int:
    return int(world.reader.rows(sql)[0]["person_id"])


def test_the_chain_runs_from_the_trigger_over_what_a_branch_saw_to_the_end(
    client: TestClient, world: PageContext
) -> None:
    person = _one(
        world, "SELECT person_id FROM journey_runs WHERE journey = 'duanwu-welcome' AND reason = 'done' LIMIT 1"
    )

    text = Page(client.get(WHY.format(person=person, journey="duanwu-welcome")).text).text

    parts = [
        "起因 添加企微好友",
        "进入旅程 第 1 版",
        "发送 企微欢迎语",
        "recipe.pdf",
        "已送达",
        "打标签 +端午家宴",
        "等待 1 天",
    ]
    parts += ["按条件分支", "orders_90d >= 2", "离开旅程 走完了"]
    places = [text.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


def test_what_a_gate_held_back_says_which(client: TestClient, world: PageContext) -> None:
    person = _one(world, "SELECT person_id FROM actions WHERE outcome = 'suppressed' ORDER BY action_id LIMIT 1")

    assert (
        "被拦下，没有发 · 超过频次上限 1/day"
        in Page(client.get(WHY.format(person=person, journey="zongzi-recipes")).text).text
    )


def test_a_message_that_a_platform_refused_says_so_in_its_words(client: TestClient, world: PageContext) -> None:
    person = _one(world, "SELECT person_id FROM actions WHERE outcome = 'failed' ORDER BY action_id LIMIT 1")

    text = Page(client.get(WHY.format(person=person, journey="zongzi-recipes")).text).text

    assert "发送失败 · 平台群发次数已满 该客户本月群发已达上限" in text


def test_every_message_on_a_timeline_leads_to_its_reason(client: TestClient, world: PageContext) -> None:
    person = _one(world, "SELECT person_id FROM actions WHERE outcome = 'delivered' ORDER BY action_id LIMIT 1")
    page = Page(client.get(f"/people/{person}?kind=journeys").text)

    links = [a["href"] for a in page.all("a", **{"class": "whylink"})]
    assert links
    for address in links:
        answer, _, run = address.partition("#")
        assert Page(client.get(answer).text).all("section", id=run)


def test_somebody_who_was_never_in_it_learns_that(client: TestClient, world: PageContext) -> None:
    person = _one(
        world,
        "SELECT person_id FROM persons WHERE person_id NOT IN (SELECT person_id FROM journey_runs) ORDER BY 1 LIMIT 1",
    )

    text = Page(client.get(WHY.format(person=person, journey="duanwu-welcome")).text).text

    assert "为什么没收到" in text
    assert "这个人没有走过这条旅程" in text
