"""What each Youzan message means, as a table. What is not in it is a failure that keeps its raw body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

from cdp.errors import Rejected
from cdp.ports import Failed, Ignored
from connectors.document import Document, json_document
from connectors.outcome import Fact, Understood
from connectors.youzan.options import YouzanOptions
from connectors.youzan.orders import CHANNEL, Order
from connectors.youzan.values import fen, local_time


def understand(envelope: Document, options: YouzanOptions) -> list[Understood]:
    """What one push says. Raises Rejected with the path of what it lacks."""
    kind = envelope.text("type")
    if envelope.fields.get("test") is True:
        return [Ignored("test push")]
    if kind in _OF_NO_INTEREST:
        return [Ignored(kind)]
    read = _TYPES.get(kind)
    if read is None:
        return [Failed("unknown_type", "$.type", kind)]
    return [read(envelope, message(envelope), options)]


def message(envelope: Document) -> Document:
    """The message inside: a plain object, or a URL-encoded JSON text."""
    value = envelope.fields.get("msg")
    if not isinstance(value, str):
        return envelope.child("msg")
    try:
        return json_document(unquote_plus(value, errors="strict"), "$.msg")
    except UnicodeDecodeError:
        raise Rejected("mapping", "is not URL-encoded UTF-8", "$.msg") from None


def _whole_order(type_name: str, *times: str) -> Callable[[Document, Document, YouzanOptions], Fact]:
    def read(envelope: Document, msg: Document, options: YouzanOptions) -> Fact:
        order = Order(msg.child("full_order_info"), options, envelope.text_or("kdt_id"))
        tid = order.info.text("tid")
        at = local_time(order.info, *times)
        return Fact(type_name, at, order.buyer(), order.data(), order.context(tid))

    return read


def _step(
    type_name: str, data: Callable[[Document], dict[str, Any]]
) -> Callable[[Document, Document, YouzanOptions], Fact]:
    def read(envelope: Document, msg: Document, options: YouzanOptions) -> Fact:
        order = Order(msg.child("full_order_info"), options, envelope.text_or("kdt_id"))
        source = order.info if order.info.fields else msg
        tid = source.text_or("tid") or envelope.text("id")
        at = local_time(source, "update_time", "success_time", "consign_time", "modified")
        return Fact(type_name, at, order.buyer(), data(msg), {"order": tid, "channel": CHANNEL})

    return read


def _refunded(msg: Document) -> dict[str, Any]:
    data: dict[str, Any] = {"amount_fen": fen(msg, "refunded_fee"), "refund": msg.text_or("refund_id")}
    return data | ({"reason": msg.text_or("refund_type")} if msg.text_or("refund_type") else {})


_TYPES: dict[str, Callable[[Document, Document, YouzanOptions], Fact]] = {
    "trade_TradeCreate": _whole_order("order.placed", "created"),
    "trade_TradePaid": _whole_order("order.paid", "pay_time", "update_time"),
    "trade_TradePartlySellerShip": _step("order.shipped", lambda _: {"complete": False}),
    "trade_TradeSellerShip": _step("order.shipped", lambda _: {"complete": True}),
    "trade_TradeSuccess": _step("order.completed", lambda _: {}),
    "trade_TradeClose": _step("order.cancelled", lambda msg: {"reason": msg.text_or("close_reason")}),
    "youzan_trade_RefundSuccess": _step("order.refunded", _refunded),
    "trade_refund_RefundSuccess": _step("order.refunded", _refunded),
    "trade_refund_RefundSellerAgree": _step("order.refunded", _refunded),
    "trade_refund_SysRefund": _step("order.refunded", _refunded),
}
_OF_NO_INTEREST = frozenset({
    "trade_TradeBuyerPay",        # trade_TradePaid told that it was paid
    "trade_TradeMemoModified",
    "trade_MessagesTheChangeAddresses", "youzan_trade_MessagesTheChangeAddressesByBuyer",
    "youzan_trade_RefundCreated", "youzan_trade_RefundSellerAgree", "youzan_trade_RefundClosed",  # no money went back
    "trade_refund_BuyerCreated", "trade_refund_RefundClosed",
    "SCRM_CUSTOMER_EVENT", "POINTS", "ITEM_INFO", "ITEM_STATE", "ITEM_SKU_INFO", "youzan_item_SkuStockChanged",
})  # fmt: skip
