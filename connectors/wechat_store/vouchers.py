"""Group-buy vouchers (团购券): a consumed one (核销) means that its owner stood in the shop."""

from __future__ import annotations

from cdp.errors import Rejected
from cdp.events.touchpoint import Identifier
from cdp.ports import Failed
from connectors.document import Document
from connectors.outcome import Fact, Understood

_USED, _REFUNDED = 2, 3


def vouchers(document: Document, appid: str, at: int) -> list[Understood]:
    """One fact a voucher of `channels_ec_voucher_send_succ`, which names one in the body or several in a list."""
    listed = document.children("voucher_list")
    if not listed and document.text_or("code"):
        listed = [document]
    if not listed:
        return [Failed("mapping", "$.voucher_list", "is missing")]
    return [_understood(one, document, appid, at) for one in listed]


def _understood(voucher: Document, document: Document, appid: str, at: int) -> Understood:
    """One voucher that cannot be read spoils none of the others."""
    try:
        return _voucher(voucher, document, appid, at)
    except Rejected as rejected:
        return Failed(rejected.reason, rejected.path, rejected.message)


def _voucher(voucher: Document, document: Document, appid: str, at: int) -> Fact:
    code, status = voucher.text("code"), voucher.whole_or("status", 1)
    context = {
        "order": voucher.text_or("order_id"),
        "product": voucher.text_or("product_id"),
        "channel": "wechat-store",
    }
    who = _owner(voucher, document, appid)
    if status == _USED:
        when = voucher.moment("consume_time") if voucher.text_or("consume_time") else at
        data = {"pickup_point": voucher.text_or("consume_store_name")}
        return Fact("order.picked_up", when, who, data, context | {"store": voucher.text_or("out_store_id")})
    if status == _REFUNDED:
        return Fact("order.refunded", at, who, {"refund": code}, context)
    return Fact("x.wechat_store.voucher", at, who, {"voucher": code, "status": status}, context)


def _owner(voucher: Document, document: Document, appid: str) -> tuple[Identifier, ...]:
    known = (
        ("unionid", voucher.text_or("union_id"), ""),
        ("openid", voucher.text_or("openid") or document.text_or("FromUserName"), appid),
        # The platform's own spelling of the field.
        ("phone", voucher.text_or("telphone_no"), ""),
    )
    return tuple(Identifier(type=t, value=value, scope=scope) for t, value, scope in known if value)
