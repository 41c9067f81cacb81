"""The three journeys of the Dragon Boat campaign, from the event to the action."""

from __future__ import annotations

from cdp.clock import DAY, SECOND
from cdp.testing import moment
from tests.journeys.town import Town


def test_a_new_friend_from_the_live_is_welcomed_at_once_with_the_recipe_and_tagged():
    town = Town()
    position = town.befriends(channel="live-duanwu")
    assert town.told() == [
        ("entered", "duanwu-welcome"),
        ("requested", "wecom.welcome"),
        ("stepped", "send", "0"),
        ("requested", "wecom.tag"),
        ("stepped", "tag", "1"),
        ("left", "done"),
    ]
    welcome, tag = town.decisions("action.requested")
    assert welcome.data["attach"] == ["recipe.pdf"]
    assert welcome.data["staff"] == "wang"
    assert welcome.data["trigger_position"] == position
    assert welcome.data["deadline"] == moment("2026-06-19T19:30:00+08:00") + 20 * SECOND
    assert tag.data["params"] == {"add": ["端午家宴"]}


def test_a_friend_from_elsewhere_is_not_welcomed_to_the_live():
    town = Town()
    town.befriends(channel="shop-door")
    assert town.told() == []


def test_whoever_bought_zongzi_gets_five_ways_to_serve_them_three_days_later():
    town = Town()
    town.befriends(channel="shop-door")
    town.buys("粽子", "E1")
    paid_at = town.clock.now()
    town.later("2d23h")
    assert [t[0] for t in town.told()] == ["entered", "stepped"]
    town.later("1h")
    [message] = town.decisions("action.requested")
    assert message.data["channel"] == "wecom.message"
    assert message.data["params"]["values"] == {"entry.data.amount_fen": 6800}
    assert message.data["now"] == message.occurred_at == paid_at + 3 * DAY


def test_a_refund_that_names_only_the_order_ends_the_run_of_that_order():
    town = Town()
    town.befriends(channel="shop-door")
    town.buys("粽子", "E1")
    town.buys("青菜", "E2")
    town.refunds("E2")
    assert [t for t in town.told() if t[0] == "left"] == []
    town.refunds("E1")
    assert town.told()[-1] == ("left", "exit")
    town.later("5d")
    assert town.decisions("action.requested") == []


def test_an_order_refunded_before_its_payment_came_in_starts_nothing():
    town = Town()
    town.befriends(channel="shop-door")
    now = town.clock.now()
    town.refunds("E1", occurred_at=now + SECOND)
    town.buys("粽子", "E1", occurred_at=now)
    assert town.told() == []


def test_a_buyer_of_the_whole_set_is_invited_into_the_vip_group():
    town = Town()
    town.befriends(channel="shop-door")
    town.buys("端午套餐", "E7", 39_800)
    town.later("1h")
    [invitation] = town.decisions("action.requested")
    assert invitation.data["params"]["group"] == "vip"
    chosen = town.decisions("journey.stepped")[0]
    assert chosen.data["next"] == "0.choose.1.0"
    assert chosen.data["saw"] == {
        "has_tag('老邻居群')": False,
        "spent_90d >= 30000": True,
        "spent_90d": 39_800,
    }


def test_a_small_buyer_is_not_invited():
    town = Town()
    town.befriends(channel="shop-door")
    town.buys("端午套餐", "E7", 9_800)
    assert town.told()[-1] == ("left", "done")
    assert town.decisions("action.requested") == []
