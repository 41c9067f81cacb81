"""A Youzan order: who bought what for how much, and where it is picked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cdp.errors import Rejected
from cdp.events.touchpoint import Identifier
from connectors.document import Document, json_document
from connectors.youzan.options import YouzanOptions
from connectors.youzan.values import fen

CHANNEL = "youzan"
_PICKUP = 1
"""`express_type` of an order that is picked up at the shop."""
_ADDRESS = ("delivery_province", "delivery_city", "delivery_district", "delivery_address")


@dataclass(frozen=True)
class Order:
    """One `full_order_info`, or the little that a message without it says."""

    document: Document
    options: YouzanOptions
    shop: str

    @property
    def info(self) -> Document:
        """The part with number, status and times."""
        return self.document.child("order_info")

    def buyer(self) -> tuple[Identifier, ...]:
        """Everything by which the buyer is known; nobody for a message that names only the order."""
        info = self.document.child("buyer_info")
        known = (
            ("yz_open_id", info.text_or("yz_open_id"), ""),
            ("openid", info.text_or("outer_user_id"), self.options.appid or f"{CHANNEL}:{self.shop}"),
            ("phone", info.text_or("buyer_phone"), ""),
        )
        return tuple(Identifier(type=t, value=value, scope=scope) for t, value, scope in known if value)

    def data(self) -> dict[str, Any]:
        """The data of `order.placed` and `order.paid`."""
        items = [self._item(line) for line in self.document.children("orders")]
        data: dict[str, Any] = {"amount_fen": fen(self.document.child("pay_info"), "payment"), "items": items}
        data["categories"] = list(dict.fromkeys(item["category"] for item in items if item["category"]))
        data["pickup"] = self._is_pickup()
        return data | {key: value for key, value in self._receiver().items() if value}

    def context(self, order: str) -> dict[str, str]:
        """The order, the channel, and the pick-up point as store."""
        return {"order": order, "channel": CHANNEL, "store": self._pickup_point().text_or("id")}

    def _item(self, line: Document) -> dict[str, Any]:
        product, title = line.text("item_id"), line.text_or("title")
        return {
            "product": product,
            "title": title,
            "category": category(product, title, self.options.categories),
            "quantity": line.whole_or("num", 1),
            "amount_fen": fen(line, "payment") or 0,
            "sku": line.text_or("sku_id"),
        }

    def _is_pickup(self) -> bool:
        express = self.info.text_or("express_type")
        return express == str(_PICKUP) if express else bool(self._pickup_point().fields)

    def _pickup_point(self) -> Document:
        address = self.document.child("address_info")
        point = address.fields.get("self_fetch_info")
        if not isinstance(point, str):
            return address.child("self_fetch_info")
        try:
            return json_document(point, address.at("self_fetch_info"))
        except Rejected:
            return Document({}, address.at("self_fetch_info"))  # An empty text or "null": not picked up.

    def _receiver(self) -> dict[str, str]:
        address = self.document.child("address_info")
        return {
            "receiver_name": address.text_or("receiver_name"),
            "receiver_phone": address.text_or("receiver_tel"),
            "receiver_address": "".join(address.text_or(key) for key in _ADDRESS),
            "message": self.document.child("remark_info").text_or("buyer_message"),
        }


def category(product: str, title: str, categories: Mapping[str, str]) -> str:
    """The category of an item by its id, else by the longest part of its title that has one, else none."""
    if product in categories:
        return categories[product]
    parts = sorted((part for part in categories if part in title), key=lambda part: (-len(part), part))
    return categories[parts[0]] if parts else ""
