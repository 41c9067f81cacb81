"""WeCom's API as the sandbox plays it, asked without our own client, and the switches beside it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cdp.app.sandbox.run import bind
from cdp.app.sandbox.settings import Limits, from_workspace
from cdp.app.settings import load
from cdp.errors import SettingsError, WorkspaceError
from tests.connectors.accounts import SAMPLES
from tests.sandbox.running import WECOM, sandbox, settings


def sample(name: str) -> dict[str, Any]:
    return json.loads((SAMPLES / "wecom_api" / f"{name}.json").read_text())["request"]


def token(running) -> str:
    asked = {"corpid": WECOM["corp_id"], "corpsecret": "wecomsecret"}
    return running.http.get("/cgi-bin/gettoken", params=asked).json()["access_token"]


def asked(running, path: str, body: Any, access_token: str | None = None) -> dict[str, Any]:
    params = {"access_token": token(running) if access_token is None else access_token}
    return running.http.post(f"/cgi-bin/externalcontact/{path}", params=params, content=json.dumps(body)).json()


def test_the_vendors_own_requests_are_taken(running):
    running.befriend("woAJ2GCAAAXtWyujaWJHDDGi0mACAAAA", "woAJ2GCAAAd1NPGHKSD4wKmE8Aabj9AAA", staff="zhangsan")
    running.befriend("wm1", code="CALLBACK_CODE")

    assert asked(running, "send_welcome_msg", sample("send_welcome_msg"))["errcode"] == 0
    taken = asked(running, "add_msg_template", sample("add_msg_template"))
    assert (taken["errcode"], taken["fail_list"]) == (0, ["wmqfasd1e1927831123109rBAAAA"])
    assert asked(running, "mark_tag", sample("mark_tag"))["errcode"] == 40068, "these tags do not exist here"


@pytest.mark.parametrize(("access_token", "code"), [("", 41001), ("made up", 40014)])
def test_a_token_is_asked_for(running, access_token, code):
    assert asked(running, "get_corp_tag_list", {}, access_token)["errcode"] == code


def test_a_token_runs_out(tmp_path):
    with sandbox(tmp_path / "r", limits=Limits(token_seconds=60)) as running:
        known = token(running)
        running.to(running.clock.now() + 60_000_000)

        assert asked(running, "get_corp_tag_list", {}, known)["errcode"] == 42001


@pytest.mark.parametrize(
    "body",
    [
        {"welcome_code": 5},
        {"welcome_code": "c"},
        {"welcome_code": "c", "text": "hello"},
        {"welcome_code": "c", "text": {"content": 5}},
        {"welcome_code": "c", "text": {"content": "粽" * 1334}},
        {"welcome_code": "c", "attachments": [{"msgtype": "link", "link": {"url": "https://x"}}] * 10},
        {"welcome_code": "c", "attachments": [{"msgtype": "link"}]},
        {"welcome_code": "c", "attachments": [{"msgtype": "song", "song": {}}]},
        {"welcome_code": "c", "attachments": ["x"]},
        {"welcome_code": "c", "attachments": "x"},
    ],
)
def test_a_welcome_that_is_not_well_formed_is_an_invalid_parameter(running, body):
    assert asked(running, "send_welcome_msg", body)["errcode"] == 40058


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("add_msg_template", {"external_userid": [], "text": {"content": "x"}}, 40058),
        ("add_msg_template", {"external_userid": "wm1", "text": {"content": "x"}}, 40058),
        ("add_msg_template", {"chat_type": "group", "text": {"content": "x"}}, 40058),
        ("add_msg_template", {"external_userid": ["wm9"], "text": {"content": "x"}}, 41048),
        ("get_groupmsg_task", {"msgid": "none"}, 40058),
        ("mark_tag", {"userid": "laowang", "external_userid": "wm1"}, 40058),
        ("mark_tag", {"userid": "other", "external_userid": "wm1", "add_tag": ["x"]}, 84061),
        ("add_corp_tag", {"group_name": "g", "tag": [{"name": "长" * 31}]}, 40058),
        ("add_corp_tag", {"group_name": "g", "tag": []}, 40058),
        ("remark", {"userid": "laowang", "external_userid": "wm9", "remark": "x"}, 84061),
        ("groupchat/get", {"chat_id": "none"}, 90501),
        ("nothing", {}, 40066),
        ("mark_tag", [], 47001),
    ],
)
def test_what_wecom_would_refuse_is_refused_with_its_code(running, path, body, code):
    running.befriend("wm1")

    assert asked(running, path, body)["errcode"] == code


def test_a_remark_is_shown_with_the_customer(running):
    running.befriend("wm1")
    asked(running, "remark", {"userid": "laowang", "external_userid": "wm1", "remark": "3 号楼"})
    params = {"access_token": token(running), "external_userid": "wm1"}

    shown = running.http.get("/cgi-bin/externalcontact/get", params=params).json()

    assert shown["follow_user"][0]["remark"] == "3 号楼"
    assert "unionid" not in shown["external_contact"]


def test_a_group_lists_who_joined_and_did_not_leave(running):
    for detail, members in (("add_member", ["wm1", "xiaoli"]), ("del_member", ["wm1"]), ("add_member", ["wm2"])):
        running.emit({"platform": "wecom", "fields": {"Event": "change_external_chat", "ChatId": "wr1",
            "ChangeType": "update", "UpdateDetail": detail, "MemChangeList": {"Item": members}}})  # fmt: skip

    running.post("contacts", [{"external_userid": "wm2", "unionid": "o2"}])
    shown = asked(running, "groupchat/get", {"chat_id": "wr1"})["group_chat"]["member_list"]

    assert [(member["userid"], member["type"], member.get("unionid")) for member in shown] == [
        ("xiaoli", 1, None),
        ("wm2", 2, "o2"),
    ]


# --- beside the platform ---


def test_a_driven_clock_moves_only_forward_and_a_real_one_not_at_all(tmp_path):
    with sandbox(tmp_path / "driven") as running:
        now = running.to(running.clock.now() + 5)["now"]
        assert running.post("clock", {"now": 1})["now"] == now
    with sandbox(tmp_path / "real", driven=False) as running:
        assert running.http.post("/sandbox/clock", json={"now": 1}).status_code == 409
        assert running.http.get("/healthz").json()["ok"]


def test_what_control_cannot_read_is_named(running):
    for path, body in (("faults", {"call": "x", "mode": "explode"}), ("contacts", [{"id": 1}]), ("clock", {})):
        assert running.http.post(f"/sandbox/{path}", json=body).status_code == 422


def test_faults_are_used_up_and_can_be_called_off(running):
    running.post("faults", {"call": "*", "mode": "errcode", "errcode": 45009, "times": 2})
    known = token(running)
    codes = [asked(running, "get_corp_tag_list", {}, known)["errcode"] for _ in range(3)]
    running.post("faults", {"call": "*", "mode": "errcode", "errcode": 45009, "times": 9})
    running.http.delete("/sandbox/faults")

    assert codes == [45009, 45009, 0]
    assert asked(running, "get_corp_tag_list", {}, known)["errcode"] == 0


def test_a_port_in_use_is_one_sentence(tmp_path):
    with bind(settings(tmp_path / "r")) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(WorkspaceError, match=f"127.0.0.1:{port}"):
            bind(settings(tmp_path / "r", port=port))


def test_a_workspace_gives_the_sandbox_the_other_side_of_its_accounts(tmp_path):
    (tmp_path / "cdp.toml").write_text(
        '[workspace]\nname = "菜场老王"\nclock = "driven"\n[server]\nport = 8555\n[sandbox]\nwelcome_seconds = 30\n'
        '[connectors.wecom.shop]\ncorp_id = "ww1"\ntoken = "t"\naes_key = "k"\nsecret = "s"\nagent_id = 7\n'
        'api_base = "http://127.0.0.1:8666/cgi-bin"\n[connectors.youzan.main]\nclient_id = "c"\nclient_secret = "x"\n'
    )
    made = from_workspace(load(tmp_path, environment={}))

    assert (made.port, made.callbacks, made.driven) == (8666, "http://127.0.0.1:8555/callbacks", True)
    assert made.receipts == tmp_path / "sandbox" / "receipts.jsonl"
    assert made.wecom is not None
    assert (made.wecom.corp_id, made.wecom.name) == ("ww1", "shop")
    assert made.limits.welcome_seconds == 30
    assert made.store is None
    assert from_workspace(load(tmp_path, environment={}), port=1).port == 1


def test_a_sandbox_table_that_cannot_be_used_is_a_settings_error(tmp_path):
    (tmp_path / "cdp.toml").write_text('[workspace]\nname = "x"\n[sandbox]\nwelcom_seconds = 30\n')

    with pytest.raises(SettingsError, match="welcom_seconds"):
        from_workspace(load(tmp_path, environment={}))
