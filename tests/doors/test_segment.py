"""The Segment calls: what each becomes, and that nothing of it is guessed."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.clock import HOUR, MINUTE, iso
from cdp.envelopes import segment
from cdp.envelopes.amounts import fen
from cdp.errors import Rejected
from cdp.events.catalog import check_data
from cdp.events.event import Event
from cdp.events.touchpoint import Touchpoint
from cdp.testing import DRAGON_BOAT, moment
from tests.doors.shop import Shop

NOW = moment(DRAGON_BOAT)
AT = "2026-06-13T20:15:00+08:00"
ANONYMOUS = "5a7d3f52-6c1e-4b1a-9d53-8a4f0f6f3b11"


def message(call: str = "track", **fields: Any) -> dict[str, Any]:
    return {"type": call, "messageId": "m-1", "userId": "u-17", "timestamp": AT, **fields}


def only(shop: Shop, call: str = "track", **fields: Any) -> Event:
    """The one event that a message becomes."""
    answer = shop.post("/v1/batch", {"batch": [message(call, **fields)]}).json()
    assert answer == {"success": True, "accepted": 1, "duplicates": 0, "rejected": []}
    (event,) = shop.events()
    return event


def rejected(shop: Shop, call: str = "track", **fields: Any) -> tuple[str, str]:
    answer = shop.post("/v1/batch", {"batch": [message(call, **fields)]}).json()
    assert (answer["accepted"], answer["duplicates"]) == (0, 0), answer
    (row,) = answer["rejected"]
    assert row["index"] == 0
    return row["code"], row["path"]


def parsed(call: str = "track", **fields: Any) -> Touchpoint:
    return segment.parse(json.dumps(message(call, **fields)).encode(), source="s", received_at=NOW)


ZONGZI = {"product_id": "zz-8", "sku": "ZZ8", "name": "端午粽子礼盒", "category": "粽子", "price": 19.99, "quantity": 3}


def test_a_completed_order_is_a_paid_one_with_its_amount_in_fen(shop: Shop) -> None:
    event = only(
        shop, event="Order Completed", properties={"order_id": 50314, "total": 69.97, "revenue": 59.97, "products": [ZONGZI]}
    )  # fmt: skip
    assert (event.type, event.occurred_at, event.context) == ("order.paid", moment(AT), {"order": "50314"})
    assert event.data == {
        "amount_fen": 6997,
        "items": [{"product": "zz-8", "title": "端午粽子礼盒", "category": "粽子", "quantity": 3, "amount_fen": 5997, "sku": "ZZ8"}],
        "categories": ["粽子"],
    }  # fmt: skip
    assert shop.names(event) == {"user_id": "u-17", "order": "50314"}


@pytest.mark.parametrize(
    ("event", "properties", "kind", "data"),
    [
        ("Product Viewed", ZONGZI, "product.viewed",
         {"product": "zz-8", "title": "端午粽子礼盒", "category": "粽子", "price_fen": 1999}),
        ("Product Added", ZONGZI, "cart.added",
         {"product": "zz-8", "title": "端午粽子礼盒", "category": "粽子", "quantity": 3, "amount_fen": 5997}),
        ("product_removed", {"sku": "ZZ8"}, "cart.removed", {"product": "ZZ8"}),
        ("Order Placed", {"order_id": "o", "value": "12.50"}, "order.placed", {"amount_fen": 1250}),
        ("Order Refunded", {"order_id": "o"}, "order.refunded", {}),
        ("Order Refunded", {"order_id": "o", "total": 8, "refund_id": "r1"}, "order.refunded",
         {"amount_fen": 800, "refund": "r1"}),
        ("Order Cancelled", {"order_id": "o", "reason": "缺货"}, "order.cancelled", {"reason": "缺货"}),
        ("live.entered", {"session": "s"}, "live.entered", {"session": "s"}),
        ("Checkout Started", {"value": 12.5, "coupon": None}, "x.checkout_started", {"value": 12.5, "coupon": None}),
        ("品尝 会", {}, "x.品尝_会", {}),
    ],
)  # fmt: skip
def test_well_known_events_are_types_of_the_catalogue_and_others_ones_own(
    event: str, properties: dict[str, Any], kind: str, data: dict[str, Any]
) -> None:
    became = parsed(event=event, properties=properties)
    assert (became.type, check_data(kind, became.data)) == (kind, data)


def test_identify_seals_names_and_keeps_attributes(shop: Shop) -> None:
    traits = {
        "name": "王阿姨", "phone": "+86 199-0000-0001", "email": "Wang@Example.com", "building": "3号楼", "gender": "F",
        "address": {"city": "上海", "street": "幸福里 3 号"}, "birthday": "1961-06-19T00:00:00Z", "vip": True,
        "score": 4.5, "company": {"name": "菜场"},
    }  # fmt: skip
    event = only(shop, "identify", anonymousId=ANONYMOUS, traits=traits)
    assert event.type == "person.profile_changed"
    assert shop.names(event) == {
        "user_id": "u-17", "anonymous_id": ANONYMOUS, "phone": "19900000001", "email": "wang@example.com"
    }  # fmt: skip
    assert shop.opened(event.data["name"]) == "王阿姨"
    assert shop.opened(event.data["address"]) == "上海 幸福里 3 号"
    assert (event.data["building"], event.data["gender"]) == ("3号楼", "female")
    assert event.data["attributes"] == {
        "birthday": "06-19", "vip": True, "score": "4.5", "company": '{"name":"菜场"}'
    }  # fmt: skip
    assert "王" not in str(event.data)
    assert "1961" not in str(event.data)


def test_traits_in_the_context_say_who_it_was(shop: Shop) -> None:
    event = only(
        shop, event="Checkout Started", userId=None, anonymousId="a-1",
        context={"traits": {"phone": "13800000000"}, "externalIds": [{"id": "oABC", "type": "openid", "collection": "wx42"}]},
    )  # fmt: skip
    assert shop.names(event) == {"anonymous_id": "a-1", "phone": "13800000000", "openid": "oABC"}
    assert event.data == {}


@pytest.mark.parametrize(("previous", "kind"), [(ANONYMOUS, "anonymous_id"), ("old-user", "user_id")])
def test_alias_links_the_old_id_with_the_new_one(shop: Shop, previous: str, kind: str) -> None:
    event = only(shop, "alias", previousId=previous)
    assert event.type == "person.linked"
    assert sorted(w.type for w in event.who) == sorted([kind, "user_id"])


def test_a_page_and_a_screen_are_visits_to_the_mall(shop: Shop) -> None:
    pages = [
        message("page", messageId="p", name="首页", context={"campaign": {"name": "duanwu", "source": "group-3"}}),
        message("screen", messageId="s", category="商品", name="粽子"),
        message("page", messageId="q", properties={"path": "/cart"}),
    ]
    assert shop.post("/v1/batch", {"batch": pages}).json()["accepted"] == 3
    home, screen, cart = shop.events()
    assert {e.type for e in (home, screen, cart)} == {"mall.visited"}
    assert (home.data, home.context) == ({"page": "首页"}, {"campaign": "duanwu", "channel": "group-3"})
    assert (screen.data, cart.data) == ({"page": "商品 粽子", "scene": "screen"}, {"page": "/cart"})


def test_a_group_call_is_an_event_of_ones_own_and_joins_no_community_group(shop: Shop) -> None:
    event = only(shop, "group", groupId="g-7", traits={"plan": "gold"})
    assert (event.type, event.data, event.context) == (
        "x.group", {"group_id": "g-7", "traits": {"plan": "gold"}}, {"group": "g-7"}
    )  # fmt: skip


def test_ids_of_ours_in_the_context_are_kept(shop: Shop) -> None:
    event = only(shop, event="Product Viewed", properties=ZONGZI, context={"live": "duanwu-2026", "ip": "10.0.0.1"})
    assert event.context == {"live": "duanwu-2026", "product": "zz-8"}


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"event": "Order Completed", "properties": {"total": 19.995}}, "$.properties.total"),
        ({"event": "Order Completed", "properties": {"total": "viel"}}, "$.properties.total"),
        ({"event": "Order Completed", "properties": {"total": True}}, "$.properties.total"),
        ({"event": "Order Completed", "properties": {"total": 9, "currency": "USD"}}, "$.properties.currency"),
        ({"event": "Order Completed", "properties": {"products": [{"name": "?"}]}}, "$.properties.products[0].product_id"),
        ({"event": "Product Added", "properties": {**ZONGZI, "quantity": 1.5}}, "$.properties.quantity"),
        ({"event": "  "}, "$.event"),
        ({}, "$.event"),
        ({"event": "Hi", "userId": None}, "$.userId"),
        ({"event": "Hi", "timestamp": "2026-06-13T20:15:00"}, "$.timestamp"),
        ({"event": "Hi", "messageId": 5}, "$.messageId"),
        ({"event": "Hi", "properties": []}, "$.properties"),
        ({"call": "group"}, "$.groupId"),
        ({"call": "alias"}, "$.previousId"),
        ({"call": "charge"}, "$.type"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_by_its_path_in_the_message(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(Rejected) as refused:
        parsed(**fields)
    assert (refused.value.reason, refused.value.path) == ("schema", path)


def test_what_the_door_refuses_is_named_by_its_path_in_the_message_and_kept(shop: Shop) -> None:
    assert rejected(shop, event="day.closed", properties={"day": "2026-06-19"}) == ("schema", "$.event")
    assert len(shop.system.inbox.failures()) == 1


def test_a_message_too_large_is_rejected_and_the_others_of_its_batch_are_taken(shop: Shop) -> None:
    large = message(messageId="large", event="Hi", properties={"text": "x" * 32 * 1024})
    answer = shop.post("/v1/batch", {"batch": [large, message(event="Hi"), 5]}).json()
    assert answer["accepted"] == 1
    assert [(r["index"], r["code"]) for r in answer["rejected"]] == [(0, "too_large"), (2, "schema")]


def test_sending_again_is_a_duplicate_even_without_a_timestamp(shop: Shop) -> None:
    body = {"batch": [message(event="Hi", timestamp=None)]}
    assert shop.post("/v1/batch", body).json()["accepted"] == 1
    assert shop.events()[0].occurred_at == NOW
    shop.system.clock.advance_to(NOW + HOUR)  # type: ignore[attr-defined]
    assert shop.post("/v1/batch", body).json()["duplicates"] == 1


def test_sent_at_sets_a_wrong_clock_right(shop: Shop) -> None:
    ahead = NOW + 3 * HOUR
    batch = {"batch": [message(event="Hi", timestamp=iso(ahead - MINUTE))], "sentAt": iso(ahead)}
    assert shop.post("/v1/batch", batch).json()["accepted"] == 1
    single = message(event="Hi", messageId="m-2", timestamp=iso(ahead), sentAt=iso(ahead))
    assert shop.post("/v1/track", single).json()["accepted"] == 1
    assert [e.occurred_at for e in shop.events()] == [NOW - MINUTE, NOW]


def test_each_call_has_a_route_that_needs_no_type_and_no_message_id(shop: Shop) -> None:
    body = {"userId": "u-17", "previousId": "u-1", "event": "Hi", "groupId": "g"}
    for n, call in enumerate([*segment.CALLS, *segment.CALLS]):
        shop.system.clock.advance_to(NOW + n * MINUTE)  # type: ignore[attr-defined]
        assert shop.post(f"/v1/{call}", body).json()["accepted"] == 1, call
    assert len({e.id for e in shop.events()}) == 2 * len(segment.CALLS)


def test_the_context_of_a_batch_is_that_of_its_messages(shop: Shop) -> None:
    batch = {"context": {"live": "L", "store": "S"}, "batch": [message(event="Hi", context={"live": "M"})]}
    shop.post("/v1/import", batch)
    assert shop.events()[0].context == {"live": "M", "store": "S"}


def test_a_rejected_message_is_replayed_as_the_message_that_it_is(shop: Shop) -> None:
    late = message(event="Order Completed", timestamp=iso(NOW + HOUR), properties={"order_id": "o", "total": 1})
    assert rejected(shop, **late | {"call": "track"}) == ("clock", "$.timestamp")
    shop.system.clock.advance_to(NOW + 2 * HOUR)  # type: ignore[attr-defined]
    shop.system.inbox.replay()
    shop.system.mapper.advance()
    assert [(e.type, e.occurred_at) for e in shop.events()] == [("order.paid", NOW + HOUR)]


def test_the_write_key_is_a_basic_user_or_stands_in_the_body(shop: Shop) -> None:
    secret, read_only = shop.key(source="mini-program"), shop.key("read")
    basic = {"Authorization": "Basic " + b64encode(f"{secret}:".encode()).decode()}
    assert shop.http.post("/v1/track", json=message(event="Hi"), headers=basic).json()["accepted"] == 1
    body = message(event="Hi", messageId="m-2", writeKey=secret)
    assert shop.http.post("/v1/track", json=body).json()["accepted"] == 1
    assert {e.source for e in shop.events()} == {"mini-program"}
    assert shop.http.post("/v1/track", json=message(writeKey=read_only)).status_code == 403
    assert shop.http.post("/v1/track", json=message(writeKey="wrong")).status_code == 401
    assert shop.http.post("/v1/track", content=b"{").status_code == 401


def test_a_malformed_batch_is_refused_as_a_whole(shop: Shop) -> None:
    for body in (b"", b"[]", b'{"batch": 5}', b'{"batch": [', b'{"batch": [], "sentAt": "soon"}', b"[" * 100_000):
        answer = shop.post("/v1/batch", body)
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json"), body[:20]
        assert answer.json()["message"] == answer.json()["detail"]


def test_gzip_is_inflated_within_the_limit_of_a_batch(shop: Shop) -> None:
    packed = gzip.compress(json.dumps({"batch": [message(event="Hi")]}).encode())
    assert shop.post("/v1/batch", packed, Content_Encoding="gzip").json()["accepted"] == 1
    bomb = gzip.compress(b'{"batch": [' + b" " * 100_000_000)
    assert len(bomb) < 200_000
    answer = shop.post("/v1/batch", bomb, Content_Encoding="gzip")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert shop.post("/v1/batch", b" " * (500 * 1024 + 1)).status_code == 413


@pytest.mark.parametrize(
    ("yuan", "expected"),
    [(19.9, 1990), ("0.30000000000000004", 30), ("¥1,280.00", 128000), (7, 700), ("12.5元", 1250), ("-3", -300)],
)
def test_yuan_become_fen_exactly(yuan: float | str, expected: int) -> None:
    assert fen(str(yuan)) == expected


@pytest.mark.parametrize("yuan", ["", "1.005", "NaN", "Infinity", "1e999999999", "12,5 €", True])
def test_what_is_no_amount_in_fen_is_no_amount(yuan: str | bool) -> None:
    with pytest.raises(ValueError, match=r"amount|whole"):
        fen(yuan)


@given(st.integers(-(10**14), 10**14))
def test_law_every_fen_survives_being_written_in_yuan(amount: int) -> None:
    sign, rest = "-" if amount < 0 else "", abs(amount)
    assert fen(f"{sign}{rest // 100}.{rest % 100:02}") == amount


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(
    [
        "messageId",
        "userId",
        "anonymousId",
        "previousId",
        "groupId",
        "event",
        "name",
        "timestamp",
        "sentAt",
        "context",
        "traits",
        "properties",
        "category",
    ]
)
properties = st.dictionaries(
    st.sampled_from(
        ["order_id", "total", "products", "price", "quantity", "product_id", "currency", "phone", "address"]
    ),
    json_values | st.lists(st.dictionaries(st.sampled_from(["product_id", "price", "quantity"]), json_values)),
)
messages = st.builds(
    lambda call, event, some, wild: {**message(call, event=event), "properties": some, "traits": some, **wild},
    st.sampled_from(segment.CALLS),
    st.sampled_from(["Order Completed", "Product Added", "Order Refunded", "Hi"]),
    properties,
    st.dictionaries(keys, json_values, max_size=2),
)


@given(messages)
def test_no_message_breaks_the_door(document: dict[str, Any]) -> None:
    try:
        touchpoint = segment.parse(json.dumps(document).encode(), source="s", received_at=NOW)
    except Rejected:
        return
    assert touchpoint.id
    json.dumps(touchpoint.data)


@given(st.binary(max_size=80) | json_values.map(lambda v: json.dumps(v).encode()), st.sampled_from(["batch", "track"]))
def test_no_body_breaks_the_door(body: bytes, call: Any) -> None:
    segment.write_key(body)
    try:
        raws = segment.split(body, call, NOW).raws
    except Rejected:
        return
    for raw in raws:
        json.loads(raw)


def test_a_number_beyond_all_bounds_fails_alone(shop: Shop) -> None:
    wild = message("track", event="Order Completed", messageId="wild", properties={"total": "WILD"})
    batch = json.dumps({"batch": [wild, message("track", event="Hi", messageId="tame")]})
    answer = shop.post("/v1/batch", batch.replace('"WILD"', "1e9999999999999999999").encode())
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    assert [(r["index"], r["code"]) for r in answer.json()["rejected"]] == [(0, "schema")]
