"""Callbacks as the platforms send them: signed, encrypted, repeated, late, and tried again by each platform's rule."""

from __future__ import annotations

import time

from cdp.clock import MINUTE, SECOND
from tests.sandbox.running import NOON, friend, sandbox, workspace

PAID = {
    "full_order_info": {
        "order_info": {"tid": "E1", "pay_time": "2026-06-19 12:00:00"},
        "pay_info": {"payment": "9.90"},
    }
}
YOUZAN = {"platform": "youzan", "type": "trade_TradePaid", "id": "E1", "msg_id": "m1", "version": 1, "msg": PAID}
STORE = {
    "platform": "wechat-store",
    "message": {
        "FromUserName": "o1",
        "Event": "channels_ec_order_new",
        "order_info": {"order_id": 3705115058471208928},
    },
}
JOINED = {
    "Event": "change_external_chat", "ChatId": "wr1", "ChangeType": "update", "UpdateDetail": "add_member",
    "JoinScene": 3, "MemChangeList": {"Item": ["wm1", "wm2"]},
}  # fmt: skip


def test_what_each_platform_sends_is_signed_readable_and_means_what_was_said(tmp_path):
    with workspace() as (taking, base), sandbox(tmp_path / "r", callbacks=base) as running:
        results = running.emit(
            friend("wm1", State="live-duanwu"), YOUZAN, STORE, {"platform": "wecom", "fields": JOINED}
        )

    assert [result["status"] for result in results] == [200] * 4
    added, paid, placed, first, second = taking.mapped()
    assert (added.type, added.context["channel"], added.occurred_at) == ("friend.added", "live-duanwu", NOON)
    assert (paid.type, paid.data["amount_fen"]) == ("order.paid", 990)
    assert (placed.type, placed.context["order"]) == ("order.placed", "3705115058471208928")
    assert [joined.who[0].value for joined in (first, second)] == ["wm1", "wm2"]


def test_a_sample_is_sent_as_the_very_text_it_is(tmp_path):
    with workspace() as (taking, base), sandbox(tmp_path / "r", callbacks=base) as running:
        running.emit({"platform": "wecom", "xml": "<xml>as it is</xml>"}, {"platform": "wechat-store", "json": "{}"})

    assert [found.plaintext(callback) for found, callback in taking.taken] == ["<xml>as it is</xml>", "{}"]


def test_a_repeated_callback_is_the_same_message_under_another_ciphertext(tmp_path):
    with workspace() as (taking, base), sandbox(tmp_path / "r", callbacks=base) as running:
        running.emit(friend("wm1", WelcomeCode=True) | {"repeat": 2})

    (_, first), (_, again) = taking.taken
    assert first.body != again.body
    assert first.query["nonce"] != again.query["nonce"]
    one, other = taking.mapped()
    assert one == other
    assert one.data["welcome_code"]


def test_a_youzan_push_that_is_tried_again_says_how_often_and_keeps_its_id(tmp_path):
    with workspace() as (taking, base), sandbox(tmp_path / "r", callbacks=base) as running:
        taking.answer = lambda call: 500 if call < 3 else 200
        (result,) = running.emit(YOUZAN)
        assert result == {"status": 500, "attempts": 1, "waiting": True}
        assert running.to(NOON + 10 * SECOND)["sent"] == 1
        assert running.to(NOON + 30 * SECOND)["sent"] == 0
        assert running.to(NOON + 40 * SECOND)["sent"] == 1
        assert running.to(NOON + 60 * MINUTE)["sent"] == 0

    ((_, taken),) = taking.taken
    assert b'"sendCount":2' in taken.body
    assert taking.mapped()[0].id == "m1"


def test_a_store_tries_twice_at_once_and_then_waits(tmp_path):
    with workspace() as (taking, base), sandbox(tmp_path / "r", callbacks=base) as running:
        taking.answer = lambda _: 500
        (result,) = running.emit(STORE)

    assert result == {"status": 500, "attempts": 3, "waiting": True}


def test_wecom_takes_any_answer_for_an_answer_and_tries_three_times_where_there_is_none(tmp_path):
    with workspace() as (taking, base), sandbox(tmp_path / "r", callbacks=base) as running:
        taking.answer = lambda _: 500
        (answered,) = running.emit(friend("wm1"))
    with sandbox(tmp_path / "other", callbacks=base) as running:
        (silent,) = running.emit(friend("wm1"))

    assert answered == {"status": 500, "attempts": 1, "waiting": False}
    assert silent == {"status": 0, "attempts": 3, "waiting": False}


def test_a_late_callback_is_sent_when_its_moment_has_come(tmp_path):
    with workspace() as (taking, base), sandbox(tmp_path / "r", callbacks=base) as running:
        (result,) = running.emit(friend("wm1") | {"at": NOON + MINUTE})
        assert result["waiting"]
        assert taking.taken == []
        running.to(NOON + MINUTE)

    assert taking.mapped()[0].occurred_at == NOON + MINUTE


def test_callbacks_arrive_in_the_order_they_were_given_and_fast(tmp_path):
    persons = [f"wm{n:04d}" for n in range(600)]
    with workspace() as (taking, base), sandbox(tmp_path / "r", callbacks=base) as running:
        began = time.monotonic()
        running.emit(*map(friend, persons))
        took = time.monotonic() - began

    assert [touchpoint.who[0].value for touchpoint in taking.mapped()] == persons
    assert took < 6, f"600 callbacks took {took:.1f} s"


def test_an_item_that_cannot_be_sent_is_named_and_nothing_is_sent(tmp_path):
    with workspace() as (taking, base), sandbox(tmp_path / "r", callbacks=base, store=None) as running:
        for items, says in (
            ([{"platform": "telegram"}], "telegram"),
            ([friend("wm1") | {"nonsense": 1}], "nonsense"),
            ([friend("wm1", CreateTime="soon")], "CreateTime"),
            ([STORE], "wechat-store"),
            ("no list", "array"),
        ):
            answer = running.http.post("/sandbox/emit", json=items)
            assert answer.status_code == 422
            assert says in answer.text
    assert taking.taken == []


def test_a_connection_that_the_workspace_closed_meanwhile_is_opened_again(tmp_path):
    with workspace(keep_alive=0) as (taking, base), sandbox(tmp_path / "r", callbacks=base) as running:
        first = running.emit(friend("wm1"))
        time.sleep(0.3)
        again = running.emit(friend("wm2"))

    assert [result["status"] for result in first + again] == [200, 200]
    assert [touchpoint.who[0].value for touchpoint in taking.mapped()] == ["wm1", "wm2"]


def test_several_at_a_time_all_arrive_and_are_answered_in_order(tmp_path):
    with workspace() as (taking, base), sandbox(tmp_path / "r", callbacks=base) as running:
        items = [friend(f"wm{n}") for n in range(40)] + [friend("wm9", CreateTime=1)]
        answer = running.http.post("/sandbox/emit", params={"parallel": 8}, json=items).json()

    assert [result["status"] for result in answer["results"]] == [200] * 41
    assert len({touchpoint.id for touchpoint in taking.mapped()}) == 41


def test_a_platform_with_its_own_clock_tries_again_by_itself(tmp_path):
    with workspace() as (taking, base), sandbox(tmp_path / "r", callbacks=base, driven=False) as running:
        soon = running.http.get("/healthz").json()["now"] + SECOND // 2
        assert running.emit(friend("wm1") | {"at": soon})[0]["waiting"]
        for _ in range(1200):
            if taking.taken:
                break
            time.sleep(0.05)

    assert len(taking.taken) == 1
