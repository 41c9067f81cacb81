"""What the platforms are asked to send for an act."""

from __future__ import annotations

from cdp.app.demo.player import messages
from cdp.app.demo.story.acts import HttpEvents, Pause, StaffConfirm, WecomCallback, YouzanWebhook


def push(times: int) -> YouzanWebhook:
    return YouzanWebhook(1, "trade_TradePaid", "E1", "WAIT_SELLER_SEND_GOODS", "m-1", 7, {"tid": "E1"}, times=times)


def test_a_callback_goes_through_wecom_with_its_fields():
    (message,) = messages(WecomCallback(1, {"Event": "change_external_contact"}))
    assert message == {"platform": "wecom", "fields": {"Event": "change_external_contact"}, "repeat": 1}


def test_what_the_platform_repeats_is_one_message_sent_twice():
    (callback,) = messages(WecomCallback(1, {"Event": "living_status_change"}, times=2))
    (webhook,) = messages(push(times=2))
    assert callback["repeat"] == webhook["repeat"] == 2
    assert webhook["msg_id"] == "m-1"


def test_what_no_platform_tells_is_not_sent_through_one():
    assert messages(HttpEvents(1, ())) == messages(StaffConfirm(1)) == messages(Pause(1)) == []
