"""People: search through the vault, lists, CSV, and one person's page."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from cdp.app.web.pages import PageContext
from cdp.app.web.pages.names import masked
from cdp.clock import DAY
from cdp.events.touchpoint import Identifier
from projections.funnel import FULL_FUNNEL, dropped
from tests.web.reading import Page
from tests.web.serving import application
from tests.web.shop import Shop, at

LOST = "/people.csv?dropped=4&since=2026-06-14&until=2026-06-20"


def test_any_identifier_finds_the_person_it_belongs_to(client: TestClient, shop: Shop, world: PageContext) -> None:
    neighbour = shop.neighbours[3]
    order = next(e.order() for e in shop.events if e.type == "order.paid" and e.who[0] == neighbour.who[0])
    assert order is not None

    for who in (*neighbour.who, order):
        answer = client.get("/people", params={"q": f" {shop.identifiers[who.surrogate].value} "})
        assert answer.headers["location"] == f"/people/{neighbour.subject}"
    assert client.get("/people", params={"q": f"#{neighbour.subject}"}).status_code == 303


def test_a_search_that_finds_nobody_says_so_and_makes_nobody(client: TestClient, shop: Shop) -> None:
    before = len(shop.identifiers)

    answer = client.get("/people", params={"q": "<b>19900000000"})

    assert answer.status_code == 200
    assert "没有找到「<b>19900000000」" in Page(answer.text).text
    assert "<b>19900000000" not in answer.text
    assert len(shop.identifiers) == before


def test_staff_is_in_no_list(client: TestClient) -> None:
    assert "/people/1" not in Page(client.get("/people?order=new").text).links
    assert "共 139 人" in Page(client.get("/people").text).text


def test_pages_of_a_list_follow_each_other_without_gap_or_repeat(client: TestClient) -> None:
    pages = [Page(client.get(f"/people?order=value&page={n}").text).links for n in (1, 2, 3)]

    people = [a for links in pages for a in links if a.startswith("/people/")]
    assert len(people) == len(set(people)) == 139


def test_whoever_a_step_lost_can_be_exported_with_a_byte_order_mark(client: TestClient, world: PageContext) -> None:
    answer = client.get(LOST)

    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    expected = dropped(world.reader, FULL_FUNNEL, step=4, since=at(14, 0), until=at(21, 0), window=14 * DAY)
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-disposition"] == 'attachment; filename="people.csv"'
    assert rows[0][:3] == ["客户编号", "称呼", "楼栋"]
    assert sorted(int(row[0]) for row in rows[1:]) == expected
    assert expected


def test_the_export_is_the_whole_list_and_not_its_first_page(client: TestClient) -> None:
    assert len(client.get("/people.csv").text.splitlines()) == 140


def test_a_name_never_becomes_a_formula_in_a_spreadsheet(world: PageContext) -> None:
    class Mischief:
        def open(self, references: object) -> dict[str, str]:
            return dict.fromkeys(references, '=HYPERLINK("x")')  # type: ignore[call-overload,no-any-return]

    client = TestClient(application(replace(world, vault=Mischief())))  # type: ignore[arg-type]

    rows = list(csv.reader(io.StringIO(client.get("/people.csv").content.decode("utf-8-sig"))))
    assert {row[1] for row in rows[1:]} == {'\'=HYPERLINK("x")'}


def test_identifiers_are_masked_unless_the_workspace_shows_them(world: PageContext, shop: Shop) -> None:
    neighbour = shop.neighbours[3]
    phone = next(i for w in neighbour.who if (i := shop.identifiers[w.surrogate]).type == "phone")
    open_book = replace(world, workspace=replace(world.workspace, show_identifiers=True))

    hidden = TestClient(application(world)).get(f"/people/{neighbour.subject}").text
    shown = TestClient(application(open_book)).get(f"/people/{neighbour.subject}").text

    assert phone.value not in hidden
    assert f"{phone.value[:3]}****{phone.value[-4:]}" in hidden
    assert phone.value in shown


@pytest.mark.parametrize(("value", "shown"), [("13812345678", "138****5678"), ("abc", "***"), ("abcdefg", "a****g")])
def test_masking_keeps_less_than_it_hides_of_short_values(value: str, shown: str) -> None:
    assert masked(Identifier(type="phone", value=value), show=False) == shown


def test_an_id_that_was_merged_away_leads_to_todays_person(client: TestClient, shop: Shop) -> None:
    other = shop.neighbours[3].who[1].surrogate

    assert client.get(f"/people/{other}").headers["location"] == f"/people/{shop.neighbours[3].subject}"
    why = client.get(f"/people/{other}/why", params={"journey": "duanwu-welcome"})
    assert why.headers["location"] == f"/people/{shop.neighbours[3].subject}/why?journey=duanwu-welcome"


def test_somebody_whose_name_was_erased_is_known_by_number_only(world: PageContext) -> None:
    class Empty:
        def open(self, references: object) -> dict[str, str]:
            return {}

        def identifiers(self, surrogates: object) -> dict[int, Identifier]:
            return {}

    text = Page(TestClient(application(replace(world, vault=Empty()))).get("/people/3").text).text  # type: ignore[arg-type]

    assert "邻居 #3" in text
    assert "已删除" in text


def test_a_timeline_narrows_to_one_kind_and_opens_what_was_said(client: TestClient, world: PageContext) -> None:
    talker = world.reader.rows("SELECT any_value(person_id) AS p FROM touchpoints WHERE type = 'group.message_sent'")[
        0
    ]["p"]

    page = Page(client.get(f"/people/{talker}?kind=groups").text)

    types = {li["data-type"].split(".")[0] for li in page.all("li") if "data-type" in li}
    assert types == {"group"}
    assert "今天的荔枝甜吗？" in page.text


def test_a_timeline_goes_on_where_its_last_page_ended(client: TestClient, world: PageContext) -> None:
    busiest = world.reader.rows("SELECT person_id FROM persons WHERE NOT is_staff ORDER BY events DESC LIMIT 1")[0][
        "person_id"
    ]
    shown = world.reader.rows(
        "SELECT count(*) AS n FROM touchpoints WHERE person_id = $p AND type NOT IN"
        " ('journey.stepped', 'action.requested', 'action.attempted')",
        {"p": busiest},
    )[0]["n"]

    pages = [Page(client.get(f"/people/{busiest}?page={n}").text) for n in range(1, shown // 30 + 2)]

    assert sum(len([li for li in page.all("li") if "data-type" in li]) for page in pages) == shown


def test_a_tag_says_who_gave_it(client: TestClient, world: PageContext) -> None:
    tagged = world.reader.rows("SELECT min(person_id) AS p FROM tags")[0]["p"]

    assert "端午家宴 旅程打上「端午家宴 · 加微欢迎」" in Page(client.get(f"/people/{tagged}").text).text
