"""Payloads that nobody here made, over real HTTP: each ends as touchpoints in the log or as typed failures in the inbox."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cdp.ports import Callback
from tests.connectors.accounts import AES_KEY, APPID, CORP, SAMPLES, STORE_KEY, TOKEN, VECTORS, from_store, from_wecom
from tests.processes.running import Server, serving

SETTINGS = f"""
[workspace]
name = "样例"
[connectors.wecom.main]
corp_id = "{CORP}"
token = "{TOKEN}"
aes_key = "{AES_KEY}"
[connectors.youzan.main]
client_id = "CLIENT_ID_TEST"
client_secret = "CLIENT_SECRET_TEST"
[connectors.wechat-store.main]
token = "shop"
aes_key = "{STORE_KEY}"
appid = "{APPID}"
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    workspace = tmp_path_factory.mktemp("samples")
    (workspace / "cdp.toml").write_text(SETTINGS, encoding="utf-8")
    with serving(workspace) as running:
        yield running


def post(server: Server, connector: str, callback: Callback) -> httpx.Response:
    return server.http.post(
        f"/callbacks/{connector}/main",
        params=dict(callback.query),
        content=callback.body,
        headers=dict(callback.headers),
    )


def youzan(name: str) -> Callback:
    sample = json.loads((SAMPLES / "youzan" / name).read_text())
    return Callback("POST", {}, sample["headers"], sample["raw_body"].encode(), 0)


WECOM = sorted((SAMPLES / "wecom_events").glob("*.xml"))
STORE = sorted(p for p in (SAMPLES / "wechat_store").glob("*.json") if "order_get" not in p.name)
YOUZAN = sorted(p.name for p in (SAMPLES / "youzan").glob("*.json"))


def test_the_official_handshake_is_answered_with_the_official_plain_text(server: Server) -> None:
    case = VECTORS["wecom"]["cases"][0]
    response = server.http.get("/callbacks/wecom/main", params=case["query"])
    assert (response.status_code, response.text) == (200, case["expect_plain"])


def test_the_official_encrypted_message_is_taken(server: Server) -> None:
    case = VECTORS["wecom"]["cases"][1]
    body = (SAMPLES / "crypto" / case["body_file"]).read_bytes()
    assert server.http.post("/callbacks/wecom/main", params=case["query"], content=body).status_code == 200


@pytest.mark.parametrize("path", WECOM, ids=lambda p: p.stem)
def test_every_wecom_sample_is_acknowledged(server: Server, path: Path) -> None:
    assert post(server, "wecom", from_wecom(path.read_bytes())).status_code == 200


@pytest.mark.parametrize("path", STORE, ids=lambda p: p.stem)
def test_every_wechat_store_sample_is_acknowledged(server: Server, path: Path) -> None:
    assert post(server, "wechat-store", from_store(path.read_bytes())).status_code == 200


@pytest.mark.parametrize("name", YOUZAN)
def test_every_youzan_sample_is_acknowledged_with_success(server: Server, name: str) -> None:
    response = post(server, "youzan", youzan(name))
    assert response.status_code == 200
    assert "success" in response.text


def test_a_wrong_signature_is_refused_counted_and_not_among_what_was_received(server: Server) -> None:
    callback = from_wecom(WECOM[0].read_bytes())
    server.settled()
    before = server.ask("inbox.list")["counts"]
    forged = server.http.post(
        "/callbacks/wecom/main", params=dict(callback.query) | {"msg_signature": "0" * 40}, content=callback.body
    )
    assert forged.status_code == 401
    assert forged.json()["code"] == "signature_rejected"
    refused = [c for c in server.ask("inbox.list")["counts"] if c["outcome"] == "refused"]
    assert refused
    kept = [c for c in before if c["outcome"] != "refused"]
    assert [c for c in server.ask("inbox.list")["counts"] if c["outcome"] != "refused"] == kept


@pytest.mark.parametrize("connector", ["wecom", "youzan", "wechat-store"])
@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"<xml>", b"{}", b"[" * 5000])
def test_garbage_is_refused_and_never_an_error_of_ours(server: Server, connector: str, body: bytes) -> None:
    response = server.http.post(f"/callbacks/{connector}/main", content=body)
    assert 400 <= response.status_code < 500
    assert server.http.get(f"/callbacks/{connector}/main", params={"echostr": "x"}).status_code < 500


def test_an_account_that_cdp_toml_does_not_name_is_not_found(server: Server) -> None:
    assert server.http.post("/callbacks/wecom/other", content=b"x").status_code == 404


def test_law_every_item_of_every_stored_body_is_accounted_for(server: Server) -> None:
    for path in WECOM:
        post(server, "wecom", from_wecom(path.read_bytes()))
    for path in STORE:
        post(server, "wechat-store", from_store(path.read_bytes()))
    for name in YOUZAN:
        post(server, "youzan", youzan(name))
    status = server.settled()
    assert status["inbox_pending"] == 0
    outcomes: Counter[str] = Counter()
    for row in server.ask("inbox.list")["counts"]:
        outcomes[row["outcome"]] += row["count"]
    assert outcomes["accepted"] > 20
    assert set(outcomes) <= {"accepted", "duplicate", "failed", "ignored", "refused"}
    summary = server.ask("summary")
    assert summary["events"] == outcomes["accepted"]
    for failure in server.ask("inbox.list")["failures"]:
        assert failure["reason"]
        assert failure["path"].startswith("$")
        assert server.ask("inbox.show", raw=failure["id"])["readable"]


def test_a_nineteen_digit_order_id_arrives_with_every_digit(server: Server) -> None:
    post(server, "wechat-store", from_store((SAMPLES / "wechat_store" / "order_pay.json").read_bytes()))
    server.settled()
    rows = server.ask(
        "sql", sql="SELECT order_id FROM touchpoints WHERE type = 'order.paid' AND source LIKE 'wechat-store%'"
    )
    assert {row["order_id"] for row in rows} == {"3705115058471208928"}
