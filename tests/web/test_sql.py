"""The page for SQL: a query, its rows or what is wrong with it, the same rows as a file, and the dictionary beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import Request, Response
from starlette.testclient import TestClient

from cdp.app.web.pages import PageContext
from cdp.app.web.pages.sql import EXAMPLES
from tests.app.test_sql import kiosk  # noqa: F401
from tests.web.reading import Page
from tests.web.serving import application
from tests.web.test_login import OneKey, log_in

HERE = "http://127.0.0.1"


class Library:
    """A desk with one table, which answers one row."""

    def tables(self) -> Sequence[Mapping[str, Any]]:
        column = {"name": "order_id", "type": "VARCHAR", "en": "The order's number.", "zh": "订单号"}
        return [{"name": "orders", "en": "A row is one order.", "zh": "一行是一个订单。", "columns": [column]}]

    def ask(self, sql: str, rows: int) -> Mapping[str, Any]:
        columns, answer = [{"name": "order_id", "type": "VARCHAR"}], [{"order_id": "E1"}]
        head = {"position": 4, "recorded_at": "2026-06-19T11:30:00Z"}
        return {"columns": columns, "rows": answer, "row_count": 1, "truncated": False, **head}

    async def spreadsheet(self, request: Request, sql: str) -> Response:
        return Response(b"order_id", media_type="text/csv")


@pytest.fixture
def browser(kiosk: TestClient) -> TestClient:  # noqa: F811
    kiosk.cookies.clear()
    return kiosk


def ask(browser: TestClient, sql: str, path: str = "/sql", **headers: str) -> Page:
    answer = browser.post(HERE + path, data={"sql": sql}, headers=headers)
    assert answer.status_code in (200, 422), answer.text
    return Page(answer.text)


def test_a_query_is_answered_with_its_rows_and_the_moment_of_the_numbers(browser: TestClient) -> None:
    page = ask(browser, "SELECT order_id, net_fen, NULL AS nothing, [1, 2] AS list FROM orders ORDER BY 1")
    for said in ("order_id", "net_fen", "900", "NULL", "[1, 2]", "共 2 行", "位置"):
        assert said in page.text
    assert "SELECT order_id" in page.text


def test_what_is_wrong_is_told_with_its_place_and_the_text_stays(browser: TestClient) -> None:
    page = ask(browser, "SELECT order_id,\n  colour FROM orders")
    assert "第 2 行第 3 列" in page.text
    assert "colour FROM orders" in page.text
    assert "read_text" in ask(browser, "SELECT * FROM read_text('/etc/passwd')").text
    assert "没有符合条件" in ask(browser, "SELECT 1 WHERE FALSE").text


def test_more_rows_than_a_page_holds_are_told_of_and_come_as_a_file(browser: TestClient) -> None:
    assert "只显示前 200 行" in ask(browser, "SELECT * FROM range(500)").text
    answer = browser.post(f"{HERE}/sql.csv", data={"sql": "SELECT '=1' AS a, range FROM range(500)"})
    assert answer.headers["content-disposition"] == 'attachment; filename="answer.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert len(answer.text.splitlines()) == 501
    assert "'=1" in answer.text
    assert "第 1 行" in ask(browser, "SELEC 1", "/sql.csv").text


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_answered(browser: TestClient, example: str) -> None:
    page = browser.get(f"{HERE}/sql?example={example}").text
    assert escape(EXAMPLES[example], quote=False).split("\n")[0] in page
    assert browser.post(f"{HERE}/sql", data={"sql": EXAMPLES[example]}).status_code == 200


def test_the_dictionary_stands_beside_it_in_the_language_of_the_page(browser: TestClient) -> None:
    assert "一行是一个订单" in browser.get(f"{HERE}/sql").text
    browser.cookies.set("language", "en", domain="127.0.0.1")
    page = browser.get(f"{HERE}/sql").text
    assert "A row is one order" in page
    assert "一行是一个订单" not in page
    assert 'href="/sql"' in browser.get(f"{HERE}/people").text


def test_a_form_of_another_site_asks_nothing(browser: TestClient) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        for path in ("/sql", "/sql.csv"):
            assert browser.post(HERE + path, data={"sql": "SELECT 1"}, headers=headers).status_code == 403


def test_whoever_is_not_logged_in_is_asked_to_and_a_page_without_a_desk_is_not_there(world: PageContext) -> None:
    stranger = TestClient(application(replace(world, login=OneKey())), follow_redirects=False)
    answer = stranger.post("/sql", data={"sql": "SELECT 1"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/login?back={quote('/', safe='')}")
    log_in(stranger)
    assert stranger.get("/sql").status_code == 404
