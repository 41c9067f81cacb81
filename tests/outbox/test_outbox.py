"""Delivery: once at most on a channel that is not idempotent, never late, and every end on record."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from msgspec.structs import replace

from cdp.clock import HOUR, MINUTE, SECOND, DrivenClock
from cdp.events.event import Who, subject_stream
from cdp.events.touchpoint import Touchpoint
from cdp.outbox.breaker import OPENS_AFTER
from cdp.outbox.notes import MAX_ATTEMPTS, next_attempt
from cdp.ports import Accepted, Confirmed, Deferred, Delivered, Delivery, Outcome, Refused, Unanswered
from tests.outbox.shop import WANG, Platform, Shop


def test_what_was_requested_is_attempted_on_record_then_called_then_settled() -> None:
    shop = Shop(Platform(Delivered("ref-1")))
    shop.request(
        template="{{ person.nickname }}，粽子到了",
        params={"values": {}, "sealed": {"person.nickname": sealed(shop, "王阿姨")}},
    )
    assert shop.outbox.advance() == 1
    assert shop.story() == ["requested", "attempted", "delivered"]
    assert shop.platform.calls[0][0].text == "王阿姨，粽子到了"
    assert shop.platform.calls[0][0].to == {"wecom": "wmWang"}
    assert shop.last().stream == subject_stream(shop.vault.surrogates([WANG])[0])
    assert shop.outbox.advance() == 0


def sealed(shop: Shop, value: str) -> str:
    return shop.vault.seal([(shop.vault.surrogates([WANG])[0], value)])[0]


def test_of_several_identifiers_the_one_named_first_is_written_to() -> None:
    """A run is filed under one identifier, and it comes first; the others may turn out to be somebody else's."""
    shop = Shop(Platform())
    wang, other = shop.vault.surrogates([WANG, replace(WANG, value="wmOther")])
    shop.request()
    (request,) = shop.log.read(0)
    who = (Who("wecom", "ww1:own", wang), Who("wecom", "ww1:own", other))
    shop.log.append([replace(request, id="request:a2", who=who, data={**request.data, "action": "a2"})])
    shop.outbox.advance()
    assert [d.to for call in shop.platform.calls for d in call] == [{"wecom": "wmWang"}] * 2


def test_a_call_without_an_answer_is_unknown_and_never_made_again() -> None:
    shop = Shop(Platform(Unanswered("timed out")))
    shop.request()
    shop.outbox.advance()
    shop.clock.advance_to(shop.clock.now() + 24 * HOUR)
    assert shop.outbox.advance() == 0
    assert shop.restarted().advance() == 0
    assert shop.story() == ["requested", "attempted", "unknown"]
    assert len(shop.platform.calls) == 1


def test_an_idempotent_channel_is_called_again_when_no_answer_came() -> None:
    shop = Shop(Platform(Unanswered("timed out"), Delivered(), idempotent=True))
    shop.request()
    shop.outbox.advance()
    shop.clock.advance_to(shop.clock.now() + MINUTE)
    shop.outbox.advance()
    assert shop.story() == ["requested", "attempted", "deferred", "attempted", "delivered"]


class Killed(BaseException):
    """The process ends here."""


class Dies(Platform):
    """Ends the process in the middle of its first call."""

    def deliver(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        if not self.calls:
            self.calls.append(list(deliveries))
            raise Killed
        return super().deliver(deliveries)


@pytest.mark.parametrize(
    ("idempotent", "story", "calls"),
    [
        (False, ["requested", "attempted", "unknown"], 1),
        (True, ["requested", "attempted", "deferred", "attempted", "delivered"], 2),
    ],
)
def test_a_crash_in_the_middle_of_a_call_repeats_it_only_where_that_does_no_harm(
    idempotent: bool, story: list[str], calls: int
) -> None:
    shop = Shop(Dies(idempotent=idempotent))
    shop.request()
    with pytest.raises(Killed):
        shop.outbox.advance()
    restarted = shop.restarted()
    restarted.advance()
    restarted.advance()
    assert shop.story() == story
    assert len(shop.platform.calls) == calls


def test_a_passed_deadline_is_recorded_and_not_called() -> None:
    shop = Shop(Platform())
    shop.request(deadline=shop.clock.now() + 20 * SECOND)
    shop.clock.advance_to(shop.clock.now() + 20 * SECOND + 1)
    shop.outbox.advance()
    assert shop.story() == ["requested", "expired"]
    assert shop.platform.calls == []


def test_what_presses_goes_before_what_is_older() -> None:
    shop = Shop(Platform())
    shop.request("old")
    shop.request("pressing", deadline=shop.clock.now() + SECOND)
    shop.outbox.advance()
    assert [d.action for call in shop.platform.calls for d in call] == ["pressing", "old"]


def test_not_now_is_tried_again_later_and_after_the_last_attempt_it_is_dead() -> None:
    shop = Shop(Platform(*[Deferred(45009, "slow down")] * MAX_ATTEMPTS))
    shop.request()
    while shop.outbox.next_due() is not None or shop.story() == ["requested"]:
        shop.clock.advance_to(shop.outbox.next_due() or 0)
        shop.outbox.advance()
    assert shop.story().count("attempted") == MAX_ATTEMPTS
    assert (shop.last().type, shop.last().data["kind"]) == ("action.failed", "dead")


def test_a_refusal_for_this_person_is_final() -> None:
    shop = Shop(Platform(Refused(84061, "not external contact")))
    shop.request()
    shop.outbox.advance()
    assert shop.story() == ["requested", "attempted", "failed"]
    assert shop.last().data["code"] == 84061


def test_a_wrong_configuration_pauses_the_channel_and_loses_nothing() -> None:
    shop = Shop(Platform(Refused(60020, "not allow to access from your ip", "configuration")))
    shop.request("a1")
    shop.outbox.advance()
    shop.request("a2")
    assert shop.outbox.advance() == 0
    due = shop.outbox.next_due()
    assert due is not None
    shop.clock.advance_to(due + HOUR)
    shop.outbox.advance()
    assert shop.story("a1")[-1] == shop.story("a2")[-1] == "delivered"


def test_a_channel_that_keeps_silent_is_left_alone_for_a_while() -> None:
    shop = Shop(Platform(*[Unanswered("timed out")] * OPENS_AFTER))
    for n in range(OPENS_AFTER):
        shop.request(f"a{n}")
    shop.outbox.advance()
    shop.request("later")
    assert shop.outbox.advance() == 0
    assert len(shop.platform.calls) == OPENS_AFTER


def test_a_channel_that_no_connector_provides_waits_and_says_so() -> None:
    shop = Shop(Platform())
    shop.request(channel="sms.text")
    shop.outbox.advance()
    assert shop.story() == ["requested", "deferred"]
    assert "no connector provides sms.text" in shop.last().data["detail"]


def test_accepted_is_not_delivered_until_a_staff_member_confirmed() -> None:
    shop = Shop(Platform(Accepted("msg-1")))
    shop.request()
    shop.outbox.advance()
    assert shop.outbox.ask() == 0
    shop.platform.answers = [Confirmed("laowang")]
    assert shop.outbox.ask() == 1
    assert shop.story() == ["requested", "attempted", "accepted", "confirmed", "delivered"]


def test_a_refused_confirmation_is_a_failure_with_its_kind() -> None:
    shop = Shop(Platform(Accepted("msg-1")))
    shop.request()
    shop.outbox.advance()
    shop.platform.answers = [Refused(3, "monthly cap", "capped")]
    shop.outbox.ask()
    assert shop.last().data["kind"] == "capped"


def test_what_one_staff_member_has_to_confirm_goes_in_one_call() -> None:
    shop = Shop(Platform(batch=100))
    for n in range(3):
        shop.request(f"a{n}", staff="laowang")
    shop.request("other", staff="xiaoli")
    shop.outbox.advance()
    assert [[d.action for d in call] for call in shop.platform.calls] == [["a0", "a1", "a2"], ["other"]]


def test_somebody_erased_is_not_written_to() -> None:
    shop = Shop(Platform())
    shop.request()
    shop.vault.erase(shop.vault.surrogates([WANG]))
    shop.outbox.advance()
    assert shop.platform.calls == []
    assert shop.story()[-1] == "failed"


def test_a_text_that_lacks_something_is_never_sent() -> None:
    shop = Shop(Platform())
    shop.request(template="你好 {{ person.nickname }}")
    shop.outbox.advance()
    assert shop.platform.calls == []
    assert shop.last().data["kind"] == "render"


def test_the_secret_of_the_trigger_reaches_the_platform_and_never_the_log() -> None:
    shop = Shop(Platform(secrets=("welcome_code",)))
    now = shop.clock.now()
    friend = Touchpoint(
        id="f1", source="wecom", type="friend.added", occurred_at=now, who=(WANG,), data={"staff": "laowang", "welcome_code": "CODE-1"}
    )  # fmt: skip
    (added,) = shop.door.take([friend])
    shop.request(trigger_position=added.position)
    shop.outbox.advance()
    assert shop.platform.calls[0][0].secrets == {"welcome_code": "CODE-1"}
    assert all("CODE-1" not in str(e.data) for e in shop.log.read(0))


def test_facts_that_no_callback_tells_are_written_when_delivered() -> None:
    fact = Touchpoint(
        id="t1", source="wecom", type="tag.added", occurred_at=1, who=(WANG,), data={"tag": "端午", "by": "journey"}
    )
    shop = Shop(Platform(Delivered(facts=(fact,))))
    shop.request()
    shop.outbox.advance()
    assert [e.type for e in shop.log.read(0)][-2:] == ["tag.added", "action.delivered"]


def test_pauses_double_up_to_an_hour_and_are_short_before_a_deadline() -> None:
    pauses = [next_attempt("a", n, 0, deadline=None) for n in range(1, 10)]
    assert all(later > earlier for earlier, later in pairwise(pauses[:7]))
    assert max(pauses) <= HOUR
    assert next_attempt("a", 1, 0, deadline=20 * SECOND) <= SECOND


class Slow(Platform):
    """Takes half a minute of everybody's time for each call."""

    def __init__(self, clock: DrivenClock) -> None:
        super().__init__()
        self._clock = clock

    def deliver(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        self._clock.advance_to(self._clock.now() + 30 * SECOND)
        return super().deliver(deliveries)


def test_a_deadline_that_passes_while_others_are_called_is_recorded_and_not_called() -> None:
    shop = Shop(Platform())
    shop.platform = Slow(shop.clock)
    shop.outbox = shop.restarted()
    for n in range(3):
        shop.request(f"a{n}", deadline=shop.clock.now() + 20 * SECOND)
    shop.outbox.advance()
    assert len(shop.platform.calls) == 1
    assert [shop.story(f"a{n}")[-1] for n in range(3)] == ["delivered", "expired", "expired"]


class Broken(Platform):
    """Raises where it should answer."""

    def deliver(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        super().deliver(deliveries)
        raise KeyError("a bug")


def test_a_sink_that_breaks_leaves_the_action_unknown_and_not_forgotten() -> None:
    shop = Shop(Broken())
    shop.request()
    shop.outbox.advance()
    assert shop.story() == ["requested", "attempted", "unknown"]


def test_an_error_between_call_and_note_is_looked_after_at_the_next_call() -> None:
    shop = Shop(Dies())
    shop.request()
    with pytest.raises(Killed):
        shop.outbox.advance()
    shop.outbox.advance()
    assert shop.story() == ["requested", "attempted", "unknown"]


def test_a_channel_that_closes_in_the_middle_of_a_round_is_left_alone_at_once() -> None:
    shop = Shop(Platform(*[Unanswered("timed out")] * 40))
    for n in range(40):
        shop.request(f"a{n}", template=f"{n}")
    shop.outbox.advance()
    assert len(shop.platform.calls) == OPENS_AFTER
    assert shop.story("a39") == ["requested"]
