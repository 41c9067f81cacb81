"""Whatever comes, a connector answers: it refuses the signature, or it gives at least one outcome."""

from __future__ import annotations

import json
from contextlib import suppress
from urllib.parse import quote
from xml.sax.saxutils import escape

from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.errors import SignatureRejected
from cdp.events.catalog import check_data
from cdp.events.touchpoint import Touchpoint
from cdp.ports import Callback, Connector, Failed, Ignored
from tests.connectors.accounts import from_store, from_wecom, from_youzan, posted, wechat_store, wecom, youzan

WECOM, YOUZAN, STORE = wecom(), youzan(categories={"粽": "粽子"}), wechat_store()
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8
)  # fmt: skip

XML_FIELDS = st.fixed_dictionaries(
    {"CreateTime": st.just("1403610513") | st.text(max_size=5)},
    optional={
        "Event": st.sampled_from(
            ["change_external_contact", "change_external_chat", "customer_acquisition", "living_status_change"]
        ),
        "ChangeType": st.sampled_from(["add_external_contact", "update", "create", "friend_request", "transfer_fail"]),
        "UpdateDetail": st.sampled_from(["add_member", "del_member", "change_name"]),
        "MemChangeList": st.sampled_from(["", "x", "<Item/>", "<Item>wm1</Item>", "<Item><a><b/></a></Item>"]),
        "UserID": st.text(max_size=5), "ExternalUserID": st.text(max_size=300), "ChatId": st.text(max_size=5),
        "State": st.text(max_size=5), "Status": st.text(max_size=3), "LinkId": st.text(max_size=3),
        "JoinScene": st.text(max_size=3), "MsgType": st.sampled_from(["event", "text"]), "SuiteId": st.text(max_size=3),
        "InfoType": st.text(max_size=3),
    },
)  # fmt: skip
ORDERS = st.fixed_dictionaries(
    {"order_info": st.fixed_dictionaries({"tid": LEAVES, "pay_time": st.just("2026-06-19 20:00:00") | LEAVES})},
    optional={
        "pay_info": st.fixed_dictionaries({}, optional={"payment": st.just("9.90") | LEAVES}),
        "buyer_info": st.fixed_dictionaries({}, optional={"buyer_phone": LEAVES, "yz_open_id": LEAVES}),
        "address_info": st.fixed_dictionaries({}, optional={"self_fetch_info": TREES, "receiver_name": LEAVES}),
        "orders": st.lists(st.dictionaries(st.sampled_from(["item_id", "title", "num", "payment"]), LEAVES), max_size=2),
    },
)  # fmt: skip


def answers(connector: Connector, callback: Callback) -> None:
    """Given any call: `verify` takes it or refuses it, `map` gives outcomes that the door can count."""
    with suppress(SignatureRejected):
        assert connector.verify(callback).content_type
    outcomes = connector.map(callback)
    assert outcomes
    assert outcomes == connector.map(callback), "the same body gives the same outcomes"
    for outcome in outcomes:
        match outcome:
            case Touchpoint():
                check_data(outcome.type, outcome.data)
                assert all(identifier.value for identifier in outcome.who)
                assert all(outcome.context.values())
            case Failed():
                assert outcome.path.startswith("$")
            case Ignored():
                assert outcome.reason
    assert isinstance(connector.plaintext(callback), str)


@settings(deadline=None)
@given(st.binary(max_size=200), st.dictionaries(st.sampled_from(["msg_signature", "timestamp", "nonce"]), st.text()))
def test_arbitrary_bytes(body, query):
    for connector in (WECOM, YOUZAN, STORE):
        answers(connector, posted(body, query, {"event-sign": query.get("nonce", "")}))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_that_are_encrypted_and_signed(plain):
    answers(WECOM, from_wecom(plain))
    answers(STORE, from_store(plain))
    answers(YOUZAN, from_youzan(plain))


@settings(max_examples=200, deadline=None)
@given(XML_FIELDS)
def test_wecom_messages_with_fields_missing_wrong_and_strange(fields):
    raw = {"MemChangeList"}
    body = "".join(f"<{key}>{value if key in raw else escape(value)}</{key}>" for key, value in fields.items())
    answers(WECOM, from_wecom(f"<xml>{body}</xml>".encode(errors="replace")))


@settings(deadline=None)
@given(TREES)
def test_any_json(tree):
    plain = json.dumps(tree).encode()
    answers(STORE, from_store(plain))
    answers(YOUZAN, from_youzan(plain))


@settings(max_examples=200, deadline=None)
@given(ORDERS | TREES, st.sampled_from(["trade_TradePaid", "trade_TradeClose", "youzan_trade_RefundSuccess"]))
def test_youzan_messages_with_fields_missing_wrong_and_strange(order, kind):
    msg = quote(json.dumps({"full_order_info": order, "update_time": "2026-06-19 20:00:00"}))
    answers(YOUZAN, from_youzan(json.dumps({"type": kind, "msg_id": "m", "id": "E1", "msg": msg}).encode()))


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([
        "channels_ec_order_new", "channels_ec_order_cancel", "channels_ec_aftersale_update", "channels_ec_coupon_receive",
        "channels_ec_voucher_send_succ", "cooperation_shop_order",
    ]),
    st.dictionaries(
        st.sampled_from(["order_info", "receive_info", "voucher_list", "Data", "FromUserName", "code", "status"]),
        TREES | st.fixed_dictionaries({"order_id": LEAVES, "cancel_type": LEAVES, "user_coupon_id": LEAVES}),
    ),
)  # fmt: skip
def test_store_events_with_fields_missing_wrong_and_strange(event, fields):
    answers(STORE, from_store(json.dumps({"CreateTime": 1662480000, "Event": event} | fields).encode()))


def test_documents_nested_without_end_and_numbers_without_end_are_answered():
    answers(WECOM, from_wecom(b"<xml>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</xml>"))
    answers(YOUZAN, from_youzan(b"[" * 50_000))
    answers(STORE, from_store(b'{"CreateTime": ' + b"9" * 10_000 + b"}"))
    answers(STORE, from_store(b'{"CreateTime": 1e999999999}'))
    answers(YOUZAN, from_youzan(b'{"a": "\\ud800"}'))
