"""What a person orders: to hold and to release, to try once more, to say how something ended."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cdp.clock import HOUR, MINUTE, SECOND
from cdp.errors import NotFound, UsageError
from cdp.outbox.notes import MAX_ATTEMPTS
from cdp.ports import Accepted, Deferred, Delivered, Delivery, Outcome, Refused, Unanswered
from tests.outbox.shop import Platform, Shop


def test_what_is_held_waits_and_goes_out_when_it_is_released() -> None:
    shop = Shop(Platform())
    shop.request("before")
    shop.outbox.hold(by="laowang", reason="restored from a backup")
    shop.request("after")
    shop.clock.advance_to(shop.clock.now() + HOUR)
    assert shop.outbox.advance() == 0
    assert shop.outbox.next_due() is None
    held = shop.restarted().held()
    assert held is not None
    assert (held.by, held.reason) == ("laowang", "restored from a backup")
    assert shop.platform.calls == []
    shop.outbox.release(by="laowang")
    assert shop.outbox.advance() == 2
    assert shop.story("before") == shop.story("after") == ["requested", "attempted", "delivered"]


def test_holding_twice_and_releasing_what_is_not_held_change_nothing() -> None:
    shop = Shop(Platform())
    shop.outbox.release()
    shop.outbox.hold()
    shop.outbox.hold()
    assert [e.type for e in shop.log.read(0)] == ["outbox.held"]


class Stopping(Platform):
    """Somebody holds the outbox while the first call is under way."""

    shop: Shop

    def deliver(self, deliveries: list[Delivery]) -> list[Outcome]:  # type: ignore[override]
        self.shop.outbox.hold()
        return super().deliver(deliveries)


def test_holding_stops_a_round_after_the_call_that_is_under_way() -> None:
    platform = Stopping()
    shop = platform.shop = Shop(platform)
    for n in range(3):
        shop.request(f"a{n}", template=f"{n}")
    shop.outbox.advance()
    assert [shop.story(f"a{n}")[-1] for n in range(3)] == ["delivered", "requested", "requested"]


def test_a_deadline_that_passed_while_all_was_held_is_recorded_and_not_called() -> None:
    shop = Shop(Platform())
    shop.outbox.hold()
    shop.request(deadline=shop.clock.now() + 20 * SECOND)
    shop.clock.advance_to(shop.clock.now() + MINUTE)
    shop.outbox.release()
    shop.outbox.advance()
    assert shop.story() == ["requested", "expired"]


def test_what_ended_nobody_knows_how_is_tried_again_only_when_a_person_says_so() -> None:
    shop = Shop(Platform(Unanswered("timed out")))
    shop.request()
    shop.outbox.advance()
    assert [(o.action, o.state, o.detail) for o in shop.outbox.stuck()] == [("a1", "unknown", "timed out")]
    shop.outbox.redrive(["a1"], by="laowang")
    shop.outbox.advance()
    assert shop.story() == ["requested", "attempted", "unknown", "deferred", "attempted", "delivered"]
    assert len(shop.platform.calls) == 2
    assert shop.outbox.stuck() == []


def test_what_was_given_up_gets_as_many_attempts_again() -> None:
    shop = Shop(Platform(*[Deferred(45009, "slow down")] * 2 * MAX_ATTEMPTS))
    shop.request()
    for _ in range(2):
        while shop.outbox.open():
            shop.clock.advance_to(shop.clock.now() + HOUR)
            shop.outbox.advance()
        assert [o.state for o in shop.restarted().stuck()] == ["dead"]
        shop.outbox.redrive(["a1"])
    shop.outbox.advance()
    assert shop.story().count("attempted") == 2 * MAX_ATTEMPTS + 1
    assert shop.story()[-1] == "delivered"


def test_a_text_that_lacked_something_may_be_tried_again_and_says_so_again() -> None:
    shop = Shop(Platform())
    shop.request(template="你好 {{ person.nickname }}")
    for tries in (1, 2):
        shop.outbox.advance()
        assert shop.story().count("failed") == tries
        assert "person.nickname" in shop.outbox.stuck()[0].detail
        shop.outbox.redrive(["a1"])
    assert shop.platform.calls == []


def test_what_a_platform_refused_is_settled_and_cannot_be_tried_again() -> None:
    shop = Shop(Platform(Refused(84061, "not external contact")))
    shop.request()
    shop.outbox.advance()
    with pytest.raises(NotFound, match="no action that may be tried again 'a1'"):
        shop.outbox.redrive(["a1"])


def test_all_of_the_named_are_tried_again_or_none() -> None:
    shop = Shop(Platform(Unanswered("timed out")))
    shop.request()
    shop.outbox.advance()
    with pytest.raises(NotFound):
        shop.outbox.redrive(["a1", "nothing"])
    assert shop.story()[-1] == "unknown"


@pytest.mark.parametrize(("delivered", "ends"), [(True, ["confirmed", "delivered"]), (False, ["failed"])])
def test_a_person_who_knows_settles_what_nobody_knew(delivered: bool, ends: list[str]) -> None:
    shop = Shop(Platform(Unanswered("timed out")))
    shop.request()
    shop.outbox.advance()
    shop.outbox.confirm(["a1"], by="laowang", delivered=delivered)
    assert shop.story() == ["requested", "attempted", "unknown", *ends]
    assert shop.last().data["by"] == "laowang"
    assert shop.last().data.get("kind") == (None if delivered else "withdrawn")
    assert (shop.outbox.open(), shop.outbox.stuck(), shop.restarted().stuck()) == ([], [], [])


def test_a_task_that_a_staff_member_did_may_be_ticked_off() -> None:
    shop = Shop(Platform(Accepted("msg-1")))
    shop.request()
    shop.outbox.advance()
    shop.outbox.confirm(["a1"], by="xiaoli")
    assert shop.story()[-2:] == ["confirmed", "delivered"]
    assert shop.outbox.ask() == 0


def test_what_may_be_called_at_any_moment_is_settled_by_hand_only_while_all_is_held() -> None:
    shop = Shop(Platform())
    shop.request()
    with pytest.raises(UsageError, match="hold the outbox first"):
        shop.outbox.confirm(["a1"])
    shop.outbox.hold()
    shop.outbox.confirm(["a1"])
    shop.outbox.release()
    shop.outbox.advance()
    assert shop.story() == ["requested", "confirmed", "delivered"]
    assert shop.platform.calls == []
    with pytest.raises(NotFound, match="no action that is not settled"):
        shop.outbox.confirm(["a1"])


ANSWERS = [Delivered("r"), Accepted("r"), Deferred(1, "later"), Refused(2, "no"), Unanswered("?")]


class Orders(RuleBasedStateMachine):
    """Requests, rounds, restarts and orders in any order, on a channel that is not idempotent."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = Shop(Platform())
        self.named: list[str] = []
        self.redriven: Counter[str] = Counter()
        self.over: set[str] = set()

    @rule()
    def request(self) -> None:
        self.named.append(f"a{len(self.named)}")
        self.shop.request(self.named[-1], template=self.named[-1])

    @rule(answers=st.lists(st.sampled_from(ANSWERS), max_size=4), minutes=st.integers(0, 60))
    def round(self, answers: list[Outcome], minutes: int) -> None:
        self.shop.clock.advance_to(self.shop.clock.now() + minutes * MINUTE)
        self.shop.platform._outcomes = list(answers)
        calls, held = len(self.shop.platform.calls), self.shop.outbox.held()
        self.shop.outbox.advance()
        called = [d.action for call in self.shop.platform.calls[calls:] for d in call]
        assert not (held and called)
        assert not self.over & set(called)

    @rule()
    def restart(self) -> None:
        self.shop.outbox = self.shop.restarted()

    @rule(hold=st.booleans())
    def switch(self, hold: bool) -> None:
        (self.shop.outbox.hold if hold else self.shop.outbox.release)()
        assert (self.shop.outbox.held() is not None) is hold

    @rule(data=st.data())
    def redrive(self, data: st.DataObject) -> None:
        stuck = {o.action for o in self.shop.outbox.stuck()}
        if not self.named:
            return
        action = data.draw(st.sampled_from(self.named))
        if action in stuck:
            self.shop.outbox.redrive([action])
            self.redriven[action] += 1
        else:
            with pytest.raises(NotFound):
                self.shop.outbox.redrive([action])

    @rule(data=st.data(), delivered=st.booleans())
    def confirm(self, data: st.DataObject, delivered: bool) -> None:
        if not self.named:
            return
        action = data.draw(st.sampled_from(self.named))
        try:
            self.shop.outbox.confirm([action], delivered=delivered)
        except (NotFound, UsageError):
            return
        self.over.add(action)

    @invariant()
    def what_is_remembered_is_what_the_log_says(self) -> None:
        ours, fresh = self.shop.outbox, self.shop.restarted()
        assert (ours.open(), ours.stuck(), ours.held()) == (fresh.open(), fresh.stuck(), fresh.held())

    @invariant()
    def nothing_goes_out_again_unless_it_certainly_did_not_or_a_person_said_so(self) -> None:
        for action in self.named:
            story = self.shop.story(action)
            attempts = story.count("attempted")
            taken_back = story.count("deferred") - self.redriven[action]
            assert attempts <= 1 + taken_back + self.redriven[action]
            assert story.count("delivered") <= 1


TestOrders = Orders.TestCase
TestOrders.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
