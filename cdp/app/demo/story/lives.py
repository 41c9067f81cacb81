"""A live: who comes, how long they stay, what they do there, and who leaves as a friend or with an order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cdp.app.demo.story.cast import Neighbour
from cdp.app.demo.story.mall import shop_for, visit
from cdp.app.demo.story.orders import basket, feast
from cdp.app.demo.story.shop import COMMENTS, FULL_SET, SMALL_SET, ZONGZI
from cdp.app.demo.story.town import Town


@dataclass(frozen=True)
class Live:
    """One live. `hook` is the minute at which the shopkeeper asks the viewers to become friends."""

    id: str
    title: str
    starts_at: int
    minutes: int
    channel: str
    hook: int
    leads: float
    """How many of the strangers who stay to the hook become friends."""
    tempts: float
    """How many of those who stay look into the mall afterwards, new friends left aside."""
    sells: float
    """How ready people are to buy."""

    @property
    def ends_at(self) -> int:
        return self.starts_at + self.minutes * 60


def morning(day: str, starts_at: int) -> Live:
    """Six o'clock, at the wholesale market: short, for the early ones."""
    return Live(f"morning-{day}", "清晨市场直击", starts_at, 30, "live-morning", 20, 0.22, 0.30, 0.22)


def saturday(day: str, starts_at: int) -> Live:
    """The family dinner of the week."""
    return Live(f"saturday-{day}", "《周末家庭聚餐》", starts_at, 80, "live-saturday", 50, 0.46, 0.34, 0.58)


def dragon_boat(day: str, starts_at: int) -> Live:
    """The evening everything leads up to."""
    return Live(f"duanwu-{day}", "《端午家宴》", starts_at, 105, "live-duanwu", 66, 0.66, 0.50, 0.98)


def hold(town: Town, live: Live, comes: Callable[[Neighbour], float]) -> int:
    """Play a whole live; `comes` is each neighbour's likelihood to come. Answers the number of viewers."""
    viewers = [n for n in town.people if town.chance(comes(n))]
    for viewer in viewers:
        _attend(town, live, viewer)
    return len(viewers)


def _attend(town: Town, live: Live, viewer: Neighbour) -> None:
    entered = _arrival(town, live)
    stays = _stay(town, live, viewer, entered)
    left = entered + stays
    town.open_app(viewer, entered)
    visit_id = f"{live.id}-{viewer.number}"
    _note(town, live, viewer, "live.entered", entered, {"session": visit_id})
    _take_part(town, live, viewer, entered, stays)
    _note(town, live, viewer, "live.watched", left, {"total_seconds": stays})
    _note(town, live, viewer, "live.left", left, {"session": visit_id})
    if stays >= 60:
        _leave_with_something(town, live, viewer, left)


def _arrival(town: Town, live: Live) -> int:
    share = min(town.rng.expovariate(4.5), 0.8)
    return live.starts_at + int(share * live.minutes * 60)


def _stay(town: Town, live: Live, viewer: Neighbour, entered: int) -> int:
    left = live.ends_at - entered
    if town.chance(0.24 - 0.15 * viewer.keen):
        return min(left, town.rng.randrange(4, 58))
    return max(1, min(left, int(left * town.rng.betavariate(1.3 + 2 * viewer.keen, 1.4))))


def _take_part(town: Town, live: Live, viewer: Neighbour, entered: int, stays: int) -> None:
    def moment() -> int:
        return entered + town.rng.randrange(stays)

    if town.chance(0.34 * min(1, stays / 600)):
        _note(town, live, viewer, "live.liked", moment(), {"count": 1 + int(town.rng.expovariate(0.2))})
    if town.chance(0.2 * min(1, stays / 900)):
        _note(town, live, viewer, "live.commented", moment(), {"text": town.rng.choice(COMMENTS)})
    if town.chance(0.05 * min(1, stays / 900)):
        _note(town, live, viewer, "live.shared", moment(), {"to": "朋友圈"})
    if live.id.startswith("duanwu") and town.chance(0.45 * min(1, stays / 900)):
        product = town.rng.choice((*ZONGZI, FULL_SET, SMALL_SET))
        data = {"product": product.id, "title": product.title}
        _note(town, live, viewer, "live.product_clicked", moment(), data, product=product.id)


def _leave_with_something(town: Town, live: Live, viewer: Neighbour, left: int) -> None:
    hook = live.starts_at + live.hook * 60
    befriended = False
    if viewer.number not in town.friends and town.chance(live.leads if left > hook else live.leads * 0.25):
        left = max(left, town.befriend(viewer, left + town.rng.randrange(5, 90), live.channel))
        befriended = True
    if town.chance(0.8 if befriended else live.tempts):
        _go_shopping(town, live, viewer, left)


def _go_shopping(town: Town, live: Live, viewer: Neighbour, left: int) -> None:
    at = left + town.rng.randrange(10, 420)
    visit(town, viewer, at, scene="live", page=f"live/{live.id}")
    if town.chance(live.sells * (1.15 - viewer.frugal)):
        items = feast(town.rng) if live.id.startswith("duanwu") else basket(town.rng)
        shop_for(town, viewer, at + town.rng.randrange(20, 90), items, live.id)


def _note(
    town: Town, live: Live, viewer: Neighbour, kind: str, at: int, data: Mapping[str, Any], **context: str
) -> None:
    town.paper.line("live", kind, at, town.in_app(viewer), dict(data), live=live.id, **context)
