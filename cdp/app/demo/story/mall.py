"""The mini-program mall: looking around, filling a cart, ordering, paying or not."""

from __future__ import annotations

from cdp.app.demo.story.cast import Neighbour
from cdp.app.demo.story.orders import Order
from cdp.app.demo.story.shop import PRODUCTS, Product
from cdp.app.demo.story.town import Town

PAY_LIMIT = 1_800
"""After half an hour without payment the mall closes an order."""


def visit(town: Town, neighbour: Neighbour, at: int, *, scene: str, page: str = "home") -> None:
    """Open the mall and look at a thing or two."""
    who = town.open_app(neighbour, at)
    town.paper.line("mall", "mall.visited", at, who, {"page": page, "scene": scene}, channel=neighbour.origin)
    for i in range(town.rng.choices((0, 1, 2), (35, 45, 20))[0]):
        product = town.rng.choice(PRODUCTS)
        town.paper.line(
            "mall", "product.viewed", at + 8 + 15 * i, who, {**_card(product), "price_fen": product.fen},
            product=product.id,
        )  # fmt: skip


def shop_for(
    town: Town, neighbour: Neighbour, at: int, items: tuple[tuple[Product, int], ...], live: str = ""
) -> Order | None:
    """Fill the cart, order, and mostly pay. Answers the order if it was paid; it is in `town.orders` then."""
    who = town.open_app(neighbour, at, must_sign_in=True)
    for i, (product, quantity) in enumerate(items):
        data = {**_card(product), "quantity": quantity, "amount_fen": product.fen * quantity}
        town.paper.line("mall", "cart.added", at + 6 * i, who, data, product=product.id)
    if town.chance(0.12):
        return None
    order = town.new_order(neighbour, at + 60 + town.rng.randrange(90), items, live)
    placed = town.paper.order_placed(order)
    if town.chance(0.07):
        town.paper.order_cancelled(order, placed + PAY_LIMIT)
        return None
    town.paper.order_paid(order, placed + town.rng.randrange(6, 75))
    town.keep(order)
    return order


def look_into_cart(town: Town, neighbour: Neighbour, at: int, product: Product) -> None:
    """Put something into the cart, and often take it out again."""
    who = town.in_app(neighbour)
    data = {**_card(product), "quantity": 1, "amount_fen": product.fen}
    town.paper.line("mall", "cart.added", at, who, data, product=product.id)
    if town.chance(0.35):
        town.paper.line("mall", "cart.removed", at + 45, who, {"product": product.id}, product=product.id)


def _card(product: Product) -> dict[str, str]:
    return {"product": product.id, "title": product.title, "category": product.category}
