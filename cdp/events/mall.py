"""The mini-program mall, from the first view to the pickup. `context.order` and `context.product` name what it is about."""

from __future__ import annotations

from typing import Literal

from cdp.events.fields import Count, Data, Fen, Id, Sealed, Text


class Item(Data, frozen=True, kw_only=True):
    """One line of an order or a cart."""

    product: Id
    title: Text = ""
    category: Text = ""
    quantity: Count = 1
    amount_fen: Fen = 0
    """What the whole line costs, after discounts."""
    sku: Text = ""


class MallVisited(Data, frozen=True, kw_only=True):
    """The person opened the mall."""

    page: Text = ""
    scene: Text = ""


class ProductViewed(Data, frozen=True, kw_only=True):
    """The person looked at a product."""

    product: Id
    title: Text = ""
    category: Text = ""
    price_fen: Fen | None = None


class CartAdded(Data, frozen=True, kw_only=True):
    """The person put a product into the cart."""

    product: Id
    title: Text = ""
    category: Text = ""
    quantity: Count = 1
    amount_fen: Fen = 0


class CartRemoved(Data, frozen=True, kw_only=True):
    """The person took a product out of the cart."""

    product: Id
    quantity: Count = 1


class OrderPlaced(Data, frozen=True, kw_only=True):
    """An order was made; it may yet be cancelled."""

    amount_fen: Fen | None = None
    items: tuple[Item, ...] = ()
    categories: tuple[Text, ...] = ()
    """Categories of the items, for conditions such as `contains(data.categories, '粽子')`."""
    pickup: bool = False
    receiver_name: Sealed | None = None
    receiver_phone: Sealed | None = None
    receiver_address: Sealed | None = None
    message: Sealed | None = None


class OrderPaid(Data, frozen=True, kw_only=True):
    """An order was paid. Amount is what the customer paid."""

    amount_fen: Fen | None = None
    items: tuple[Item, ...] = ()
    categories: tuple[Text, ...] = ()
    pickup: bool = False
    receiver_name: Sealed | None = None
    receiver_phone: Sealed | None = None
    receiver_address: Sealed | None = None
    message: Sealed | None = None


class OrderCancelled(Data, frozen=True, kw_only=True):
    """An order was closed before it was paid, or as a whole after a refund."""

    reason: Text = ""


class OrderRefunded(Data, frozen=True, kw_only=True):
    """Money went back; `refund` tells several refunds of one order apart."""

    amount_fen: Fen | None = None
    """None when the platform says only that it happened: then it is all of what is left."""
    refund: Text = ""
    reason: Text = ""
    items: tuple[Item, ...] = ()


class OrderShipped(Data, frozen=True, kw_only=True):
    """An order left the shop."""

    complete: bool = True


class OrderReadyForPickup(Data, frozen=True, kw_only=True):
    """An order waits for the neighbour."""

    pickup_point: Text = ""
    due_at: int | None = None
    """Until when it was promised to be kept; microseconds since the epoch."""


class OrderPickedUp(Data, frozen=True, kw_only=True):
    """The neighbour came for it (到店自提)."""

    pickup_point: Text = ""
    staff: Text = ""


class OrderCompleted(Data, frozen=True, kw_only=True):
    """The order is done."""

    by: Literal["customer", "auto", "unknown"] = "unknown"


class CouponIssued(Data, frozen=True, kw_only=True):
    """The person got a coupon."""

    coupon: Id
    template: Text = ""
    value_fen: Fen | None = None
    valid_until: int | None = None


class CouponRedeemed(Data, frozen=True, kw_only=True):
    """The coupon was used."""

    coupon: Id
    template: Text = ""


class CouponExpired(Data, frozen=True, kw_only=True):
    """The coupon ran out."""

    coupon: Id
    template: Text = ""


TYPES: dict[str, type[Data]] = {
    "mall.visited": MallVisited,
    "product.viewed": ProductViewed,
    "cart.added": CartAdded,
    "cart.removed": CartRemoved,
    "order.placed": OrderPlaced,
    "order.paid": OrderPaid,
    "order.cancelled": OrderCancelled,
    "order.refunded": OrderRefunded,
    "order.shipped": OrderShipped,
    "order.ready_for_pickup": OrderReadyForPickup,
    "order.picked_up": OrderPickedUp,
    "order.completed": OrderCompleted,
    "coupon.issued": CouponIssued,
    "coupon.redeemed": CouponRedeemed,
    "coupon.expired": CouponExpired,
}
