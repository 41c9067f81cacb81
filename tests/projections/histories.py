"""Small histories of a few people with several identifiers each, in which everything comes late, twice and crosswise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from cdp.clock import DAY, HOUR, MINUTE
from cdp.events.event import DECISIONS, DELIVERY, Event, Who
from cdp.log import Log
from cdp.testing import event, memory_log, moment

START = moment("2026-06-18T20:00:00+08:00")
"""Four hours before a local midnight, so that short histories still span days."""

IDENTIFIERS = {
    1: ("unionid", ""),
    2: ("wecom", "ww1:main"),
    3: ("openid", "wx1"),
    4: ("phone", ""),
    5: ("unionid", ""),
    6: ("wecom", "ww1:main"),
    7: ("openid", "wx1"),
    8: ("phone", ""),
}
ORDERS = {number: f"E1{number - 100:03}" for number in range(101, 109)}
POLICIES = {
    "building": {"policy": "first", "sources": []},
    "attributes.points": {"policy": "sum", "sources": []},
    "attributes.likes": {"policy": "union", "sources": []},
}


def actor(surrogate: int, role: Any = "actor") -> Who:
    """One of the identifiers above, or an order."""
    kind, scope = ("order", "") if surrogate in ORDERS else IDENTIFIERS[surrogate]
    return Who(kind, scope, surrogate, role)


_people = st.one_of(
    st.sampled_from(sorted(IDENTIFIERS)).map(lambda s: (s,)),
    st.sampled_from([(1, 2), (2, 3), (3, 4), (5, 6), (6, 7), (7, 8), (1, 5), (4, 8)]),
)
_staff = st.sampled_from(["wang", "li"])
_fen = st.integers(0, 3).map(lambda n: n * 1000)
_lives = st.sampled_from(["l1", "l2"])
_groups = st.sampled_from(["g1", "g2"])
_times = st.integers(0, 40).map(lambda n: START + n * 47 * MINUTE)


def _either(*options: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(options)


_PERSONAL: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "person.profile_changed": _either(
        {"building": "3栋"},
        {"building": "5栋", "attributes": {"points": 3, "likes": ["鱼"]}},
        {"is_staff": True},
        {"is_staff": False},
        {"attributes": {"points": 5, "likes": "肉"}},
        {},
    ),
    "friend.added": _either({"staff": "wang"}, {"staff": "li"}, {"staff": "li", "half": True}),
    "friend.removed": _either({"staff": "wang", "by": "customer"}, {"staff": "li", "by": "transfer"}),
    "tag.added": _either({"tag": "VIP", "by": "staff"}, {"tag": "端午", "by": "rule"}),
    "tag.removed": _either({"tag": "VIP", "by": "staff"}, {"tag": "端午", "by": "journey"}),
    "mall.visited": _either({}),
    "product.viewed": _either({"product": "zongzi"}, {"product": "apple"}),
    "person.linked": _either({"by": "老王"}, {"by": "老王"}, {"by": "老王", "beyond_limit": True}),
    "person.unlinked": _either({"by": "老王"}),
    "x.tasting": _either({"cups": 2}),
}
_IN_CART: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "cart.added": _either(
        {"product": "zongzi", "amount_fen": 500}, {"product": "zongzi", "quantity": 2}, {"product": "apple"}
    ),
    "cart.removed": _either({"product": "zongzi"}, {"product": "zongzi", "quantity": 2}, {"product": "apple"}),
}
_IN_LIVE: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "live.reserved": _either({}),
    "live.entered": _either({}, {"session": "s1"}),
    "live.left": _either({}, {"session": "s1"}, {"entered_at": START + HOUR}),
    "live.watched": _either({"total_seconds": 30}, {"total_seconds": 4000}, {"total_seconds": 0}),
    "live.liked": _either({}, {"count": 3}),
    "live.commented": _either({}),
    "live.shared": _either({}),
    "live.product_clicked": _either({"product": "zongzi"}),
}
_IN_GROUP: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "group.joined": _either({}),
    "group.left": _either({}, {"scene": "removed"}),
    "group.message_sent": _either({}),
    "group.link_clicked": _either({}),
    "group.checked_in": _either({}),
    "group.activity_joined": _either({"activity": "包粽子"}, {"activity": "猜灯谜"}),
}
_CAMPAIGNS = _either({}, {}, {"campaign": "duanwu"}, {"campaign": "weekend"})
_POSTS = _either({"kind": "promotion"}, {"kind": "knowledge"}, {"kind": "feeling"}, {"kind": "interaction"})
_OF_LIVE: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "live.scheduled": _either({"title": "端午家宴"}, {"starts_at": START + HOUR}),
    "live.started": _either({}),
    "live.ended": _either({}),
    "content.posted": _POSTS,
}
_OF_GROUP: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "group.created": _either({"name": "3栋团购群", "building": "3栋"}),
    "content.posted": _POSTS,
    "group.dismissed": _either({}),
}
_OF_ORDER: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "order.placed": _either(
        {
            "amount_fen": 2000,
            "pickup": True,
            "items": [{"product": "zongzi", "category": "粽子", "quantity": 2, "amount_fen": 2000}],
        },
        {
            "amount_fen": 3000,
            "items": [
                {"product": "zongzi", "title": "粽子礼盒", "amount_fen": 2000},
                {"product": "apple", "category": "水果", "amount_fen": 600},
                {"product": "apple", "category": "水果", "amount_fen": 400},
            ],
        },
        {"amount_fen": 1000, "categories": ["水果", "粽子"]},
    ),
    "order.paid": _either({"amount_fen": 2000}, {"amount_fen": 1000}, {}),
    "order.refunded": _either(
        {"amount_fen": 500, "refund": "r1"}, {"amount_fen": 700, "refund": "r2"}, {"amount_fen": 100}, {}
    ),
    "order.cancelled": _either({}),
    "order.ready_for_pickup": _either({}, {"due_at": START + 20 * HOUR}),
    "order.picked_up": _either({}),
    "order.completed": _either({}),
}


@st.composite
def _personal(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(sorted(_PERSONAL)))
    context = draw(_either({}, {}, {"channel": "live-duanwu"}, {"channel": "poster", "campaign": "duanwu"}))
    return event(
        kind, who=tuple(actor(s) for s in draw(_people)), data=draw(_PERSONAL[kind]), context=context, **_when(draw)
    )


@st.composite
def _in_cart(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(["cart.added", "cart.added", "cart.removed"]))
    who = tuple(actor(s) for s in draw(_people))
    return event(kind, who=who, data=draw(_IN_CART[kind]), **_when(draw))


@st.composite
def _in_live(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(sorted(_IN_LIVE)))
    who = tuple(actor(s) for s in draw(_people))
    context = {"live": draw(_lives)} | draw(_CAMPAIGNS)
    return event(kind, who=who, data=draw(_IN_LIVE[kind]), context=context, **_when(draw))


@st.composite
def _in_group(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(sorted(_IN_GROUP)))
    who = tuple(actor(s) for s in draw(_people))
    return event(kind, who=who, data=draw(_IN_GROUP[kind]), context={"group": draw(_groups)}, **_when(draw))


@st.composite
def _of_place(draw: st.DrawFn) -> Event:
    place, kinds, names = draw(st.sampled_from([("live", _OF_LIVE, _lives), ("group", _OF_GROUP, _groups)]))
    kind, name = draw(st.sampled_from([*kinds, "content.posted"])), draw(names)
    context = {place: name} | draw(_CAMPAIGNS)
    return event(kind, who=(), stream=f"{place}/{name}", data=draw(kinds[kind]), context=context, **_when(draw))


@st.composite
def _of_order(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from([*_OF_ORDER, "order.placed", "order.placed", "order.paid", "order.paid"]))
    surrogate = draw(st.sampled_from([101, 102, 103, 104]))
    people = draw(st.one_of(st.just(()), _people))
    who = (*(actor(s) for s in people), actor(surrogate))
    context = {"order": ORDERS[surrogate]} | draw(_CAMPAIGNS)
    months_ago = draw(st.sampled_from([0, 0, 0, 1, 2]))
    occurred_at = draw(_times) - months_ago * 31 * DAY
    return event(kind, who=who, data=draw(_OF_ORDER[kind]), context=context, occurred_at=occurred_at)


@st.composite
def _purchase(draw: st.DrawFn) -> Event:
    """A whole order in one event, so that several people really have bought several things, months apart."""
    surrogate = draw(st.sampled_from(sorted(ORDERS)))
    products = draw(st.lists(st.sampled_from(["zongzi", "apple", "eggs", "tea"]), min_size=1, max_size=3, unique=True))
    items = [{"product": product, "title": product, "amount_fen": 1000} for product in products]
    buyer = draw(st.sampled_from([1, 3, 5, 7]))
    occurred_at = draw(_times) - draw(st.sampled_from([0, 0, 1, 2])) * 31 * DAY
    return event(
        "order.paid", who=(actor(buyer), actor(surrogate)), data={"amount_fen": 1000 * len(items), "items": items},
        context={"order": ORDERS[surrogate]} | draw(_CAMPAIGNS), occurred_at=occurred_at,
    )  # fmt: skip


@st.composite
def _decision(draw: st.DrawFn) -> Event:
    who = tuple(actor(s) for s in draw(_people))
    run = draw(st.sampled_from(["run-1", "run-2"]))
    kind, data = draw(
        st.sampled_from(
            [
                ("journey.entered", {"version": 1, "trigger_type": "friend.added", "trigger_position": 1}),
                ("journey.stepped", {"step": "0", "kind": "wait", "next": "1", "wake_at": START + HOUR}),
                ("journey.stepped", {"step": "1", "kind": "send", "next": ""}),
                ("journey.left", {"reason": "goal"}),
                ("action.requested", {"action": f"{run}-a", "step": "1", "channel": "wecom.message"}),
                ("action.suppressed", {"action": f"{run}-b", "step": "1", "channel": "wecom.message", "reason": "cap"}),
            ]
        )
    )
    whole = {"journey": "welcome", "run": run, **data}
    return event(kind, who=who, stream=f"run/{run}", data=whole, **{**_when(draw), "source": DECISIONS})


@st.composite
def _delivery(draw: st.DrawFn) -> Event:
    who = tuple(actor(s) for s in draw(_people))
    run = draw(st.sampled_from(["run-1", "run-2"]))
    kind = draw(st.sampled_from(["action.attempted", "action.delivered", "action.failed", "action.unknown"]))
    data = {"journey": "welcome", "run": run, "action": f"{run}-a", "channel": "wecom.message"}
    return event(kind, who=who, data=data, **{**_when(draw), "source": DELIVERY})


_WORKSPACE: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "day.closed": _either(
        {"day": "2026-06-18"},
        {"day": "2026-06-19", "inbox": []},
        {"day": "2026-06-20", "inbox": [{"source": "test", "outcome": "failed", "reason": "id_conflict", "items": 2}]},
        {"day": "2026-07-02", "inbox": [{"source": "wecom/main", "outcome": "duplicate", "items": 3}]},
    ),
    "workspace.configured": _either(
        {"settings": {"identity": {"limits": {"unionid": 2}}}, "files": {}, "digest": "d"},
        {"settings": {}, "files": {}, "digest": "e"},
        {"settings": {"profile": POLICIES}, "files": {}, "digest": "p"},
        {"settings": {"identity": {"blocked_surrogates": [4]}}, "files": {}, "digest": "b"},
        {"settings": {"customers": {"least_support": 1, "gross_margin": 0.4}}, "files": {}, "digest": "f"},
        {"settings": {"customers": {"least_support": 1}, "rfm": {"method": "quartiles"}}, "files": {}, "digest": "g"},
    ),
    "person.erased": _either({"surrogates": [2, 3]}),
    "cost.recorded": _either(
        {"channel": "live-duanwu", "fen": 900, "since": "2026-06-01", "until": "2026-07-10"},
        {"channel": "poster", "fen": 100, "since": "2026-06-19", "until": "2026-06-19"},
    ),
    "campaign.planned": _either({"name": "端午家宴", "t_date": "2026-06-19"}, {"name": "周末"}, {}),
    "journey.deployed": _either({"journey": "welcome", "version": 1, "file": "journeys/welcome.yaml", "digest": "a"}),
    "journey.paused": _either({"journey": "welcome"}),
}


@st.composite
def _of_workspace(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from([*_WORKSPACE, "day.closed", "day.closed"]))
    names_one = kind in ("campaign.planned", "cost.recorded")
    context = draw(_CAMPAIGNS) | draw(_either({}, {"live": "l1"}, {"live": "l2"})) if names_one else {}
    return event(kind, who=(), stream="workspace", data=draw(_WORKSPACE[kind]), context=context, **_when(draw))


_FEW_ARE_ENOUGH = event(
    "workspace.configured",
    who=(),
    stream="workspace",
    data={"settings": {"customers": {"least_support": 1}}, "files": {}, "digest": "h"},
    occurred_at=START,
)


def _when(draw: st.DrawFn) -> dict[str, Any]:
    return {"occurred_at": draw(_times)}


_any = st.one_of(
    _personal(), _personal(), _in_cart(), _in_live(), _in_live(), _in_group(), _in_group(), _of_place(), _of_place(),
    _of_order(), _of_order(), _of_order(), _purchase(), _decision(), _decision(), _delivery(), _of_workspace(),
    _of_workspace(),
)  # fmt: skip
_shopping = st.one_of(
    _purchase(), _purchase(), _purchase(), _of_order(), _in_cart(), _personal(), _of_workspace(), _of_workspace()
)


def histories(least: int = 20, most: int = 60) -> st.SearchStrategy[list[Event]]:
    """Events in the order in which the log takes them; when they happened is another matter.

    Some are of the mall alone, where it takes many orders before cohorts and recommendations have anything to say.
    """
    anything = st.lists(_any, min_size=least, max_size=most)
    shopping = st.lists(_shopping, min_size=least, max_size=most).map(lambda events: [_FEW_ARE_ENOUGH, *events])
    return st.one_of(anything, anything, shopping)


def splits(most: int = 6) -> st.SearchStrategy[list[tuple[int, bool]]]:
    """Batch sizes, and whether the projector is restarted before the batch; what is left comes as one last batch."""
    return st.lists(st.tuples(st.sampled_from([1, 2, 3, 5, 8, 13, 21]), st.booleans()), max_size=most)


def log_of(events: Sequence[Event]) -> Log:
    """A log that holds the events in this order."""
    log = memory_log()
    if events:
        log.append(list(events))
    return log
