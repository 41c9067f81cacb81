"""The mini-program mall, from the first view to the pickup. `context.order` and `context.product` name what it is about."""

from __future__ import annotations

from typing import Literal

from cdp.events.fields import Count, Data, Fen, Id, Moment, Sealed, Text


class Item(Data, frozen=True, kw_only=True):
    """One line of an order or a cart."""

    product: Id
    """The product's id."""
    title: Text = ""
    """Its title."""
    category: Text = ""
    """Its category."""
    quantity: Count = 1
    """How many pieces."""
    amount_fen: Fen = 0
    """What the whole line costs, after discounts."""
    sku: Text = ""
    """The variant's id."""


class MallVisited(Data, frozen=True, kw_only=True):
    """The person opened the mall."""

    page: Text = ""
    """The page that was opened."""
    scene: Text = ""
    """The mini-program's scene value, or what stands for it elsewhere."""


class ProductViewed(Data, frozen=True, kw_only=True):
    """The person looked at a product."""

    product: Id
    """The product's id."""
    title: Text = ""
    """Its title."""
    category: Text = ""
    """Its category."""
    price_fen: Fen | None = None
    """What one piece costs."""


class CartAdded(Data, frozen=True, kw_only=True):
    """The person put a product into the cart."""

    product: Id
    """The product's id."""
    title: Text = ""
    """Its title."""
    category: Text = ""
    """Its category."""
    quantity: Count = 1
    """How many pieces."""
    amount_fen: Fen = 0
    """What the pieces cost together."""


class CartRemoved(Data, frozen=True, kw_only=True):
    """The person took a product out of the cart."""

    product: Id
    """The product's id."""
    quantity: Count = 1
    """How many pieces."""


class OrderPlaced(Data, frozen=True, kw_only=True):
    """An order was made; it may yet be cancelled."""

    amount_fen: Fen | None = None
    """What is to be paid."""
    items: tuple[Item, ...] = ()
    """The lines of the order."""
    categories: tuple[Text, ...] = ()
    """Categories of the items, for conditions such as `contains(data.categories, '粽子')`."""
    pickup: bool = False
    """Whether the neighbour comes for it (到店自提)."""
    receiver_name: Sealed | None = None
    """Who receives it."""
    receiver_phone: Sealed | None = None
    """Their number."""
    receiver_address: Sealed | None = None
    """Where to."""
    message: Sealed | None = None
    """What the customer wrote."""


class OrderPaid(Data, frozen=True, kw_only=True):
    """An order was paid. Amount is what the customer paid."""

    amount_fen: Fen | None = None
    """What was paid."""
    items: tuple[Item, ...] = ()
    """The lines of the order."""
    categories: tuple[Text, ...] = ()
    """Categories of the items."""
    pickup: bool = False
    """Whether the neighbour comes for it (到店自提)."""
    receiver_name: Sealed | None = None
    """Who receives it."""
    receiver_phone: Sealed | None = None
    """Their number."""
    receiver_address: Sealed | None = None
    """Where to."""
    message: Sealed | None = None
    """What the customer wrote."""


class OrderCancelled(Data, frozen=True, kw_only=True):
    """An order was closed before it was paid, or as a whole after a refund."""

    reason: Text = ""
    """Why, in the platform's words."""


class OrderRefunded(Data, frozen=True, kw_only=True):
    """Money went back; `refund` tells several refunds of one order apart."""

    amount_fen: Fen | None = None
    """None when the platform says only that it happened: then it is all of what is left."""
    refund: Text = ""
    """The refund's id."""
    reason: Text = ""
    """Why, in the platform's words."""
    items: tuple[Item, ...] = ()
    """The lines that were refunded, where the platform says which."""


class OrderShipped(Data, frozen=True, kw_only=True):
    """An order left the shop."""

    complete: bool = True
    """Whether everything of it left."""


class OrderReadyForPickup(Data, frozen=True, kw_only=True):
    """An order waits for the neighbour."""

    pickup_point: Text = ""
    """Where it waits."""
    due_at: Moment | None = None
    """Until when it was promised to be kept."""


class OrderPickedUp(Data, frozen=True, kw_only=True):
    """The neighbour came for it (到店自提)."""

    pickup_point: Text = ""
    """Where it was."""
    staff: Text = ""
    """Who handed it over."""


class OrderCompleted(Data, frozen=True, kw_only=True):
    """The order is done."""

    by: Literal["customer", "auto", "unknown"] = "unknown"
    """Who ended it."""


class CouponIssued(Data, frozen=True, kw_only=True):
    """The person got a coupon."""

    coupon: Id
    """The coupon's id."""
    template: Text = ""
    """The template it was made of."""
    value_fen: Fen | None = None
    """What it is worth."""
    valid_until: Moment | None = None
    """Until when."""


class CouponRedeemed(Data, frozen=True, kw_only=True):
    """The coupon was used."""

    coupon: Id
    """The coupon's id."""
    template: Text = ""
    """The template it was made of."""


class CouponExpired(Data, frozen=True, kw_only=True):
    """The coupon ran out."""

    coupon: Id
    """The coupon's id."""
    template: Text = ""
    """The template it was made of."""


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
