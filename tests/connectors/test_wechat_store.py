"""WeChat Store pushes: safe mode, 19-digit order numbers, and what each event becomes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from cdp.clock import SECOND
from cdp.errors import SignatureRejected
from cdp.events.catalog import check_data
from cdp.events.touchpoint import Identifier, Touchpoint
from cdp.ports import Callback, Failed, Ignored
from connectors.wechat_crypto import WechatCipher
from tests.connectors.accounts import (
    APPID,
    RECEIVED_AT,
    SAMPLES,
    STORE_KEY,
    fingerprint,
    from_store,
    posted,
    wechat_store,
)

ORDER = "3705115058471208928"
BUYER = (Identifier(type="openid", value="OPENID", scope=APPID),)
AT = 1662480000 * SECOND
PUSHES = ["aftersale_update.synthetic", "cooperation_shop_order", "order_cancel.synthetic", "order_confirm.synthetic",
          "order_deliver.synthetic", "order_new", "order_pay", "order_wait_shipping.synthetic"]  # fmt: skip


def sample(name: str) -> bytes:
    return (SAMPLES / "wechat_store" / f"{name}.json").read_bytes()


def mapped(plain: bytes) -> list:
    return wechat_store().map(from_store(plain))


def event(**fields: Any) -> list:
    known = {"ToUserName": "gh_*", "FromUserName": "OPENID", "CreateTime": 1662480000, "MsgType": "event"}
    return mapped(json.dumps(known | fields).encode())


# --- the door ---


def test_the_handshake_is_answered_with_the_plain_echo():
    signature = WechatCipher("shop", STORE_KEY).signature("1", "n")
    query = {"signature": signature, "timestamp": "1", "nonce": "n", "echostr": "42"}

    assert wechat_store().verify(Callback("GET", query, {}, b"", RECEIVED_AT)).body == b"42"
    with pytest.raises(SignatureRejected):
        wechat_store().verify(Callback("GET", query | {"signature": "0"}, {}, b"", RECEIVED_AT))


def test_a_push_is_proved_by_the_signature_over_its_ciphertext_alone():
    good = from_store(sample("order_new"))

    assert wechat_store().verify(good).body == b"success"
    for wrong in (
        replace(good, query=dict(good.query) | {"msg_signature": good.query["signature"]}),
        replace(good, body=sample("order_new")),
        replace(good, body=b"<xml/>"),
        replace(good, query={}),
    ):
        with pytest.raises(SignatureRejected):
            wechat_store().verify(wrong)


def test_a_push_for_another_store_is_refused_although_it_is_signed():
    with pytest.raises(SignatureRejected, match="another receiver"):
        wechat_store().verify(from_store(sample("order_new"), receiver="wxother"))


def test_a_retry_under_another_ciphertext_has_the_same_id():
    again = from_store(sample("order_new"), prefix=b"fedcba9876543210")

    assert wechat_store().map(again) == mapped(sample("order_new"))


# --- orders ---


def test_a_nineteen_digit_order_number_keeps_every_digit():
    assert mapped(sample("order_new")) == [
        Touchpoint(
            id=fingerprint(sample("order_new")).hex(),
            source="wechat-store/main",
            type="order.placed",
            occurred_at=AT,
            who=BUYER,
            context={"order": ORDER, "channel": "wechat-store"},
            mapping="1",
        )
    ]


def test_an_order_number_that_has_become_a_float_is_refused():
    (failed,) = event(Event="channels_ec_order_new", order_info={"order_id": 3.705115058471209e18})

    assert isinstance(failed, Failed)
    assert failed.path == "$.order_info.order_id"


def test_a_payment_has_its_own_time():
    (touchpoint,) = mapped(sample("order_pay"))

    assert (touchpoint.type, touchpoint.occurred_at) == ("order.paid", 1658509200 * SECOND)


@pytest.mark.parametrize(
    ("name", "type_name", "data"),
    [
        ("order_cancel.synthetic", "order.cancelled", {"reason": "customer"}),
        ("order_deliver.synthetic", "order.shipped", {"complete": True}),
        ("order_confirm.synthetic", "order.completed", {"by": "customer"}),
    ],
)
def test_the_steps_of_an_order(name, type_name, data):
    (touchpoint,) = mapped(sample(name))

    assert (touchpoint.type, touchpoint.data, touchpoint.who) == (type_name, data, BUYER)
    assert touchpoint.context["order"] == ORDER


def test_an_order_that_waits_to_be_shipped_is_still_only_paid():
    (touchpoint,) = mapped(sample("order_wait_shipping.synthetic"))

    assert (touchpoint.type, touchpoint.context["order"]) == ("x.wechat_store.order_to_ship", ORDER)


def test_what_is_known_and_of_no_interest_is_ignored_with_a_reason():
    assert event(Event="channels_ec_sharer_change") == [Ignored("channels_ec_sharer_change")]


def test_an_aftersale_is_a_refund_only_when_money_went_back_and_names_nobody():
    (waiting,) = mapped(sample("aftersale_update.synthetic"))
    done = {"status": "MERCHANT_REFUND_SUCCESS", "after_sale_order_id": "77", "order_id": ORDER}
    (refunded,) = event(Event="channels_ec_aftersale_update", finder_shop_aftersale_status_update=done)

    assert waiting.type == "x.wechat_store.aftersale"
    assert (refunded.type, refunded.who) == ("order.refunded", ())
    assert refunded.data == {"refund": "77", "reason": "MERCHANT_REFUND_SUCCESS"}
    assert refunded.context["order"] == ORDER


@pytest.mark.parametrize(
    ("name", "key", "time", "type_name"),
    [
        ("channels_ec_coupon_receive", "receive_info", "receive_time", "coupon.issued"),
        ("channels_ec_user_coupon_use", "use_info", "use_time", "coupon.redeemed"),
        ("channels_ec_user_coupon_expire", "expire_info", "expire_time", "coupon.expired"),
    ],
)
def test_coupons_are_told_apart_by_the_persons_own_number(name, key, time, type_name):
    (touchpoint,) = event(Event=name, **{key: {"coupon_id": "19126", "user_coupon_id": "29730", time: "1662480001"}})

    assert (touchpoint.type, touchpoint.data) == (type_name, {"coupon": "29730", "template": "19126"})
    assert touchpoint.occurred_at == 1662480001 * SECOND
    check_data(touchpoint.type, touchpoint.data)


def test_a_consumed_voucher_is_a_pickup_by_its_owner():
    voucher = {"code": "V1", "status": 2, "consume_time": 1662480060, "consume_store_name": "幸福里店", "out_store_id": "s1",
               "order_id": ORDER, "openid": "o1", "union_id": "u1", "telphone_no": "13800000001"}  # fmt: skip
    used, refunded, fresh = event(
        Event="channels_ec_voucher_send_succ",
        voucher_list=[voucher, {"code": "V2", "status": 3}, {"code": "V3", "status": 1}],
    )

    assert (used.type, used.data) == ("order.picked_up", {"pickup_point": "幸福里店"})
    assert used.context == {"order": ORDER, "channel": "wechat-store", "store": "s1"}
    assert [i.type for i in used.who] == ["unionid", "openid", "phone"]
    assert used.occurred_at == 1662480060 * SECOND
    assert refunded.type == "order.refunded"
    assert fresh.type == "x.wechat_store.voucher"


def test_a_push_may_be_about_one_voucher():
    (used,) = event(Event="channels_ec_voucher_send_succ", code="V1", status=2)

    assert (used.type, used.who, used.occurred_at) == ("order.picked_up", BUYER, AT)


def test_a_voucher_that_cannot_be_read_spoils_none_of_the_others():
    bad, good = event(Event="channels_ec_voucher_send_succ", voucher_list=[{"status": 2}, {"code": "V2", "status": 2}])

    assert (bad.reason, bad.path) == ("mapping", "$.voucher_list[0].code")
    assert good.type == "order.picked_up"
    assert good.id.endswith("#1")


def test_a_partners_order_number_is_not_taken_for_the_stores():
    (touchpoint,) = mapped(sample("cooperation_shop_order"))

    assert touchpoint.type == "x.wechat_store.cooperation_order"
    assert "order" not in touchpoint.context


@pytest.mark.parametrize("name", PUSHES)
def test_every_sample_is_understood_and_fits_the_catalogue(name):
    for outcome in mapped(sample(name)):
        assert isinstance(outcome, Touchpoint | Ignored)
        if isinstance(outcome, Touchpoint):
            check_data(outcome.type, outcome.data)


@pytest.mark.parametrize(
    ("plain", "reason", "path"),
    [
        (b"x", "mapping", "$"),
        (b"{}", "mapping", "$.CreateTime"),
        (b'{"CreateTime": 1}', "mapping", "$.Event"),
        (b'{"CreateTime": 1, "Event": "channels_ec_new"}', "unknown_type", "$.Event"),
        (b'{"CreateTime": 1, "Event": "channels_ec_order_new"}', "mapping", "$.order_info.order_id"),
        (b'{"CreateTime": 1, "Event": "channels_ec_order_new", "order_info": 5}', "mapping", "$.order_info"),
        (b'{"CreateTime": 1, "Event": "channels_ec_voucher_send_succ"}', "mapping", "$.voucher_list"),
        (b'{"CreateTime": 1.5, "Event": "channels_ec_order_new"}', "mapping", "$.CreateTime"),
    ],
)
def test_what_cannot_be_mapped_says_where_and_why(plain, reason, path):
    (failed,) = mapped(plain)

    assert isinstance(failed, Failed)
    assert (failed.reason, failed.path) == (reason, path)


def test_a_stored_body_that_is_no_envelope_fails():
    (failed,) = wechat_store().map(posted(b"{}"))

    assert failed.path == "$.Encrypt"
    assert wechat_store().plaintext(posted(b"{}")) == ""
