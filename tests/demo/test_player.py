"""What the platforms are asked to send for an act."""

from __future__ import annotations

from cdp.app.demo.player import messages
from cdp.app.demo.story.acts import HttpEvents, Pause, StaffConfirm, WecomCallback, YouzanWebhook


def push(times: int) -> YouzanWebhook:
    return YouzanWebhook(1, "trade_TradePaid", "E1", "WAIT_SELLER_SEND_GOODS", "m-1", 7, {"tid": "E1"}, times=times)


def test_a_callback_is_sent_once():
    assert len(messages(WecomCallback(1, {"Event": "change_external_contact"}))) == 1


def test_a_repeated_callback_is_sent_with_the_same_fields_again():
    first, second = messages(WecomCallback(1, {"Event": "living_status_change"}, times=2))
    assert first == second


def test_a_repeated_push_keeps_its_message_id():
    first, second = messages(push(times=2))
    assert first["msg_id"] == second["msg_id"] == "m-1"


def test_what_no_platform_tells_is_not_sent_through_one():
    assert messages(HttpEvents(1, ())) == messages(StaffConfirm(1)) == messages(Pause(1)) == []
