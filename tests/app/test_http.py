"""The HTTP interface: who may do what, how errors look, and that questions are answered from the log's own words."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from cdp.app.opening import prepare
from cdp.app.operations.runtime import Runtime
from cdp.app.settings import load
from cdp.app.system import build
from cdp.app.web.app import create_app
from cdp.app.web.pages_context import page_context
from cdp.app.worker import Worker
from cdp.clock import iso
from tests.finished import place

TOKEN = "the-workspace-token"
OWN = {"Authorization": f"Bearer {TOKEN}"}


@contextmanager
def opened(directory: Path) -> Iterator[Runtime]:
    system = build(load(directory))
    runtime = Runtime(system, Worker(system), serving=False)
    try:
        prepare(runtime)
        yield runtime
    finally:
        system.close()


def new_shop(directory: Path) -> None:
    """A workspace in which nothing has happened, its tables up to date."""
    (directory / "cdp.toml").write_text('[workspace]\nname = "老王"\n', encoding="utf-8")
    with opened(directory) as runtime:
        runtime.catch_up()


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    place(tmp_path, new_shop)
    with opened(tmp_path) as runtime:
        yield runtime


@pytest.fixture
def client(runtime: Runtime) -> Iterator[TestClient]:
    with TestClient(create_app(runtime, TOKEN), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A shop that several tests share, since they leave nothing in it."""
    directory = tmp_path_factory.mktemp("shared")
    place(directory, new_shop)
    with opened(directory) as runtime, TestClient(create_app(runtime, TOKEN), raise_server_exceptions=False) as client:
        yield client


def paid(id: str = "o1", **fields: Any) -> dict[str, Any]:
    return {
        "id": id, "source": "mall", "type": "order.paid", "occurred_at": "2026-06-13T20:15:00+08:00",
        "who": [{"type": "phone", "value": "19900000001"}], "data": {"amount_fen": 100}, "context": {"order": id}, **fields,
    }  # fmt: skip


def key(client: TestClient, scope: str) -> dict[str, str]:
    secret = client.post("/v1/operations/key.create", json={"scope": scope}, headers=OWN).json()["secret"]
    return {"Authorization": f"Bearer {secret}"}


def test_without_a_key_nothing_comes_in_or_out(client: TestClient) -> None:
    for method, path in (
        ("POST", "/v1/events"),
        ("GET", "/v1/status"),
        ("GET", "/v1/persons/1"),
        ("POST", "/driven/advance"),
    ):
        answer = client.request(method, path, json={"to": 1})
        assert answer.status_code == 401, path
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("scope", "may", "may_not"),
    [
        ("write", [("POST", "/v1/events")], [("GET", "/v1/status"), ("POST", "/v1/operations/journey.deploy")]),
        ("read", [("GET", "/v1/status")], [("POST", "/v1/events"), ("POST", "/v1/persons/1/erase")]),
        ("operate", [("POST", "/v1/operations/inbox.replay")], [("POST", "/v1/operations/key.create")]),
    ],
)
def test_a_key_reaches_as_far_as_its_scope(
    client: TestClient, scope: str, may: list[tuple[str, str]], may_not: list[tuple[str, str]]
) -> None:
    headers = key(client, scope)
    assert all(client.request(m, p, json={} if "operations" in p else [], headers=headers).is_success for m, p in may)
    assert {client.request(m, p, json={}, headers=headers).status_code for m, p in may_not} == {403}


def test_a_write_key_may_come_as_the_user_of_basic(client: TestClient) -> None:
    secret = key(client, "write")["Authorization"].removeprefix("Bearer ")
    basic = base64.b64encode(f"{secret}:".encode()).decode()
    assert client.post("/v1/events", json=paid(), headers={"Authorization": f"Basic {basic}"}).json()["accepted"] == 1


def test_each_event_gets_its_own_answer_and_a_failure_stays_in_the_inbox(client: TestClient) -> None:
    answer = client.post(
        "/v1/events", json=[paid("a"), paid("b", data={"amount_fen": "1"}), paid("a")], headers=OWN
    ).json()
    assert [e["outcome"] for e in answer["events"]] == ["accepted", "failed", "duplicate"]
    assert (answer["events"][1]["reason"], answer["events"][1]["path"]) == ("schema", "$.data.amount_fen")
    (failure,) = client.post("/v1/operations/inbox.list", json={}, headers=OWN).json()["failures"]
    shown = client.post("/v1/operations/inbox.show", json={"raw": failure["id"]}, headers=OWN).json()
    assert '"amount_fen":"1"' in shown["readable"]


def test_validating_writes_nothing(client: TestClient) -> None:
    before = client.get("/v1/status", headers=OWN).json()["log"]
    answer = client.post("/v1/validate", json=[paid(), paid(type="nonsense")], headers=OWN).json()
    assert [e["outcome"] for e in answer["events"]] == ["accepted", "failed"]
    assert client.get("/v1/status", headers=OWN).json()["log"] == before


@pytest.mark.parametrize("body", ["", "{", "[1,", '"text"', "5", "null"])
def test_a_body_that_is_no_json_of_ours_is_a_problem_and_never_an_error_of_ours(client: TestClient, body: str) -> None:
    answer = client.post("/v1/events", content=body, headers=OWN)
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert answer.json()["failed"] == 1


def test_a_body_that_cannot_be_taken_apart_stays_in_the_inbox_whole(client: TestClient) -> None:
    assert client.post("/v1/events", content='{"id": "half', headers=OWN).status_code == 400
    assert client.post("/v1/track", content='{"event":', headers=OWN).status_code == 400
    failures = client.get("/v1/inbox", headers=OWN).json()["failures"]
    assert [f["reason"] for f in failures] == ["schema", "schema"]
    assert client.get(f"/v1/inbox/{failures[0]['id']}", headers=OWN).json()["body"] == '{"id": "half'
    assert client.post("/v1/validate", content="{", headers=OWN).status_code == 400
    assert len(client.get("/v1/inbox", headers=OWN).json()["failures"]) == 2


def test_a_person_is_found_by_what_they_are_known_by_and_shown_with_it(client: TestClient) -> None:
    client.post("/v1/events", json=paid(), headers=OWN)
    found = client.get("/v1/persons", params={"identifier": "phone:19900000001"}, headers=OWN).json()
    assert found["facts"]["paid_orders"] == 1
    assert "19900000001" in {i["value"] for i in found["identifiers"]}
    assert (
        client.get(f"/v1/persons/{found['person_id']}/timeline", headers=OWN).json()["events"][0]["type"]
        == "order.paid"
    )
    assert client.get("/v1/persons", params={"identifier": "phone:000"}, headers=OWN).status_code == 404


def test_a_key_that_may_read_sees_what_somebody_did_and_not_who_they_are(client: TestClient) -> None:
    client.post("/v1/events", json=paid(), headers=OWN)
    found = client.get("/v1/persons", params={"identifier": "phone:19900000001"}, headers=key(client, "read")).json()
    assert found["facts"]["paid_orders"] == 1
    assert {i["value"] for i in found["identifiers"]} == {None}
    asked = {"identifier": "phone:19900000001", "reveal": True}
    assert client.post("/v1/operations/person.find", json=asked, headers=key(client, "read")).status_code == 403


def test_journeys_and_inbox_are_operated_over_http(client: TestClient) -> None:
    client.post("/v1/events", json=paid(type="nonsense"), headers=OWN)
    (failure,) = client.get("/v1/inbox", headers=OWN).json()["failures"]
    assert client.get(f"/v1/inbox/{failure['id']}", headers=OWN).json()["items"][0]["reason"] == "unknown_type"
    assert client.post("/v1/inbox/replay", json={}, headers=OWN).json()["still_failed"] == 1
    assert client.post("/v1/journeys/nobody/pause", headers=OWN).status_code == 404
    assert client.post("/v1/journeys/nobody/deploy", headers=OWN).status_code == 422
    assert client.get("/v1/journeys", headers=OWN).json() == {"journeys": []}


def test_two_who_are_linked_are_one_person_until_the_link_is_taken_back(client: TestClient) -> None:
    other = [{"type": "openid", "scope": "wx1", "value": "oWang"}]
    client.post("/v1/events", json=[paid("a"), paid("b", who=other)], headers=OWN)
    both = ["phone:19900000001", "openid:wx1:oWang"]
    linked = client.post(
        "/v1/operations/person.link", json={"identifiers": both, "reason": "told us"}, headers=OWN
    ).json()
    assert len(linked["persons"]) == 1
    parted = client.post("/v1/operations/person.unlink", json={"identifiers": both}, headers=OWN).json()
    assert len(parted["persons"]) == 2


def test_an_erased_person_is_nowhere_to_be_found_and_totals_stay(client: TestClient) -> None:
    client.post("/v1/events", json=[paid("a"), paid("b", data={"amount_fen": "x", "receiver_name": "王"})], headers=OWN)
    before = client.get("/v1/summary", headers=OWN).json()
    found = client.get("/v1/persons", params={"identifier": "phone:19900000001"}, headers=OWN).json()
    report = client.post(f"/v1/persons/{found['person_id']}/erase", headers=OWN).json()
    assert report["raw_bodies"] == 1
    assert client.get("/v1/persons", params={"identifier": "phone:19900000001"}, headers=OWN).status_code == 404
    after = client.get("/v1/summary", headers=OWN).json()
    assert (after["persons"], after["funnel"]) == (before["persons"], before["funnel"])
    verified = client.post("/v1/operations/verify", json={}, headers=OWN).json()
    assert verified["ok"], verified
    again = client.post("/v1/events", json=paid("c"), headers=OWN).json()
    assert again["accepted"] == 1
    back = client.get("/v1/persons", params={"identifier": "phone:19900000001"}, headers=OWN).json()
    assert back["person_id"] != found["person_id"]


def test_verifying_decides_nothing_and_delivers_nothing(client: TestClient, runtime: Runtime) -> None:
    journeys = runtime.system.settings.directory / "journeys"
    journeys.mkdir()
    text = "journey: thanks\nname: 谢谢\nentry: {event: order.paid}\nsteps:\n  - tag: {add: [熟客]}\n"
    (journeys / "thanks.yaml").write_text(text, encoding="utf-8")
    assert client.post("/v1/operations/journey.deploy", json={}, headers=OWN).json()["deployed"]
    now = iso(runtime.system.clock.now())
    assert client.post("/v1/events", json=paid(occurred_at=now), headers=OWN).json()["accepted"] == 1
    head = runtime.system.log.head()
    assert client.post("/v1/operations/verify", json={}, headers=OWN).json()["ok"]
    assert runtime.system.log.head() == head
    runtime.worker.settle()
    assert runtime.system.log.head() > head


def test_the_front_page_of_a_new_workspace_says_what_to_do_next(client: TestClient, runtime: Runtime) -> None:
    runtime.catch_up()
    assert runtime.system.projector.position > 0
    assert "还没有任何数据" in client.get("http://127.0.0.1/").text
    client.post("/v1/events", json=paid(), headers=OWN)
    runtime.catch_up()
    assert "还没有任何数据" not in client.get("http://127.0.0.1/").text


def test_replaying_after_a_fix_takes_what_failed_and_doubles_nothing(client: TestClient, runtime: Runtime) -> None:
    client.post("/v1/events", json=[paid("late", occurred_at="2999-01-01T00:00:00Z")], headers=OWN)
    assert client.post("/v1/operations/inbox.replay", json={}, headers=OWN).json() == {"replayed": 1, "still_failed": 1}
    assert client.post("/v1/operations/inbox.replay", json={"raws": [999]}, headers=OWN).json()["replayed"] == 0


def test_wrong_parameters_are_told_and_unknown_operations_are_not_found(client: TestClient) -> None:
    wrong = client.post("/v1/operations/funnel", json={"steps": ["order.eaten"]}, headers=OWN)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "usage_error")
    assert client.post("/v1/operations/funnel", json={"colour": "red"}, headers=OWN).status_code == 422
    assert client.post("/v1/operations/nonsense", json={}, headers=OWN).status_code == 404


def test_a_clock_that_is_not_driven_cannot_be_moved(client: TestClient) -> None:
    answer = client.post("/driven/advance", json={"to": 1}, headers=OWN)
    assert answer.status_code == 422
    assert "system clock" in answer.json()["detail"]


def test_the_state_of_the_process_needs_no_key_and_names_nobody(client: TestClient) -> None:
    client.post("/v1/events", json=paid(), headers=OWN)
    assert client.get("/healthz").text == "ok\n"
    assert set(client.get("/readyz").json()["stages"]) == {"ingest", "advance", "deliver", "lookup", "project"}
    metrics = client.get("/metrics").text
    assert 'cdp_accepted_total{door="http"} 1.0' in metrics
    assert "19900000001" not in metrics


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("inbox.list", {"limit": "x"}),
        ("inbox.list", {"limit": 2**70}),
        ("person.find", {"identifier": 5}),
        ("person.find", {}),
        ("person.show", {"person": 2**70}),
        ("funnel", {"steps": [5]}),
        ("status", {"runtime": 1}),
        ("status", {"name": "status"}),
        ("status", {"request": 1, "self": 2}),
        ("sql", {"sql": "SELECT 1", "limit": -1}),
        ("sql", {"sql": "SELECT 1; SELECT 2"}),
        ("sql", {"sql": "nonsense"}),
    ],
)
def test_parameters_an_operation_does_not_take_are_wrong_usage(
    reading: TestClient, operation: str, parameters: dict[str, Any]
) -> None:
    answer = reading.post(f"/v1/operations/{operation}", json=parameters, headers=OWN)
    assert (answer.status_code, answer.json()["code"]) == (422, "usage_error")


def test_a_person_beyond_all_numbers_is_a_problem_on_the_route_too(reading: TestClient) -> None:
    assert reading.get(f"/v1/persons/{2**70}", headers=OWN).status_code == 422


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("SELECT 7 AS x -- the answer", 7),
        ("SELECT 7 AS x;", 7),
        ("SELECT 'nan'::DOUBLE AS x", None),
        ("SELECT DATE '2026-06-19' AS x", "2026-06-19"),
        ("SELECT {'a': [DATE '2026-06-19']} AS x", {"a": ["2026-06-19"]}),
        ("SELECT 170141183460469231731687303715884105727::HUGEINT AS x", 2**127 - 1),
    ],
)
def test_a_query_of_any_type_is_answered(reading: TestClient, sql: str, value: object) -> None:
    assert reading.post("/v1/operations/sql", json={"sql": sql}, headers=OWN).json() == [{"x": value}]


def test_queries_over_intervals_and_over_the_settings_of_the_tables_are_answered(reading: TestClient) -> None:
    for sql in ("SELECT INTERVAL 3 DAY AS x", "SELECT * FROM duckdb_settings()", "SELECT 'ab'::BLOB AS x"):
        assert reading.post("/v1/operations/sql", json={"sql": sql}, headers=OWN).is_success, sql


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM range(50)",
        "SELECT 1 UNION ALL SELECT * FROM range(50) -- all",
        "SELECT * FROM range(50) LIMIT 40",
    ],
)
def test_no_query_answers_with_more_rows_than_asked_for(reading: TestClient, sql: str) -> None:
    assert len(reading.post("/v1/operations/sql", json={"sql": sql, "limit": 3}, headers=OWN).json()) == 3


def test_only_the_workspaces_own_command_line_says_where_files_are_written(client: TestClient, tmp_path: Path) -> None:
    elsewhere, archive = tmp_path / "elsewhere", tmp_path / "shop.zip"
    for scope, operation, places in (
        ("operate", "publish", {"to": str(elsewhere)}),
        ("admin", "backup", {"file": str(archive)}),
        ("admin", "backup", {"file": str(archive), "keys": str(elsewhere)}),
    ):
        answer = client.post(f"/v1/operations/{operation}", json=places, headers=key(client, scope))
        assert answer.status_code == 403, operation
    assert not elsewhere.exists()
    assert not archive.exists()
    assert client.post("/v1/operations/publish", json={}, headers=key(client, "operate")).is_success
    assert client.post("/v1/operations/publish", json={"to": str(elsewhere)}, headers=OWN).is_success


def test_verifying_takes_a_key_that_operates(client: TestClient) -> None:
    assert client.post("/v1/operations/verify", json={}, headers=key(client, "read")).status_code == 403
    assert client.post("/v1/operations/verify", json={}, headers=key(client, "operate")).json()["ok"]


def test_pages_of_a_workspace_answer_this_machine_alone_and_doors_answer_everybody(client: TestClient) -> None:
    elsewhere = {"Host": "shop.example", "X-Forwarded-For": "203.0.113.7"}
    assert client.get("/people", headers={"Host": "127.0.0.1:8420"}).status_code == 200
    assert client.get("/people", headers=elsewhere).status_code == 421
    assert client.post("/v1/events", json=paid(), headers={**OWN, **elsewhere}).json()["accepted"] == 1
    assert client.post("/callbacks/wecom/main", headers=elsewhere).status_code == 404


def test_a_workspace_set_to_ask_lets_nobody_in_without_a_key_and_nobody_whose_key_was_revoked(tmp_path: Path) -> None:
    (tmp_path / "cdp.toml").write_text("[server]\nlogin = true\n", encoding="utf-8")
    system = build(load(tmp_path))
    try:
        login = page_context(Runtime(system, Worker(system), serving=False)).login
        assert login is not None
        looking, secret = system.keys.create("read", "shop", 1)
        _, writing = system.keys.create("write", "shop", 1)
        assert login.check("老王", writing) is None
        assert login.check("老王", secret) == looking.id
        assert login.holds(looking.id)
        system.keys.revoke(looking.id, 2)
        assert not login.holds(looking.id)
    finally:
        system.close()


@pytest.mark.parametrize(
    ("path", "sent", "status"),
    [
        ("/v1/inbox/replay", {"json": {"raw": [1]}}, 422),
        ("/v1/inbox/replay", {"content": '{"raws": [1]}', "headers": {"Content-Type": "text/plain"}}, 415),
        ("/v1/inbox/replay", {"content": "{"}, 415),
        ("/v1/inbox/replay", {"content": "{", "headers": {"Content-Type": "application/json"}}, 422),
        ("/v1/outbox/redrive", {"json": {"action": ["a"]}}, 422),
        ("/v1/persons/1/erase", {"json": {"dispite_doubt": True}}, 422),
    ],
)
def test_a_misspelt_word_of_an_order_does_not_pass_for_one_left_out(
    client: TestClient, path: str, sent: dict[str, Any], status: int
) -> None:
    client.post("/v1/events", json=[paid("late", occurred_at="2999-01-01T00:00:00Z")], headers=OWN)
    answer = client.post(path, **{**sent, "headers": {**OWN, **sent.get("headers", {})}})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert client.post("/v1/inbox/replay", headers=OWN).json()["replayed"] == 1
    for raws, replayed in (([], 0), ([1], 1), (None, 1)):
        assert client.post("/v1/inbox/replay", json={"raws": raws}, headers=OWN).json()["replayed"] == replayed


def test_a_reason_that_is_none_is_told(client: TestClient) -> None:
    assert client.get("/v1/inbox?reason=signature", headers=OWN).json()["failures"] == []
    answer = client.get("/v1/inbox?reason=nonsense", headers=OWN)
    assert (answer.status_code, answer.json()["code"]) == (422, "usage_error")
    assert "identity_blocked" in answer.json()["detail"]
