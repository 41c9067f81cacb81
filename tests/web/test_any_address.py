"""Whatever somebody writes into the address bar, they get a page and never a failure of the server."""

from __future__ import annotations

import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

WORDS = (
    "range",
    "since",
    "until",
    "window",
    "show",
    "order",
    "tag",
    "dropped",
    "page",
    "kind",
    "version",
    "journey",
    "q",
    "settled",
    "said",
    "was",
    "person",
    "reason",
)
VALUES = st.one_of(
    st.text(max_size=12),
    st.integers().map(str),
    st.dates().map(str),
    st.sampled_from(["7d", "month", "-1", "0", "1e9", "٣", "''", "<script>", "duanwu-welcome", "#3", "%00"]),
)
PATHS = st.sampled_from(
    [
        "/mall",
        "/groups",
        "/live",
        "/people",
        "/people/3",
        "/worth",
        "/people/3/why",
        "/people/3/identity",
        "/people/ambiguous",
        "/journeys",
        "/journeys/duanwu-welcome",
    ]
)


QUERIES = st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=4)
SETTINGS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@settings(SETTINGS, max_examples=30)
@given(path=PATHS, params=QUERIES)
def test_no_query_makes_a_page_fail(client: TestClient, path: str, params: dict[str, str]) -> None:
    assert client.get(path, params=params).status_code in {200, 303, 404}


@pytest.mark.slow
@pytest.mark.timeout(600)
@settings(SETTINGS, max_examples=300)
@given(path=PATHS, params=QUERIES)
def test_none_of_many_queries_makes_a_page_fail(client: TestClient, path: str, params: dict[str, str]) -> None:
    assert client.get(path, params=params).status_code in {200, 303, 404}


@pytest.mark.parametrize(
    "address",
    [
        "/people/99999999999999999999999999999999999999999999",
        "/people/0",
        "/people?q=%2399999999999999999999999999999999999999999999",
        "/people?q=%23²",
        "/people.csv?dropped=7&since=0001-01-01&until=9999-12-31",
        "/?since=9999-12-31&until=9999-12-31",
        "/mall?since=2000-01-01",
        pytest.param("/groups?since=2000-01-01", marks=pytest.mark.slow),
        "/?since=0001-01-01&until=0001-01-01",
        "/live/%00",
        "/live/..%2f..%2fetc",
        "/journeys/%F0%9F%8D%89",
        "/inbox?reason=nothing",
    ],
)
def test_addresses_at_the_edge_are_pages_too(
    client: TestClient, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        status = client.get(address, headers={"accept": "text/html"}).status_code

    assert status in {200, 303, 404}
    assert caplog.records == []
