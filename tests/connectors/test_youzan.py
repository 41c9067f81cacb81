"""Youzan pushes: the signature over raw bytes, exact money, local times, and what each message becomes."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from cdp.clock import to_moment
from cdp.errors import SignatureRejected
from cdp.events.catalog import check_data
from cdp.events.touchpoint import Identifier, Touchpoint
from cdp.ports import Failed, Ignored
from connectors.document import json_document
from connectors.youzan.events import message
from tests.connectors.accounts import SAMPLES, from_youzan, posted, youzan

TID = "E20200525201253074004153"


def sample(name: str) -> dict[str, Any]:
    return json.loads((SAMPLES / "youzan" / f"{name}.synthetic.json").read_text())


PAID, CLOSED = sample("trade_paid"), sample("trade_close")


def call(name: dict[str, Any]):
    return posted(name["raw_body"].encode(), headers={key.lower(): value for key, value in name["headers"].items()})


def shanghai(text: str) -> int:
    from datetime import datetime

    return to_moment(datetime.fromisoformat(f"{text}+08:00"))


def push(kind: str, msg: Any, *, encoded: bool = True, **fields: Any) -> list:
    body = {"type": kind, "msg_id": "m1", "id": TID, "kdt_id": 1, "version": 1} | fields
    body["msg"] = quote(json.dumps(msg)) if encoded else msg
    return youzan().map(from_youzan(json.dumps(body).encode()))


def paid(**order: Any) -> list:
    known = {"order_info": {"tid": TID, "pay_time": "2026-06-19 20:00:00"}} | order
    return push("trade_TradePaid", {"full_order_info": known})


# --- the door ---


@pytest.mark.parametrize("name", [PAID, CLOSED])
def test_the_samples_are_signed_and_answered_with_success(name):
    assert b"success" in youzan().verify(call(name)).body


@pytest.mark.parametrize("name", [PAID, CLOSED])
def test_the_message_inside_is_decoded_exactly(name):
    assert message(json_document(name["raw_body"])).fields == name["expect_msg"]


def test_one_byte_more_or_another_secret_is_refused():
    good = call(PAID)

    for wrong in (
        posted(good.body + b" ", headers=dict(good.headers)),
        posted(good.body, headers={"event-sign": "0" * 32}),
        posted(good.body, headers={"event-sign": "é"}),
        posted(good.body),
    ):
        with pytest.raises(SignatureRejected):
            youzan().verify(wrong)
    with pytest.raises(SignatureRejected):
        youzan(client_secret="other").verify(good)


def test_the_plaintext_shows_what_is_inside():
    assert "YZ_OPEN_ID_SYNTHETIC" in youzan().plaintext(call(PAID))
    assert youzan().plaintext(posted(b"\xff{")) != ""


# --- orders ---


def test_a_paid_order_is_mapped_field_by_field():
    (touchpoint,) = youzan(appid="wxmini", categories={"团购": "套餐"}).map(call(PAID))

    assert touchpoint == Touchpoint(
        id="00000000-0000-4000-8000-000000000001",
        source="youzan/main",
        type="order.paid",
        occurred_at=shanghai("2020-05-25T20:13:20"),
        who=(
            Identifier(type="yz_open_id", value="YZ_OPEN_ID_SYNTHETIC"),
            Identifier(type="openid", value="oOPENID_SYNTHETIC", scope="wxmini"),
        ),
        data={
            "amount_fen": 8900,
            "items": [
                {
                    "product": "3000001", "title": "测试团购商品", "category": "套餐", "quantity": 1,
                    "amount_fen": 8900, "sku": "4000001",
                }
            ],
            "categories": ["套餐"],
            "pickup": True,
        },
        context={"order": TID, "channel": "youzan", "store": "1"},
        mapping="1",
    )  # fmt: skip
    check_data(touchpoint.type, touchpoint.data)


def test_without_an_appid_openids_are_scoped_by_the_shop():
    (touchpoint,) = youzan().map(call(PAID))

    assert touchpoint.who[1].scope == "youzan:56232"


def test_a_closed_order_names_only_the_order():
    (touchpoint,) = youzan().map(call(CLOSED))

    assert (touchpoint.type, touchpoint.who) == ("order.cancelled", ())
    assert touchpoint.data == {"reason": "超时未付款"}
    assert touchpoint.context["order"] == TID
    assert touchpoint.occurred_at == shanghai("2020-05-25T20:44:09")


def test_the_number_of_the_push_is_no_content():
    again = json.loads(PAID["raw_body"]) | {"sendCount": 7}

    assert youzan().map(from_youzan(json.dumps(again).encode())) == youzan().map(call(PAID))


@pytest.mark.parametrize(
    ("yuan", "fen"), [("99.00", 9900), ("0.29", 29), ("1", 100), ("19.990", 1999), (12.3, 1230), (5, 500), ("", None)]
)
def test_yuan_become_fen_exactly(yuan, fen):
    (touchpoint,) = paid(pay_info={"payment": yuan})

    assert touchpoint.data["amount_fen"] == fen


@pytest.mark.parametrize("yuan", ["0.005", "-1.00", "1e3", "1,000.00", "¥5", "NaN", True, [], "١"])
def test_what_is_no_amount_in_yuan_is_refused_with_its_path(yuan):
    (failed,) = paid(pay_info={"payment": yuan})

    assert isinstance(failed, Failed)
    assert failed.path == "$.msg.full_order_info.pay_info.payment"


@pytest.mark.parametrize("time", ["2026-06-19", "2026-06-19T20:00:00", "2026-13-01 00:00:00", "1781000000"])
def test_what_is_no_local_time_is_refused_with_its_path(time):
    (failed,) = paid(order_info={"tid": TID, "pay_time": time})

    assert failed.path == "$.msg.full_order_info.order_info.pay_time"


@pytest.mark.parametrize(
    ("express", "pickup_point", "pickup"),
    [(1, "", True), (0, '{"id": 1}', False), (None, '{"id": 1}', True), (None, "null", False), (2, "", False)],
)
def test_pickup_is_told_by_the_kind_of_delivery_else_by_a_pickup_point(express, pickup_point, pickup):
    (touchpoint,) = paid(
        order_info={"tid": TID, "pay_time": "2026-06-19 20:00:00", "express_type": express},
        address_info={"self_fetch_info": pickup_point},
    )
    assert touchpoint.data["pickup"] is pickup


def test_receiver_and_message_are_kept_for_sealing():
    (touchpoint,) = paid(
        address_info={"receiver_name": "王阿姨", "receiver_tel": "13800000001", "delivery_city": "上海市",
                      "delivery_address": "幸福里 3 号"},
        remark_info={"buyer_message": "多放点糖"},
        buyer_info={"buyer_phone": "13800000001"},
    )  # fmt: skip
    assert touchpoint.data["receiver_name"] == "王阿姨"
    assert touchpoint.data["receiver_address"] == "上海市幸福里 3 号"
    assert touchpoint.data["message"] == "多放点糖"
    assert touchpoint.who == (Identifier(type="phone", value="13800000001"),)


def test_the_id_of_an_item_decides_its_category_before_the_longest_part_of_its_title():
    connector = youzan(categories={"7": "礼盒", "粽": "粽子", "肉粽礼盒": "套餐"})

    def categories(item: int, title: str) -> list[str]:
        order = {
            "order_info": {"tid": TID, "created": "2026-06-19 20:00:00"},
            "orders": [{"item_id": item, "title": title}],
        }
        body = {"type": "trade_TradeCreate", "msg_id": "m", "msg": quote(json.dumps({"full_order_info": order}))}
        (touchpoint,) = connector.map(from_youzan(json.dumps(body).encode()))
        assert touchpoint.type == "order.placed"
        return touchpoint.data["categories"]

    assert categories(7, "肉粽礼盒") == ["礼盒"]
    assert categories(8, "端午肉粽礼盒") == ["套餐"]
    assert categories(8, "鲜肉粽") == ["粽子"]
    assert categories(8, "苹果") == []


@pytest.mark.parametrize(
    ("kind", "msg", "type_name", "data"),
    [
        ("trade_TradePartlySellerShip", {"tid": TID, "update_time": "2026-06-19 20:00:00"}, "order.shipped", {"complete": False}),
        ("trade_TradeSellerShip", {"tid": TID, "update_time": "2026-06-19 20:00:00"}, "order.shipped", {"complete": True}),
        ("trade_TradeSuccess", {"tid": TID, "update_time": "2026-06-19 20:00:00"}, "order.completed", {}),
    ],
)  # fmt: skip
def test_the_steps_of_an_order(kind, msg, type_name, data):
    (touchpoint,) = push(kind, msg)

    assert (touchpoint.type, touchpoint.data, touchpoint.context["order"]) == (type_name, data, TID)
    assert touchpoint.occurred_at == shanghai("2026-06-19T20:00:00")


@pytest.mark.parametrize("encoded", [True, False])
def test_a_refund_names_the_order_and_its_own_number(encoded):
    msg = {"tid": TID, "refund_id": "R1", "refunded_fee": "12.30", "refund_type": "REFUND_ONLY",
           "update_time": "2026-06-19 20:00:00"}  # fmt: skip
    (touchpoint,) = push("youzan_trade_RefundSuccess", msg, encoded=encoded)

    assert (touchpoint.type, touchpoint.who) == ("order.refunded", ())
    assert touchpoint.data == {"amount_fen": 1230, "refund": "R1", "reason": "REFUND_ONLY"}
    check_data(touchpoint.type, touchpoint.data)


@pytest.mark.parametrize(
    "kind", ["trade_TradeMemoModified", "trade_TradeBuyerPay", "youzan_trade_RefundCreated", "POINTS"]
)
def test_what_moves_neither_goods_nor_money_is_ignored_with_a_reason(kind):
    assert push(kind, {}) == [Ignored(kind)]


def test_a_test_push_is_ignored():
    assert push("trade_TradePaid", {}, test=True) == [Ignored("test push")]


@pytest.mark.parametrize(
    ("body", "reason", "path"),
    [
        (b"{", "mapping", "$"),
        (b"[]", "mapping", "$"),
        (b'{"type": "trade_TradePaid"}', "mapping", "$.msg_id"),
        (b'{"msg_id": "1"}', "mapping", "$.type"),
        (b'{"msg_id": "1", "type": "trade_New", "msg": {}}', "unknown_type", "$.type"),
        (b'{"msg_id": "1", "type": "trade_TradePaid", "msg": "%7B"}', "mapping", "$.msg"),
        (b'{"msg_id": "1", "type": "trade_TradePaid", "msg": "%FF"}', "mapping", "$.msg"),
        (b'{"msg_id": "1", "type": "trade_TradePaid", "msg": 7}', "mapping", "$.msg"),
        (b'{"msg_id": "1", "type": "trade_TradePaid", "msg": {}}', "mapping", "$.msg.full_order_info.order_info.tid"),
        (b'{"msg_id": "1", "type": "trade_TradePaid", "msg": {"full_order_info": []}}', "mapping", "$.msg.full_order_info"),
        (b'{"msg_id": "1", "id": 3.5, "type": "trade_TradeClose", "msg": {}}', "mapping", "$.id"),
        (b'{"msg_id": "1", "id": "E", "type": "trade_TradeClose", "msg": {}}', "mapping", "$.msg.update_time"),
    ],
)  # fmt: skip
def test_what_cannot_be_mapped_says_where_and_why(body, reason, path):
    (failed,) = youzan().map(from_youzan(body))

    assert isinstance(failed, Failed)
    assert (failed.reason, failed.path) == (reason, path)
