"""The town while the story goes on: who is a friend by now, who is in which group, what has been ordered."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from cdp.app.demo.story.cast import Neighbour, Who
from cdp.app.demo.story.diary import Recorder, rfc3339
from cdp.app.demo.story.orders import Order
from cdp.app.demo.story.shop import Product


@dataclass
class Town:
    """Everything that changes. `paper` takes down what happens; it is exchanged when the evening begins."""

    rng: random.Random
    people: tuple[Neighbour, ...]
    paper: Recorder
    friends: set[int] = field(default_factory=set)
    """Numbers of the neighbours who are WeCom friends now."""
    left: set[int] = field(default_factory=set)
    """Numbers of those who have left their group."""
    known: set[int] = field(default_factory=set)
    """Numbers of those whose sign-in has been told."""
    orders: list[Order] = field(default_factory=list)
    """What was paid, in order of time."""
    expected: set[int] = field(default_factory=set)
    """Numbers of those who have reserved the next live, or opened its link."""
    regulars: set[int] = field(default_factory=set)
    """Numbers of those who have bought before."""
    _serial: int = 0

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def in_group(self, neighbour: Neighbour, at: int) -> bool:
        return neighbour.joined_at <= at and neighbour.number not in self.left

    def keep(self, order: Order) -> None:
        """An order was paid: who bought once comes back more easily."""
        self.orders.append(order)
        self.regulars.add(order.buyer.number)

    def befriend(self, neighbour: Neighbour, at: int, channel: str) -> int:
        self.friends.add(neighbour.number)
        return self.paper.friend_added(neighbour, at, channel)

    def in_app(self, neighbour: Neighbour) -> Who:
        """How the mini-program knows the neighbour by now."""
        return neighbour.in_app(neighbour.number in self.known)

    def open_app(self, neighbour: Neighbour, at: int, *, must_sign_in: bool = False) -> Who:
        """The neighbour opens the mini-program, and signs in if it is time to; that is told once."""
        if (must_sign_in or at >= neighbour.signs_in_at) and neighbour.number not in self.known:
            self.known.add(neighbour.number)
            data = {"nickname": neighbour.nickname}
            self.paper.line("mall", "person.profile_changed", at, neighbour.signed_in(), data)
            if self.chance(0.82):
                agreed = {"purpose": "promotion", "channel": "wecom"}
                self.paper.line("mall", "consent.given", at + 1, neighbour.signed_in(), agreed)
        return self.in_app(neighbour)

    def new_order(self, buyer: Neighbour, at: int, items: tuple[tuple[Product, int], ...], live: str = "") -> Order:
        self._serial += 1
        stamp = "".join(c for c in rfc3339(at)[:19] if c.isdigit())
        return Order(f"E{stamp}{self._serial:09d}", buyer, at, items, self.chance(0.72), live)
