"""Orders the way the mall's webhooks tell of them: money as text in yuan, local times without a zone."""

from __future__ import annotations

import json
from typing import Any

from cdp.app.demo.story.acts import YouzanWebhook
from cdp.app.demo.story.diary import rfc3339
from cdp.app.demo.story.orders import Order
from cdp.app.demo.story.shop import APP_ID, PICKUP_POINT

_KIND = {
    "trade_TradeCreate": "WAIT_BUYER_PAY",
    "trade_TradePaid": "WAIT_SELLER_SEND_GOODS",
    "trade_TradeSuccess": "TRADE_SUCCESS",
}
_MICROS = 1_000_000


def trade(kind: str, order: Order, happened: int, told: int, times: int = 1) -> YouzanWebhook:
    """A message about a whole trade; `told` is when it is sent, in seconds."""
    msg = {
        "full_order_info": {
            "order_info": _order_info(kind, order, happened),
            "pay_info": {"total_fee": _yuan(order.fen), "payment": _yuan(order.fen), "post_fee": "0.00"},
            "buyer_info": {
                "buyer_id": 1_000_000 + order.buyer.number,
                "buyer_phone": order.buyer.phone,
                "fans_nickname": order.buyer.nickname,
                "outer_user_id": order.buyer.openid,
                "yz_open_id": order.buyer.yz_open_id,
            },
            "address_info": _address(order),
            "source_info": {"source": {"platform": "wx", "wx_entrance": "wx_apps", "appid": APP_ID}},
            "orders": [_line(order, i) for i in range(len(order.items))],
        },
        "order_promotion": {},
        "refund_order": [],
    }
    return _webhook(kind, order.id, _KIND[kind], msg, happened, told, times=times)


def closed(order: Order, happened: int, told: int) -> YouzanWebhook:
    """The trade was closed unpaid: only its number is told."""
    msg = {"tid": order.id, "close_type": 1, "close_reason": "超时未付款", "update_time": _local(happened)}
    return _webhook("trade_TradeClose", order.id, "TRADE_CLOSED", msg, happened, told)


def refunded(order: Order, happened: int, told: int, fen: int, reason: str) -> YouzanWebhook:
    """Money went back. The message names the trade and nobody."""
    msg = {
        "tid": order.id,
        "refund_id": f"R{order.id[1:]}",
        "refund_type": "REFUND_ONLY",
        "refunded_fee": _yuan(fen),
        "refund_reason": reason,
        "update_time": _local(happened),
    }
    return _webhook(
        "youzan_trade_RefundSuccess", order.id, "REFUND_SUCCESS", msg, happened, told, encoded=False
    )  # fmt: skip


def _webhook(
    kind: str,
    order_id: str,
    status: str,
    msg: dict[str, Any],
    happened: int,
    told: int,
    *,
    encoded: bool = True,
    times: int = 1,
) -> YouzanWebhook:
    return YouzanWebhook(
        at=told * _MICROS,
        type=kind,
        id=order_id,
        status=status,
        msg_id=f"demo-{order_id}-{kind}",
        version=happened,
        msg=msg,
        encoded=encoded,
        times=times,
    )


def _order_info(kind: str, order: Order, happened: int) -> dict[str, Any]:
    paid = {"pay_time": _local(happened)} if kind == "trade_TradePaid" else {}
    return {
        "tid": order.id,
        "status": _KIND[kind],
        "created": _local(order.placed_at),
        **paid,
        "update_time": _local(happened),
        "pay_type": 1,
        "express_type": 1 if order.pickup else 2,
        "close_type": 0,
        "refund_state": 0,
        "order_tags": {},
    }


def _address(order: Order) -> dict[str, str]:
    place = json.dumps({"id": 1, "name": PICKUP_POINT}, ensure_ascii=False) if order.pickup else ""
    return {"self_fetch_info": place, "receiver_name": order.buyer.nickname, "receiver_tel": order.buyer.phone}


def _line(order: Order, index: int) -> dict[str, Any]:
    product, quantity = order.items[index]
    total = _yuan(product.fen * quantity)
    return {
        "oid": f"27{order.id[-9:]}{index:02d}",
        "item_id": int(product.id),
        "sku_id": int(product.id) + 1_000_000,
        "num": quantity,
        "title": product.title,
        "price": _yuan(product.fen),
        "total_fee": total,
        "payment": total,
    }


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _local(at: int) -> str:
    return rfc3339(at)[:19].replace("T", " ")
