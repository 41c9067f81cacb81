"""What is bought, and what becomes of it: paid or not, picked up or brought, sometimes refunded."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from cdp.app.demo.story.cast import Neighbour
from cdp.app.demo.story.shop import EVERYDAY, FULL_SET, SMALL_SET, ZONGZI, Product

_FEASTS = (FULL_SET, SMALL_SET)


@dataclass(frozen=True)
class Order:
    """One order. Its id begins with E and the time, as the mall's own do."""

    id: str
    buyer: Neighbour
    placed_at: int
    items: tuple[tuple[Product, int], ...]
    pickup: bool
    live: str = ""

    @property
    def fen(self) -> int:
        return sum(product.fen * quantity for product, quantity in self.items)

    def has(self, category: str) -> bool:
        return any(product.category == category for product, _ in self.items)


def basket(rng: random.Random) -> tuple[tuple[Product, int], ...]:
    """An ordinary day's shopping: one to four things."""
    return _pick(rng, EVERYDAY, rng.choices((1, 2, 3, 4), (40, 32, 18, 10))[0])


def early_zongzi(rng: random.Random) -> tuple[tuple[Product, int], ...]:
    """Zongzi before the feast, with something for the day."""
    return (*_pick(rng, ZONGZI, 1), *_pick(rng, EVERYDAY, rng.randrange(2)))


def feast(rng: random.Random) -> tuple[tuple[Product, int], ...]:
    """What is bought in the Dragon Boat live: zongzi first, then the small set and the full one."""
    kind = rng.random()
    if kind < 0.14:
        return ((FULL_SET, 1), *(_pick(rng, ZONGZI, 1) if rng.random() < 0.3 else ()))
    if kind < 0.36:
        return ((SMALL_SET, 1), *(_pick(rng, ZONGZI, 1) if rng.random() < 0.25 else ()))
    if kind < 0.86:
        return (*_pick(rng, ZONGZI, rng.choice((1, 1, 2))), *_pick(rng, EVERYDAY, rng.randrange(2)))
    return basket(rng)


def _pick(rng: random.Random, shelf: Sequence[Product], count: int) -> tuple[tuple[Product, int], ...]:
    chosen: dict[str, tuple[Product, int]] = {}
    for product in rng.choices(shelf, [p.weight for p in shelf], k=count):
        chosen[product.id] = (product, 1 if product.fen > 4000 or rng.random() < 0.7 else 2)
    return tuple(chosen.values())
