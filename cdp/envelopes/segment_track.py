"""Segment's `track`: its e-commerce events become types of the catalogue, all others types of the workspace's own (`x.…`).

Amounts are yuan in Segment and fen here; a currency other than yuan is refused rather than miscounted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from cdp.envelopes.amounts import fen, plain
from cdp.envelopes.segment_traits import text
from cdp.errors import Rejected
from cdp.events.catalog import CATALOG, OWN_PREFIX

Properties = Mapping[str, Any]
_YUAN = frozenset({"", "CNY", "RMB"})


def mapped(event: str, properties: Properties) -> tuple[str, dict[str, Any]]:
    """Type and data of a tracked event. Raises Rejected with the path inside the Segment message."""
    name = slug(event)
    if name in _WELL_KNOWN:
        _check_currency(properties)
        kind, data = _WELL_KNOWN[name]
        return kind, data(properties)
    if event in CATALOG:
        return event, _plain(properties)
    if not name:
        raise Rejected("schema", "an event needs a name", "$.event")
    return OWN_PREFIX + name, _plain(properties)


def slug(name: str) -> str:
    """`Order Completed` -> `order_completed`; letters and digits of any script stay."""
    return re.sub(r"\W+", "_", name.strip().lower().removeprefix(OWN_PREFIX)).strip("_")


def context(properties: Properties) -> dict[str, str]:
    """The order and the product that the properties name."""
    named = {"order": text(properties.get("order_id")), "product": _product_id(properties)}
    return {key: value for key, value in named.items() if value}


def _order(properties: Properties) -> dict[str, Any]:
    items = _items(properties)
    categories = list(dict.fromkeys(i["category"] for i in items if "category" in i))
    return _without_none(
        amount_fen=_amount(properties, "total", "revenue", "value"),
        items=items or None,
        categories=categories or None,
    )


def _refund(properties: Properties) -> dict[str, Any]:
    return _without_none(
        amount_fen=_amount(properties, "total", "revenue", "value"),
        refund=text(properties.get("refund_id")) or None,
        reason=text(properties.get("reason")) or None,
        items=_items(properties) or None,
    )


def _cancellation(properties: Properties) -> dict[str, Any]:
    return _without_none(reason=text(properties.get("reason")) or None)


def _viewed(properties: Properties) -> dict[str, Any]:
    return _without_none(**_named(properties, "$.properties"), price_fen=_amount(properties, "price"))


def _added(properties: Properties) -> dict[str, Any]:
    return _line(properties, "$.properties")


def _removed(properties: Properties) -> dict[str, Any]:
    line = _line(properties, "$.properties")
    return {key: line[key] for key in ("product", "quantity")}


def _items(properties: Properties) -> list[dict[str, Any]]:
    products = properties.get("products") or []
    if not isinstance(products, list) or not all(isinstance(p, dict) for p in products):
        raise Rejected("schema", "expected an array of products", "$.properties.products")
    lines = [(_line(p, f"$.properties.products[{n}]"), text(p.get("sku"))) for n, p in enumerate(products)]
    return [{**line, **({"sku": sku} if sku else {})} for line, sku in lines]


def _line(product: Properties, path: str) -> dict[str, Any]:
    """One line of an order or a cart; Segment's price is that of one piece, ours that of the line."""
    quantity = product.get("quantity")
    if quantity is None:
        quantity = 1
    if not isinstance(quantity, int) or isinstance(quantity, bool) or not 0 <= quantity < 10**9:
        raise Rejected("schema", "expected a whole number of pieces", f"{path}.quantity")
    price = _fen(product.get("price"), f"{path}.price")
    amount = None if price is None else price * quantity
    return _without_none(**_named(product, path), quantity=quantity, amount_fen=amount)


def _named(product: Properties, path: str) -> dict[str, Any]:
    identity = _product_id(product)
    if not identity:
        raise Rejected("schema", "a product needs product_id or sku", f"{path}.product_id")
    title, category = text(product.get("name")), text(product.get("category"))
    return _without_none(product=identity, title=title or None, category=category or None)


def _product_id(product: Properties) -> str:
    return text(product.get("product_id")) or text(product.get("sku"))


def _amount(properties: Properties, *names: str) -> int | None:
    """The first of these that is given."""
    return next((_fen(properties[n], f"$.properties.{n}") for n in names if properties.get(n) is not None), None)


def _fen(value: object, path: str) -> int | None:
    if value is None:
        return None
    if not isinstance(value, Decimal | int | str):
        raise Rejected("schema", "expected an amount in yuan", path)
    try:
        return fen(value)
    except ValueError as error:
        raise Rejected("schema", str(error), path) from None


def _plain(properties: Properties) -> dict[str, Any]:
    try:
        return {key: plain(value) for key, value in properties.items()}
    except ValueError as error:
        raise Rejected("schema", str(error), "$.properties") from None


def _check_currency(properties: Properties) -> None:
    currency = text(properties.get("currency")).upper()
    if currency not in _YUAN:
        raise Rejected("schema", f"amounts are yuan; {currency} is not converted", "$.properties.currency")


def _without_none(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


_WELL_KNOWN: dict[str, tuple[str, Callable[[Properties], dict[str, Any]]]] = {
    "product_viewed": ("product.viewed", _viewed),
    "product_added": ("cart.added", _added),
    "product_removed": ("cart.removed", _removed),
    "order_placed": ("order.placed", _order),
    "order_completed": ("order.paid", _order),
    "order_refunded": ("order.refunded", _refund),
    "order_cancelled": ("order.cancelled", _cancellation),
}
WELL_KNOWN: Mapping[str, str] = {name: kind for name, (kind, _) in _WELL_KNOWN.items()}
"""Segment event (as a slug) -> type of the catalogue."""
