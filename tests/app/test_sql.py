"""`/v1/sql`: who may ask, in which format, what the answer says about itself, and what a client that goes away leaves."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import polars as pl
import pytest
from starlette.testclient import TestClient

from cdp.app.opening import prepare
from cdp.app.operations.runtime import Runtime
from cdp.app.settings import load
from cdp.app.system import build
from cdp.app.web.app import create_app
from cdp.app.worker import Worker
from tests.app.test_http import OWN, TOKEN, key, paid
from tests.processes.running import Server, serving, until

IDLE = "SELECT sleep_ms(600000)"
ENDLESS = "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A shop with two orders, held by nobody but this module."""
    directory = tmp_path_factory.mktemp("sql")
    (directory / "cdp.toml").write_text("", encoding="utf-8")
    system = build(load(directory))
    runtime = Runtime(system, Worker(system), serving=False)
    prepare(runtime)
    with TestClient(create_app(runtime, TOKEN), raise_server_exceptions=False) as client:
        client.post("/v1/events", json=[paid("a"), paid("b", data={"amount_fen": 900})], headers=OWN)
        yield client
    system.close()


def ask(kiosk: TestClient, sql: str, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
    return kiosk.post("/v1/sql", json={"sql": sql, **more}, headers=headers or OWN)


def test_a_key_that_may_read_may_ask_and_one_that_writes_may_not(kiosk: TestClient) -> None:
    sql = "SELECT order_id FROM orders ORDER BY 1"
    assert [row["order_id"] for row in ask(kiosk, sql, key(kiosk, "read")).json()["rows"]] == ["a", "b"]
    assert ask(kiosk, sql, key(kiosk, "write")).status_code == 403
    assert kiosk.post("/v1/sql", json={"sql": sql}).status_code == 401
    assert kiosk.get("/v1/sql", headers=OWN).status_code == 405


def test_an_answer_says_up_to_where_its_numbers_know(kiosk: TestClient) -> None:
    answer = ask(kiosk, "SELECT COUNT(*) AS n FROM touchpoints")
    assert answer.json()["rows"] == [{"n": answer.json()["position"]}]
    assert answer.headers["cdp-position"] == str(answer.json()["position"])
    assert answer.headers["cdp-recorded-at"] == answer.json()["recorded_at"]
    assert (answer.headers["cdp-rows"], answer.headers["cdp-truncated"]) == ("1", "false")
    kiosk.post("/v1/events", json={**paid("c"), "type": "mall.visited", "data": {}, "context": {}}, headers=OWN)
    later = ask(kiosk, "SELECT COUNT(*) AS n FROM touchpoints")
    assert int(later.headers["cdp-position"]) == later.json()["rows"][0]["n"] == answer.json()["position"] + 1


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("text/html, */*;q=0.1", "application/json"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("application/json;q=0.5, application/vnd.apache.arrow.stream", "application/vnd.apache.arrow.stream"),
        ("application/vnd.apache.parquet", "application/vnd.apache.parquet"),
        ("application/x-ndjson", "application/x-ndjson"),
    ],
)
def test_the_format_is_what_the_caller_likes_best(kiosk: TestClient, accept: str, media_type: str) -> None:
    answer = ask(kiosk, "SELECT order_id FROM orders", {**OWN, "Accept": accept})
    assert answer.headers["content-type"] == media_type
    named = ask(kiosk, "SELECT order_id FROM orders", {**OWN, "Accept": accept}, format="ndjson")
    assert sorted(json.loads(line)["order_id"] for line in named.text.splitlines()) == ["a", "b"]


def test_a_format_that_is_not_to_be_had_is_406_and_one_that_is_none_422(kiosk: TestClient) -> None:
    assert ask(kiosk, "SELECT 1", {**OWN, "Accept": "image/png"}).status_code == 406
    assert ask(kiosk, "SELECT 1", format="xlsx").json()["code"] == "usage_error"
    csv = kiosk.post("/v1/sql?format=csv", json={"sql": "SELECT 1 AS a"}, headers=OWN)
    assert (csv.text, csv.headers["content-disposition"]) == ('"a"\n1\n', 'attachment; filename="answer.csv"')


def test_arrow_comes_as_a_stream_that_any_client_reads(kiosk: TestClient) -> None:
    answer = ask(kiosk, "SELECT order_id, net_fen FROM orders ORDER BY 1", format="arrow")
    assert pl.read_ipc_stream(answer.content).rows() == [("a", 100), ("b", 900)]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("{", "not JSON"),
        ("[]", "no query"),
        ("{}", "no query"),
        ('{"sql": 5}', "no query"),
        ('{"sql": "SELECT 1", "params": []}', "no query"),
        ('{"sql": "SELECT 1", "colour": 1}', "no query"),
        ('{"sql": "SELECT 1", "limit": -1}', "0 or more"),
        ('{"sql": "SELECT 1", "seconds": 0}', "more than 0"),
        ('{"sql": "SELECT 1", "seconds": 9e18}', "at most"),
        ('{"sql": "SELECT $a", "params": {"a": 99999999999999999999}}', "64 bits"),
        ('{"sql": "SELECT 1; SELECT 2"}', "one query"),
        ('{"sql": ""}', "no query"),
        ('{"sql": "SELECT \\u0000"}', ""),
    ],
)
def test_a_body_that_is_no_question_is_a_problem(kiosk: TestClient, body: str, says: str) -> None:
    answer = kiosk.post("/v1/sql", content=body, headers=OWN)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert says in answer.json()["detail"]


def test_a_mistake_is_a_problem_with_its_place(kiosk: TestClient) -> None:
    answer = ask(kiosk, "SELECT order_id,\n  colour\nFROM orders", key(kiosk, "read"))
    assert (answer.status_code, answer.json()["code"]) == (422, "usage_error")
    (problem,) = answer.json()["problems"]
    assert (problem["file"], problem["line"], problem["path"]) == ("sql", 2, "column 3")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with tight bounds on queries, and a few orders."""
    directory = tmp_path_factory.mktemp("small")
    (directory / "cdp.toml").write_text(
        "[sql]\nseconds = 0.4\nrows = 1500\nmemory_mb = 256\nat_once = 1\nwait_seconds = 0.3\n", encoding="utf-8"
    )
    with serving(directory) as server:
        server.http.post("/v1/events", json=[paid(f"o{n}") for n in range(20)]).raise_for_status()
        server.settled()
        yield server
    assert "Traceback" not in (directory / "server.log").read_text(encoding="utf-8")


def test_bounds_hold_for_keys_and_the_server_goes_on(server: Server) -> None:
    secret = server.ask("key.create", scope="read")["secret"]
    analyst = httpx.Client(base_url=server.info.url, headers={"Authorization": f"Bearer {secret}"}, trust_env=False)

    def asked(sql: str, **more: Any) -> httpx.Response:
        return analyst.post("/v1/sql", json={"sql": sql, **more}, timeout=30)

    # rows: the answer says that there were more, whatever was asked for
    cut = asked("SELECT range FROM range(5000)", limit=4000)
    assert (len(cut.json()["rows"]), cut.json()["truncated"]) == (1500, True)
    assert (cut.headers["cdp-row-limit"], cut.headers["cdp-truncated"]) == ("1500", "true")
    assert server.http.post("/v1/sql", json={"sql": "SELECT range FROM range(5000)"}).json()["row_count"] == 5000

    # time and memory: a problem that names the bound
    slow = asked(IDLE, seconds=60)
    assert (slow.status_code, slow.json()["code"]) == (422, "query_stopped")
    assert "0.4 s" in slow.json()["detail"]
    large = asked("SELECT SUM(length(repeat('x' || range, 100000000))) FROM range(2000)")
    assert (large.status_code, large.json()["code"]) == (422, "query_stopped")

    # events come in, and into the tables, while a query takes all it may
    with _asked(server, ENDLESS):
        waited = []
        for number in range(5):
            began = time.monotonic()
            assert server.http.post("/v1/events", json=paid(f"later{number}")).json()["accepted"] == 1
            waited.append(time.monotonic() - began)
        assert max(waited) < 2, waited
        server.settled()
    assert asked("SELECT COUNT(*) AS n FROM orders").json()["rows"] == [{"n": 25}]
    assert server.http.get("/healthz").is_success

    # a client that goes away before the answer, or in the middle of it, ends the query
    for sql, form in ((IDLE, "json"), ("SELECT range, repeat('x', 1000) AS t FROM range(100000000)", "csv")):
        began = time.monotonic()
        with pytest.raises(httpx.TimeoutException):
            _take(server, sql, form, 0.4)
        assert until(lambda: True if asked("SELECT 1").status_code == 200 else None, 60)
        assert time.monotonic() - began < 60
        assert not children_of(server.pid) or len(children_of(server.pid)) == 1

    # one at a time: the next is told to come again
    endless = {"sql": "SELECT range, repeat('x', 1000) AS t FROM range(100000000)", "format": "csv"}
    with httpx.stream("POST", f"{server.info.url}/v1/sql", json=endless, headers=server.http.headers) as answer:
        pieces = answer.iter_raw()
        assert next(pieces)
        refused = server.http.post("/v1/sql", json={"sql": "SELECT 1"}, timeout=30)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
    analyst.close()


@contextmanager
def _asked(server: Server, sql: str) -> Iterator[int]:
    """While a client waits for an answer; the process that works on it. Then the client goes away."""
    address, body = urlsplit(server.info.url), json.dumps({"sql": sql}).encode()
    head = f"POST /v1/sql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.info.token}\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((address.hostname, address.port)) as line:
        line.sendall(head.encode() + body)
        yield until(lambda: next(iter(children_of(server.pid)), None))


def _take(server: Server, sql: str, form: str, seconds: float) -> None:
    """Take an answer as long as it comes, and go away after a while."""
    end = time.monotonic() + seconds
    body = {"sql": sql, "format": form}
    with server.http.stream("POST", "/v1/sql", json=body, timeout=seconds) as response:
        for _ in response.iter_raw():
            if time.monotonic() > end:
                raise httpx.ReadTimeout("enough")


def children_of(pid: int) -> list[int]:
    """The processes that a process started and that are still there."""
    return [int(p) for t in Path(f"/proc/{pid}/task").iterdir() for p in (t / "children").read_text().split()]


@pytest.mark.slow
def test_a_server_that_is_killed_takes_the_process_of_a_query_with_it(tmp_path: Path) -> None:
    (tmp_path / "cdp.toml").write_text("", encoding="utf-8")
    server = Server(tmp_path)
    with _asked(server, ENDLESS) as process:
        assert Path(f"/proc/{process}").exists()
        server.kill()
        assert until(lambda: True if not Path(f"/proc/{process}").exists() else None)


def test_an_answer_that_is_torn_never_looks_whole(server: Server) -> None:
    secret = server.ask("key.create", scope="read")["secret"]
    # more than a megabyte at once, then nothing until its time is over
    sql = "SELECT repeat('x', 1000) AS t FROM range(1400) UNION ALL SELECT sleep_ms(60000)::VARCHAR"
    for form in ("csv", "arrow"):
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.post(
                f"{server.info.url}/v1/sql", json={"sql": sql, "format": form}, timeout=30,
                headers={"Authorization": f"Bearer {secret}"}, trust_env=False,
            )  # fmt: skip
    assert server.http.post("/v1/sql", json={"sql": "SELECT 1"}).is_success
