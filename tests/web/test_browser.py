"""What a person sees and does, in a real browser, on a phone and on a desk; nothing may leave this machine."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from cdp.app.web.pages import PageContext
from tests.web.register import Register
from tests.web.serving import Server, application
from tests.web.test_orders import AT, Deliveries, Failures
from tests.web.test_sql import Library

pytestmark = pytest.mark.browser

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-quic",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 900}}
ADDRESSES = (
    "/",
    "/live",
    "/live/live-0617",
    "/groups",
    "/mall",
    "/people",
    "/people/3",
    "/people/ambiguous?settled=1",
    "/people/3/identity",
    "/worth",
    "/people/3/why?journey=duanwu-welcome",
    "/journeys",
    "/journeys/duanwu-welcome",
    "/docs",
    "/inbox",
    "/inbox/7",
    "/outbox",
    "/sql",
)


OURS = tuple(address for address in ADDRESSES if address != "/docs")
"""Pages that we drew ourselves."""


@pytest.fixture(scope="module")
def address(world: PageContext) -> Iterator[str]:
    held = {"since": AT, "by": "restore", "reason": "backup of 2026-06-19T03:00:00Z"}
    with Server(
        application(replace(world, inbox=Failures(), outbox=Deliveries(held), desk=Library(), register=Register()))
    ) as base:
        yield base


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    """A fresh browser profile; the test fails if it asks another machine for anything, or if a script fails."""
    context = browser.new_context(base_url=address, viewport=SIZES[request.param], locale="zh-CN")  # type: ignore[arg-type]
    wrong: list[str] = []
    context.on("request", lambda r: wrong.extend(_elsewhere(r)))
    opened = context.new_page()
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    yield opened
    context.close()
    assert wrong == []


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Page]:
    """The narrowest phone that counts."""
    context = browser.new_context(base_url=address, viewport={"width": 360, "height": 740})
    yield context.new_page()
    context.close()


def _elsewhere(request: Request) -> list[str]:
    parts = urlsplit(request.url)
    return [] if parts.scheme in {"data", "blob"} or parts.hostname == "127.0.0.1" else [request.url]


def test_a_chinese_font_is_there_or_every_picture_would_be_boxes() -> None:
    assert subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=True).stdout


@pytest.mark.parametrize("where", ADDRESSES)
def test_every_page_draws_without_asking_anybody_else(page: Page, where: str) -> None:
    page.goto(where)

    expect(page.locator("main, #api").first).to_be_visible()
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("where", OURS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_page_is_wider_than_a_narrow_phone(phone: Page, where: str, language: str) -> None:
    phone.goto(f"/preferences?language={language}&back={where}")

    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    assert phone.evaluate("(document.body.scrollWidth)") <= 360


@pytest.mark.parametrize("where", OURS)
def test_everything_one_taps_is_large_enough_for_a_thumb(phone: Page, where: str) -> None:
    phone.goto(where)

    small = phone.evaluate(
        """() => [...document.querySelectorAll('a, button, summary, input:not([type=hidden]), select')]
            .filter(e => e.checkVisibility() && !e.classList.contains('skip') && !e.closest('p, svg'))
            .map(e => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
            .filter(([, box]) => box.width > 0 && box.height < 44).map(([html, box]) => html + ' ' + box.height)"""
    )
    assert small == []


def test_the_funnel_and_its_leak_are_the_first_thing_one_sees(page: Page) -> None:
    page.goto("/")

    expect(page.locator("#leak")).to_be_in_viewport()
    expect(page.locator("#funnel li[data-step]")).to_have_count(7)
    widths = page.locator("#funnel .track i").evaluate_all("bars => bars.map(b => b.getBoundingClientRect().width)")
    assert widths == sorted(widths, reverse=True)
    assert widths[0] > 3 * widths[-1]


def test_from_a_number_to_the_people_behind_it_and_back(page: Page) -> None:
    page.goto("/?range=30d")
    page.locator("#funnel .drop[href]").first.click()
    expect(page).to_have_url(re.compile(r"dropped=2"))
    expect(page.locator("#people .row").first).to_be_visible()

    page.locator("#people .row").first.click()
    expect(page.locator("#timeline")).to_be_visible()
    page.go_back()
    page.go_back()

    expect(page).to_have_url(re.compile(r"/\?range=30d$"))
    expect(page.locator("#funnel")).to_be_visible()


def test_another_period_changes_the_page_in_place_and_the_back_button_brings_the_first_back(page: Page) -> None:
    page.goto("/mall")
    page.evaluate("window.untouched = true")
    page.get_by_role("link", name="近7天").click()

    expect(page).to_have_url(re.compile(r"range=7d"))
    expect(page.locator("#days tbody tr")).to_have_count(7)
    assert page.evaluate("window.untouched")
    page.go_back()

    expect(page.locator("#days tbody tr")).to_have_count(30)
    expect(page.locator("x-chart svg").first).to_be_visible()


def test_a_chart_is_kept_and_redrawn_when_its_figures_change(page: Page) -> None:
    page.goto("/mall?range=30d")
    expect(page.locator("x-chart svg").first).to_be_visible()
    page.evaluate("document.querySelector('x-chart').mark = 'kept'")
    page.get_by_role("link", name="访客数").click()

    expect(page.locator("x-chart[aria-label='访客数']")).to_be_visible()
    assert page.evaluate("document.querySelector('x-chart').mark") == "kept"
    assert page.evaluate("document.querySelector('x-chart').drawn") > 1


def test_days_picked_by_hand_stand_in_the_url(page: Page) -> None:
    page.goto("/groups")
    page.locator(".custom summary").click()
    page.locator("input[name=since]").fill("2026-06-01")
    page.locator("input[name=until]").fill("2026-06-05")
    page.get_by_role("button", name="查看").click()

    expect(page).to_have_url(re.compile(r"since=2026-06-01&until=2026-06-05"))
    expect(page.locator("#days tbody tr")).to_have_count(5)


def test_the_language_switch_stays_and_keeps_the_place(page: Page) -> None:
    page.goto("/live?range=month")
    page.locator("[data-language=en]").click()

    expect(page).to_have_url(re.compile(r"/live\?range=month$"))
    expect(page.locator("h1")).to_have_text("Lives")
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator("[data-language=zh]").click()
    expect(page.locator("#funnel h2")).to_contain_text("完整转化漏斗")


def test_the_theme_switch_turns_the_page_dark(page: Page) -> None:
    page.goto("/")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator(".tools a[href*='theme=dark']").click()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_one_explanation_is_open_at_a_time(page: Page) -> None:
    page.goto("/")
    page.locator("#funnel .about summary").nth(0).click()
    page.locator("#funnel .about summary").nth(1).click()

    expect(page.locator(".about[open]")).to_have_count(1)
    expect(page.locator(".about[open] p")).to_be_visible()


def test_a_journey_is_a_picture_on_a_desk_and_a_list_on_a_phone(page: Page) -> None:
    page.goto("/journeys/duanwu-welcome")

    steps = page.locator(".graph [data-step]")
    if page.viewport_size == SIZES["desk"]:
        expect(steps.first).to_be_visible()
        assert steps.count() == page.locator(".stops [data-step]").count()
    else:
        expect(steps.first).to_be_hidden()
    expect(page.locator(".stops [data-step]").first).to_be_visible()


def test_without_scripts_everything_can_still_be_reached(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.get_by_role("link", name="近30天").click()
    page.locator("#funnel .drop[href]").first.click()

    expect(page.locator("#people .row").first).to_be_visible()
    context.close()


def test_a_running_live_renews_its_figures_and_leaves_the_rest_alone(browser: Browser, world: PageContext) -> None:
    class Ongoing:
        """The tables, but with the last live still running and one viewer more at every look."""

        looks = 0

        def rows(self, sql: str, params: object = ()) -> list[dict[str, object]]:
            rows = world.reader.rows(sql, params)  # type: ignore[arg-type]
            if sql.startswith("SELECT * FROM live_sessions WHERE live_id"):
                self.looks += 1
                rows = [row | {"ended_at": None, "viewers": 100 + self.looks} for row in rows]
            return rows

        def freshness(self) -> object:
            return world.reader.freshness()

    running = replace(world, reader=Ongoing())  # type: ignore[arg-type]
    with Server(application(running)) as base:
        page = browser.new_context(base_url=base).new_page()
        page.clock.install()
        page.goto("/live/live-0617")
        expect(page.locator("[data-metric=viewers] .figure")).to_have_text("101")
        page.locator("details.data summary").click()
        page.clock.run_for(11_000)

        expect(page.locator("[data-metric=viewers] .figure")).to_have_text("102")
        expect(page.locator("details.data")).to_have_attribute("open", "")
        page.context.close()


def test_a_query_is_typed_asked_and_answered_and_a_table_is_looked_up(page: Page) -> None:
    page.goto("/sql")
    page.get_by_label("查询语句").fill("SELECT order_id FROM orders")
    page.get_by_role("button", name="查询", exact=True).click()
    expect(page.locator("#rows td")).to_have_text("E1")
    expect(page.get_by_label("查询语句")).to_have_value("SELECT order_id FROM orders")
    page.locator("summary", has_text="orders").click()
    expect(page.get_by_text("订单号")).to_be_visible()
