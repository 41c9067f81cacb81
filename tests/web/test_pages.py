"""Every page, as a client that reads HTML sees it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from cdp.app.web.pages import PageContext
from cdp.errors import ProjectionFailed
from tests.web.reading import Page
from tests.web.serving import application, context
from tests.web.shop import Shop

PAGES = (
    "/",
    "/?range=month&window=30",
    "/?since=2026-06-01&until=2026-06-10",
    "/live",
    "/live/live-0617",
    "/groups",
    "/groups?show=joined&range=today",
    "/mall",
    "/mall?show=spend_per_buyer_fen&range=7d",
    "/people",
    "/people?tag=端午家宴&order=value",
    "/people?dropped=4&since=2026-06-14&until=2026-06-20",
    "/people/3",
    "/people?segment=important_value",
    "/worth",
    "/worth?show=retention&channel=group",
    "/people/3?kind=journeys",
    "/journeys",
    "/journeys/duanwu-welcome",
    "/journeys/zongzi-recipes?version=1",
)


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_opens_in_both_languages_and_says_how_fresh_it_is(
    client: TestClient, address: str, language: str
) -> None:
    client.cookies.set("language", language)

    answer = client.get(address)

    page = Page(answer.text)
    assert answer.status_code == 200
    assert page.all("html", lang={"zh": "zh-CN", "en": "en"}[language])
    assert {"zh": "数据更新于 2026-06-20", "en": "Data as of 2026-06-20"}[language] in page.text
    assert {"zh": "位置", "en": "position"}[language] in page.text


def test_no_link_leads_nowhere_and_nothing_is_loaded_from_elsewhere(client: TestClient) -> None:
    seen: dict[str, int] = {}
    ahead = ["/"]
    while ahead:
        address = ahead.pop()
        answer = client.get(address)
        seen[address] = answer.status_code
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        page = Page(answer.text)
        loaded = {str(e.get("src") or e.get("href")) for tag, e in page.elements if tag in {"script", "link", "img"}}
        assert all(source.startswith("/static/") for source in loaded), address
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        found = {a.partition("#")[0] for a in [*page.links, *loaded] if _worth_following(a)}
        ahead += sorted(found - seen.keys() - set(ahead))

    assert {a: status for a, status in seen.items() if status not in {200, 303}} == {}
    assert len(seen) > 20


def _worth_following(address: str) -> bool:
    """One of each kind: no other choice of days, and of persons those whose number ends in 7."""
    path, _, query = address.partition("?")
    if path.startswith("/people/") and not path.partition("/why")[0].endswith("7"):
        return False
    return address.startswith("/") and not any(
        word in query for word in ("range=", "since=", "order=", "show=", "page=", "kind=", "window=")
    )


def test_charts_load_their_library_only_where_there_are_charts(client: TestClient) -> None:
    def has_library(address: str) -> bool:
        return "echarts" in client.get(address).text

    assert [has_library(a) for a in ("/", "/people", "/mall", "/groups", "/live/live-0617")] == [
        False,
        False,
        True,
        True,
        True,
    ]


def test_our_own_files_may_be_kept_for_ever_since_their_address_changes_with_them(client: TestClient) -> None:
    sheet = Page(client.get("/").text).all("link", rel="stylesheet")[0]["href"]

    assert "?v=" in sheet
    assert "immutable" in client.get(sheet).headers["cache-control"]
    assert client.get("/static/vendor/vendor.lock.json").status_code == 404
    assert client.get("/static/../pages/site.py").status_code == 404


def test_what_a_page_with_a_chart_loads_on_the_first_visit_weighs_less_than_400_kilobytes(client: TestClient) -> None:
    def weight(address: str) -> int:
        with client.stream("GET", address, headers={"accept-encoding": "gzip"}) as answer:
            return sum(map(len, answer.iter_raw()))

    page = Page(client.get("/mall").text)
    loaded = {str(e.get("src") or e.get("href")) for tag, e in page.elements if tag in {"script", "link"}}

    assert sum(map(weight, loaded)) < 400_000


@pytest.mark.parametrize(
    "address", ["/live/nope", "/people/999999", "/journeys/nope", "/people/3/why?journey=nope", "/nowhere"]
)
def test_what_is_not_there_is_a_page_that_says_so(client: TestClient, address: str) -> None:
    answer = client.get(address, headers={"accept": "text/html"})

    assert answer.status_code == 404
    assert "没有找到" in Page(answer.text).text


def test_a_program_that_asks_for_an_unknown_address_gets_no_page(client: TestClient) -> None:
    assert client.get("/v1/nowhere", headers={"accept": "text/html"}).json() == {"detail": "Not Found"}
    assert client.get("/nowhere", headers={"accept": "application/json"}).json() == {"detail": "Not Found"}


def test_a_table_that_fails_is_a_page_too_and_stands_in_the_servers_log(
    world: PageContext, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def rows(self, sql: str, params: Any = ()) -> list[dict[str, Any]]:
            raise ProjectionFailed("live_sessions", 17, "out of memory")

        def freshness(self) -> Any:
            return world.reader.freshness()

    broken = replace(world, reader=Broken())  # type: ignore[arg-type]

    answer = TestClient(application(broken)).get("/live")

    assert answer.status_code == 500
    assert "出了点问题" in answer.text
    assert "out of memory" not in answer.text
    assert "out of memory" in caplog.text


def test_before_any_data_every_page_says_what_to_do_next(tmp_path: Path) -> None:
    nothing = Shop(size=0)
    nothing.events.clear()
    client = TestClient(application(context(tmp_path, nothing)))

    texts = {a: Page(client.get(a).text).text for a in ("/", "/live", "/groups", "/people", "/journeys")}

    assert "cdp demo" in texts["/"]
    assert "还没有数据" in texts["/"]
    assert "这段时间没有直播" in texts["/live"]
    assert "还没有社群" in texts["/groups"]
    assert "这里还没有人" in texts["/people"]
    assert "cdp journey deploy" in texts["/journeys"]


@pytest.mark.parametrize("name", ["language", "theme"])
def test_a_preference_is_kept_and_leads_back(client: TestClient, name: str) -> None:
    value = {"language": "en", "theme": "dark"}[name]

    answer = client.get("/preferences", params={name: value, "back": "/people?order=value"})

    assert answer.status_code == 303
    assert answer.headers["location"] == "/people?order=value"
    assert f"{name}={value}" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "back", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "people", "/a\r\nb"]
)
def test_a_preference_never_leads_away(client: TestClient, back: str) -> None:
    assert client.get("/preferences", params={"language": "en", "back": back}).headers["location"] == "/"


def test_a_language_that_is_not_on_offer_changes_nothing(client: TestClient) -> None:
    assert "set-cookie" not in client.get("/preferences", params={"language": "fr"}).headers
    client.cookies.set("language", "fr")
    assert Page(client.get("/").text).all("html", lang="zh-CN")


def test_the_api_reference_is_our_own_copy(client: TestClient) -> None:
    page = Page(client.get("/docs").text)

    assert [s["src"].split("?")[0] for s in page.all("script")] == [
        "/static/vendor/swagger-ui-5.35.0.js",
        "/static/docs.js",
    ]
