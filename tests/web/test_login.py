"""Beyond loopback nobody sees a page without a key, and no other site can use a form of ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from cdp.app.web.pages import PageContext, Reach
from cdp.app.web.pages.context import LOOPBACK
from tests.web.reading import Page
from tests.web.serving import application


@dataclass(frozen=True)
class OneKey:
    """Lets in whoever knows the one key."""

    secret: bytes = b"s" * 32
    revoked: set[str] = field(default_factory=set)
    reaches: frozenset[str] = frozenset({"operate", "admin"})

    def check(self, name: str, password: str) -> str | None:
        return "sesame" if password == "open sesame" else None

    def holds(self, key: str) -> bool:
        return key == "sesame" and key not in self.revoked

    def may(self, key: str, reach: Reach) -> bool:
        return self.holds(key) and reach in self.reaches


@pytest.fixture
def visitor(world: PageContext) -> Iterator[TestClient]:
    with TestClient(application(replace(world, login=OneKey())), follow_redirects=False) as client:
        yield client


def form(client: TestClient, address: str = "/login") -> dict[str, str]:
    """The hidden fields of a page's form."""
    return {i["name"]: i["value"] or "" for i in Page(client.get(address).text).all("input", type="hidden")}


def log_in(client: TestClient, **changes: str) -> int:
    fields = form(client) | {"name": "老王", "password": "open sesame"} | changes
    return client.post("/login", data=fields).status_code


@pytest.mark.parametrize("address", ["/", "/people", "/people.csv", "/people/3", "/journeys", "/docs", "/live"])
def test_without_a_session_every_page_leads_to_the_login(visitor: TestClient, address: str) -> None:
    answer = visitor.get(address)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?back=")


def test_the_right_key_opens_the_page_one_wanted(visitor: TestClient) -> None:
    login = visitor.get("/people?order=value").headers["location"]
    fields = form(visitor, login) | {"name": "老王", "password": "open sesame"}

    answer = visitor.post("/login", data=fields)

    assert answer.headers["location"] == "/people?order=value"
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert "samesite=lax" in answer.headers["set-cookie"].lower()
    assert visitor.get("/people").status_code == 200


def test_a_wrong_key_opens_nothing(visitor: TestClient) -> None:
    assert log_in(visitor, password="open barley") == 401
    assert visitor.get("/").status_code == 303


@pytest.mark.parametrize("forged", ["", "0" * 64])
def test_a_form_without_our_token_is_refused(visitor: TestClient, forged: str) -> None:
    assert log_in(visitor, csrf=forged) == 403
    assert visitor.get("/").status_code == 303


def test_a_token_of_another_browser_is_refused(visitor: TestClient, world: PageContext) -> None:
    other = TestClient(application(replace(world, login=OneKey())))

    assert log_in(visitor, csrf=form(other)["csrf"]) == 403


def test_a_form_that_another_site_sends_is_refused(visitor: TestClient) -> None:
    fields = form(visitor) | {"name": "老王", "password": "open sesame"}

    assert visitor.post("/login", data=fields, headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_a_session_made_with_another_secret_is_none(visitor: TestClient, world: PageContext) -> None:
    assert log_in(visitor) == 303
    other = TestClient(application(replace(world, login=OneKey(b"t" * 32))), follow_redirects=False)
    other.cookies = visitor.cookies

    assert other.get("/").status_code == 303


def test_whoever_logs_out_is_out_and_only_by_a_form_of_ours(visitor: TestClient) -> None:
    assert log_in(visitor) == 303

    assert visitor.post("/logout", data={"csrf": "0"}).status_code == 403
    assert visitor.get("/").status_code == 200
    assert visitor.post("/logout", data=form(visitor, "/")).status_code == 303
    assert visitor.get("/").status_code == 303


def test_the_login_page_tells_nothing_about_the_shops_data(visitor: TestClient) -> None:
    text = Page(visitor.get("/login").text).text

    assert "位置" not in text
    assert "数据更新于" not in text


def test_on_loopback_there_is_no_login(client: TestClient) -> None:
    assert client.get("/login").status_code == 404
    assert client.get("/").status_code == 200


def test_a_key_that_is_revoked_logs_out_whoever_came_in_with_it(world: PageContext) -> None:
    login = OneKey()
    client = TestClient(application(replace(world, login=login)), follow_redirects=False)
    assert log_in(client) == 303
    assert client.get("/people").status_code == 200

    login.revoked.add("sesame")

    assert client.get("/people").headers["location"].startswith("/login")


HERE = {"Host": "127.0.0.1:8420"}
PAGES = ["/", "/people", "/people.csv", "/people/3", "/journeys", "/docs", "/live"]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8420", "localhost", "LOCALHOST:80", "[::1]", "[::1]:8420"])
def test_without_a_login_pages_open_under_the_names_of_this_machine(world: PageContext, host: str) -> None:
    client = TestClient(application(replace(world, hosts=LOOPBACK)))

    assert client.get("/people", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "shop.example"},
        {"Host": "127.0.0.1.shop.example:8420"},
        {"Host": "[::2]:8420"},
        {"Host": ""},
        HERE | {"X-Forwarded-For": "203.0.113.7"},
        HERE | {"X-Forwarded-Proto": "https"},
        HERE | {"Forwarded": "for=203.0.113.7"},
        HERE | {"Via": "1.1 proxy"},
    ],
)
def test_without_a_login_pages_refuse_foreign_names_and_proxies_and_tell_nothing(
    world: PageContext, headers: dict[str, str]
) -> None:
    client = TestClient(application(replace(world, hosts=LOOPBACK)))

    for address in (*PAGES, "/nowhere"):
        answer = client.get(address, headers={"Accept": "text/html"} | headers)
        assert answer.status_code == (404 if address == "/nowhere" else 421)
        assert world.workspace.name not in answer.text
    assert "本机" in Page(client.get("/", headers=headers).text).text


def test_without_a_login_pages_refuse_a_proxy_that_keeps_silent_and_speaks_http_1_0(world: PageContext) -> None:
    app = application(replace(world, hosts=LOOPBACK))

    async def spoken_to_in_1_0(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "http_version": "1.0"}, receive, send)

    assert TestClient(spoken_to_in_1_0, base_url="http://127.0.0.1").get("/people").status_code == 421


def test_with_a_login_pages_answer_under_any_name_and_through_proxies(visitor: TestClient) -> None:
    assert log_in(visitor) == 303

    assert visitor.get("/people", headers={"Host": "shop.example", "X-Forwarded-For": "203.0.113.7"}).status_code == 200
