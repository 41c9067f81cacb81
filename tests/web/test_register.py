"""Who is one person, on pages: both side by side, why, and what somebody says about it; and who may."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from cdp.app.web.pages import PageContext
from tests.operations.shop import Shop, open_shop
from tests.operations.test_linking import Household
from tests.web.reading import Page
from tests.web.register import ONE, OTHER, Register
from tests.web.serving import application
from tests.web.test_login import OneKey, log_in

OURS = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}


@dataclass
class Visitor:
    """Somebody in front of the pages."""

    client: TestClient
    register: Register

    def page(self, address: str) -> Page:
        answer = self.client.get(address)
        assert answer.status_code == 200, answer.text
        return Page(answer.text)

    def says(self, address: str, headers: dict[str, str] = OURS, **fields: Any) -> str | int:
        """Send a form; where it leads, or the status of a refusal."""
        forms = self.page(address).all("input", name="csrf")
        csrf = str(forms[0]["value"] or "") if forms else ""
        answer = self.client.post(address.partition("?")[0], data={"csrf": csrf, **fields}, headers=headers)
        return answer.headers.get("location", answer.status_code)


def visitor(world: PageContext, login: OneKey | None = None) -> Visitor:
    register = Register()
    pages = application(replace(world, register=register, login=login))
    return Visitor(TestClient(pages, follow_redirects=False), register)


@pytest.fixture
def here(world: PageContext) -> Visitor:
    """Somebody who sits at this machine."""
    return visitor(world)


def test_two_who_may_be_one_stand_side_by_side_with_what_links_them(here: Visitor) -> None:
    page = here.page("/people/ambiguous")
    assert [f"/people/{p}/identity" in page.links for p in (ONE, OTHER)] == [True, True]
    assert "合在一起会超过 1 个微信 UnionID" in page.text
    assert "一起出现过：企业微信客户、企业微信客户 · 付款" in page.text
    assert [b["value"] for b in page.all("button", name="same")] == ["true", "false"]
    assert "又出现了新的线索" in here.page("/people/ambiguous?settled=1").text
    assert "/people/ambiguous" in here.page("/people").links


def test_what_is_said_goes_on_record_with_the_reason(here: Visitor) -> None:
    pair = {"person": [ONE, OTHER]}
    assert (
        here.says("/people/ambiguous", same="true", reason=" 同一部手机 ", **pair)
        == f"/people/ambiguous?said=same&person={ONE}"
    )
    assert here.says("/people/ambiguous", same="false", **pair) == f"/people/ambiguous?said=different&person={ONE}"
    assert here.says(f"/people/{ONE}/identity", identifier=900001) == f"/people/{ONE}/identity?said=out"
    assert here.register.said == [
        ("same", ONE, OTHER, "", "同一部手机"), ("different", ONE, OTHER, "", ""), ("out", ONE, 900001, "", "")
    ]  # fmt: skip
    assert "记下了：同一个人" in here.page(f"/people/ambiguous?said=same&person={ONE}").text


@pytest.mark.parametrize(
    ("address", "fields", "said"),
    [
        ("/people/ambiguous", {"person": [ONE, 4], "same": "true"}, "gone"),
        ("/people/ambiguous", {"person": [ONE, OTHER], "same": "true", "reason": "13800138000"}, "wrong"),
        (f"/people/{ONE}/identity", {"identifier": 7777}, "gone"),
        (f"/people/{ONE}/identity", {"identifier": 900001, "reason": "13800138000"}, "wrong"),
    ],
)
def test_what_cannot_be_noted_is_told(here: Visitor, address: str, fields: dict[str, Any], said: str) -> None:
    where = here.says(address, **fields)
    assert where == f"{address}?said={said}"
    assert 'role="status"' in here.client.get(str(where)).text
    assert here.register.said == []


def test_why_somebody_is_one_person_stands_with_the_event_and_who_said_so(here: Visitor) -> None:
    text = here.page(f"/people/{ONE}/identity").text
    assert "付款 · 2026-06-19 19:30 · youzan/main · 位置 17" in text
    assert "有人说过，不受上限约束" in text
    assert "老王 是邻居" in text
    assert "#900001 已删除" in text
    assert "可能和这位是同一个人" in text
    for words in ("本不该有", "本该是另一种结果", "发到了另一个人那里", "本该有，却没有", "本来就没有合在一起"):
        assert words in text
    assert f"/people/{OTHER}/why?journey=duanwu-welcome" in here.page(f"/people/{ONE}/identity").links


def test_an_id_that_was_merged_away_leads_there_and_says_so(here: Visitor) -> None:
    merged = here.client.get("/people/7/identity").headers["location"]
    assert merged == "/people/6/identity?was=7"
    assert "#7 已并入 #6" in here.page(merged).text
    assert "#7 已并入 #6" in here.page(here.client.get("/people/7").headers["location"]).text


def test_whoever_may_only_look_sees_no_buttons_and_is_refused(world: PageContext) -> None:
    guest = visitor(world, OneKey(reaches=frozenset({"operate"})))
    log_in(guest.client)
    assert guest.page("/people/ambiguous").all("button", name="same") == []
    assert guest.says("/people/ambiguous", person=[ONE, OTHER], same="true") == 403
    assert guest.says(f"/people/{ONE}/identity", identifier=ONE) == 403
    assert guest.register.said == []


def test_a_form_of_another_site_and_half_a_form_are_refused(here: Visitor) -> None:
    elsewhere = {"Origin": "http://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    assert here.says("/people/ambiguous", elsewhere, person=[ONE, OTHER], same="true") == 403
    assert here.says("/people/ambiguous", same="true") == 400
    assert here.says("/people/ambiguous", person=[ONE, OTHER], same="perhaps") == 400
    assert here.register.said == []


def test_without_the_port_there_is_no_such_page(client: TestClient) -> None:
    assert client.get("/people/ambiguous").status_code == 404
    assert "/people/ambiguous" not in client.get("/people").text


def test_over_a_real_shop_what_a_button_says_comes_true(tmp_path: Path) -> None:
    with open_shop(tmp_path / "shop") as shop:
        home = Household(shop, "0042")
        home.happens((home.ann, home.phone), (home.bob, home.phone), (home.browser,))
        two = home.persons(home.ann, home.bob)
        browser = TestClient(shop.http.app, base_url="http://127.0.0.1", follow_redirects=False)
        here = {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"}
        assert "138****0042" in browser.get("/people/ambiguous").text
        said = browser.post("/people/ambiguous", data={"person": two, "same": "true", "reason": "小号"}, headers=here)
        assert said.headers["location"] == f"/people/ambiguous?said=same&person={two[0]}"
        assert home.persons(home.ann, home.bob) == [two[0]] * 2
        assert "没有拿不准的人" in browser.get("/people/ambiguous").text
        page = browser.get(f"/people/{two[0]}/identity").text
        assert "有人说过，不受上限约束" in page
        out = browser.post(f"/people/{two[0]}/identity", data={"identifier": home.number(home.bob)}, headers=here)
        assert out.headers["location"] == f"/people/{two[0]}/identity?said=out"
        assert home.persons(home.ann, home.bob) == two
        _ask_everything(shop, browser)


def _ask_everything(shop: Shop, browser: TestClient) -> None:
    for row in shop.ask("sql", sql="SELECT person_id FROM persons"):
        assert browser.get(f"/people/{row['person_id']}/identity").status_code == 200
