"""What each WeChat Store event means, as a table. What is not in it is a failure that keeps its raw body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cdp.events.touchpoint import Identifier
from cdp.ports import Failed, Ignored
from connectors.document import Document
from connectors.outcome import Fact, Understood
from connectors.wechat_store.vouchers import vouchers

CHANNEL = "wechat-store"
_CANCELLED = {1: "customer", 2: "timeout", 3: "aftersale", 4: "oversold"}
_CONFIRMED = {1: "customer", 2: "auto"}
_MONEY_BACK = frozenset({"MERCHANT_REFUND_SUCCESS", "MERCHANT_RETURN_SUCCESS"})


def understand(document: Document, appid: str) -> list[Understood]:
    """What one push says. Raises Rejected with the path of what it lacks."""
    at = document.moment("CreateTime")
    event = document.text("Event")
    if event in _OF_NO_INTEREST:
        return [Ignored(event)]
    read = _EVENTS.get(event)
    return read(document, appid, at) if read else [Failed("unknown_type", "$.Event", event)]


def _buyer(document: Document, appid: str) -> tuple[Identifier, ...]:
    openid = document.text_or("FromUserName")
    return (Identifier(type="openid", value=openid, scope=appid),) if openid else ()


def _order(
    type_name: str, data: Callable[[Document], dict[str, Any]] = lambda _: {}, time: str = ""
) -> Callable[[Document, str, int], list[Understood]]:
    def read(document: Document, appid: str, at: int) -> list[Understood]:
        info = document.child("order_info")
        context = {"order": info.text("order_id"), "channel": CHANNEL}
        when = info.moment(time) if time and info.text_or(time) else at
        return [Fact(type_name, when, _buyer(document, appid), data(info), context)]

    return read


def _aftersale(document: Document, _: str, at: int) -> list[Understood]:
    """The sender is a fixed id of the platform's, so only the order says whose it is."""
    update = document.child("finder_shop_aftersale_status_update")
    context = {"order": update.text("order_id"), "channel": CHANNEL}
    status, number = update.text("status"), update.text("after_sale_order_id")
    if status in _MONEY_BACK:
        return [Fact("order.refunded", at, data={"refund": number, "reason": status}, context=context)]
    return [Fact("x.wechat_store.aftersale", at, data={"aftersale": number, "status": status}, context=context)]


def _coupon(type_name: str, key: str, time: str) -> Callable[[Document, str, int], list[Understood]]:
    def read(document: Document, appid: str, at: int) -> list[Understood]:
        info = document.child(key)
        data = {"coupon": info.text("user_coupon_id"), "template": info.text_or("coupon_id")}
        when = info.moment(time) if info.text_or(time) else at
        context = {"order": info.text_or("order_id"), "channel": CHANNEL}
        return [Fact(type_name, when, _buyer(document, appid), data, context)]

    return read


def _cooperation(document: Document, appid: str, at: int) -> list[Understood]:
    """An order through a partner's mini-program: its number is not the store's, so it is kept out of `context.order`."""
    data = document.child("Data")
    said = {"order": data.text("order_id"), "shop_appid": data.text_or("shop_appid")}
    return [Fact("x.wechat_store.cooperation_order", at, _buyer(document, appid), said, {"channel": CHANNEL})]


_EVENTS: dict[str, Callable[[Document, str, int], list[Understood]]] = {
    "channels_ec_order_new": _order("order.placed"),
    "channels_ec_order_pay": _order("order.paid", time="pay_time"),
    "channels_ec_order_cancel": _order(
        "order.cancelled", lambda info: {"reason": _CANCELLED.get(info.whole_or("cancel_type", 0), "unknown")}
    ),
    "channels_ec_order_wait_shipping": _order("x.wechat_store.order_to_ship"),
    "channels_ec_order_settle": _order("x.wechat_store.order_settled", time="settle_time"),
    "channels_ec_order_deliver": _order(
        "order.shipped", lambda info: {"complete": info.whole_or("finish_delivery", 1) == 1}
    ),
    "channels_ec_order_confirm": _order(
        "order.completed", lambda info: {"by": _CONFIRMED.get(info.whole_or("confirm_type", 0), "unknown")}
    ),
    "channels_ec_aftersale_update": _aftersale,
    "channels_ec_coupon_receive": _coupon("coupon.issued", "receive_info", "receive_time"),
    "channels_ec_user_coupon_use": _coupon("coupon.redeemed", "use_info", "use_time"),
    "channels_ec_user_coupon_unuse": _coupon("x.wechat_store.coupon_returned", "unuse_info", "unuse_time"),
    "channels_ec_user_coupon_expire": _coupon("coupon.expired", "expire_info", "expire_time"),
    "channels_ec_voucher_send_succ": vouchers,
    "cooperation_shop_order": _cooperation,
    "related_shop_order_submission": _cooperation,
}
_OF_NO_INTEREST = frozenset({
    "channels_ec_order_ext_info_update",
    "channels_ec_coupon_create", "channels_ec_sharer_change",
    "channels_ec_vip_join", "channels_ec_vip_close", "channels_ec_vip_grade", "channels_ec_vip_score",
})  # fmt: skip
