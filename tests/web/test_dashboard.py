"""The front page: the funnel, its leak, the figures beside the period before, and what is to do."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from starlette.testclient import TestClient

from cdp.app.web.pages import PageContext, Workspace
from cdp.clock import DAY
from projections.funnel import FULL_FUNNEL, STAGES, dropped, funnel
from tests.web.reading import Page
from tests.web.serving import application
from tests.web.shop import at


def test_the_funnel_shows_seven_steps_with_the_counts_of_the_funnel(client: TestClient, world: PageContext) -> None:
    page = Page(client.get("/").text)

    expected = funnel(world.reader, FULL_FUNNEL, since=at(14, 0), until=at(21, 0), window=14 * DAY).counts
    shown = page.html.split('class="count">')[1:]
    assert [li["data-step"] for li in page.all("li") if "data-step" in li] == [stage.name for stage in STAGES]
    assert [int(part.split("<")[0]) for part in shown] == list(expected)
    assert expected[-1] > 0


def test_the_biggest_leak_is_named_with_what_is_usually_done_and_leads_to_whom_it_lost(
    client: TestClient, world: PageContext
) -> None:
    page = Page(client.get("/").text)

    assert "本期最大的漏点 社群点击 → 进入直播" in page.text
    assert "当天提醒已预约的人" in page.text
    (drill,) = {a["href"] for a in page.all("a", **{"class": "button"})}
    query = parse_qs(urlsplit(drill).query)
    lost = dropped(world.reader, FULL_FUNNEL, step=2, since=at(14, 0), until=at(21, 0), window=14 * DAY)
    assert query == {"since": ["2026-06-14"], "until": ["2026-06-20"], "dropped": ["2"], "window": ["14"]}
    assert f"共 {len(lost)} 人" in Page(client.get(drill).text).text


def test_every_step_leads_to_whom_it_lost(client: TestClient) -> None:
    page = Page(client.get("/").text)

    lost = [a["href"] for a in page.all("a", **{"class": "drop"})]
    steps = [parse_qs(urlsplit(a).query)["dropped"][0] for a in lost]
    assert steps == sorted(set(steps))
    assert f"流失 {Page(client.get(lost[-1]).text).text.split('共 ')[1].split(' 人')[0]} 人" in page.text


def test_the_window_and_the_days_stand_in_the_url(client: TestClient) -> None:
    page = Page(client.get("/?range=month&window=30").text)

    assert "窗口期 30 天" in page.text
    assert "对比 05-01 – 05-20" in page.text
    assert "/?range=7d&window=30" in [a.replace("window=30&range=7d", "range=7d&window=30") for a in page.links]


def test_of_more_days_than_a_page_shows_the_last_are_shown_and_the_page_says_so(client: TestClient) -> None:
    said = "所选时间太长，这里只看其中最后的 1000 天。"
    page = Page(client.get("/mall?since=2020-01-01&until=2026-06-20").text)
    assert said in page.text
    assert "2023-09-25 – 2026-06-20" in page.text

    page = Page(client.get("/mall?since=2023-09-25&until=2026-06-20").text)
    assert said not in page.text


def test_figures_stand_beside_the_period_before_and_carry_their_definition(client: TestClient) -> None:
    page = Page(client.get("/").text)

    metrics = [e["data-metric"] for e in page.all("div", **{"class": "tile"})]
    assert metrics[:5] == ["live_viewers", "average_watch", "lead_rate", "live_conversion", "live_gmv"]
    assert len(metrics) == 15
    assert "上期" in page.text
    assert "÷" in page.text


def test_growth_is_red_unless_the_shop_says_otherwise(world: PageContext) -> None:
    other = replace(world, workspace=Workspace(name="Shop", up_is_red=False))

    assert Page(TestClient(application(world)).get("/").text).all("html")[0]["class"] == "up-red"
    assert Page(TestClient(application(other)).get("/").text).all("html")[0]["class"] == "up-green"


def test_today_names_what_goes_out_and_whom_to_talk_to_by_their_name(client: TestClient) -> None:
    page = Page(client.get("/").text)

    assert "待同事在企微确认" in page.text
    assert "退了群" in page.text
    assert [a for a in page.links if a.startswith("/people/")]


def test_a_workspace_that_is_a_demo_says_so(world: PageContext) -> None:
    real = replace(world, workspace=replace(world.workspace, demo=False))

    assert "示例数据" in TestClient(application(world)).get("/").text
    assert "示例数据" not in TestClient(application(real)).get("/").text


def test_days_are_days_of_the_shop(world: PageContext) -> None:
    far = replace(world, workspace=replace(world.workspace, timezone="America/New_York"))

    assert "06-14 – 06-20" in Page(TestClient(application(world)).get("/").text).text
    assert "06-14 – 06-20" in Page(TestClient(application(far)).get("/").text).text
