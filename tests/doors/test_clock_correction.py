"""A sender whose clock is wrong shows it by saying when it sent; then its events take their true time."""

from __future__ import annotations

from typing import Any

from cdp.clock import DAY, HOUR, MINUTE, SECOND, iso
from cdp.testing import DRAGON_BOAT, moment
from tests.doors.shop import Shop

NOW = moment(DRAGON_BOAT)


def batch(sent_at: int, *occurred_at: int) -> dict[str, Any]:
    events = [
        {"id": f"v{n}", "source": "app", "type": "mall.visited", "occurred_at": iso(at),
         "who": [{"type": "phone", "value": "19900000001"}]}
        for n, at in enumerate(occurred_at)
    ]  # fmt: skip
    return {"events": events, "sent_at": iso(sent_at)}


def times(shop: Shop, body: dict[str, Any]) -> list[int]:
    answer = shop.post("/v1/events", body).json()
    assert answer["failed"] == 0, answer
    return [event.occurred_at for event in shop.events()]


def test_a_clock_two_hours_ahead_is_set_right(shop: Shop) -> None:
    ahead = NOW + 2 * HOUR
    assert times(shop, batch(ahead, ahead - 3 * MINUTE, ahead)) == [NOW - 3 * MINUTE, NOW]


def test_a_clock_that_is_behind_is_set_right(shop: Shop) -> None:
    assert times(shop, batch(NOW - HOUR, NOW - HOUR - SECOND)) == [NOW - SECOND]


def test_the_time_a_request_takes_is_no_wrong_clock(shop: Shop) -> None:
    assert times(shop, batch(NOW - SECOND, NOW - 5 * SECOND)) == [NOW - 5 * SECOND]


def test_a_body_that_was_kept_for_days_is_no_wrong_clock_either(shop: Shop) -> None:
    assert times(shop, batch(NOW - DAY - SECOND, NOW - DAY - MINUTE)) == [NOW - DAY - MINUTE]


def test_the_same_event_sent_again_later_is_a_duplicate_though_it_is_corrected_otherwise(shop: Shop) -> None:
    shop.post("/v1/events", batch(NOW + HOUR, NOW + HOUR))
    again = shop.post("/v1/events", batch(NOW + HOUR + MINUTE, NOW + HOUR)).json()
    assert (again["duplicate"], again["failed"]) == (1, 0)


def test_a_failed_event_is_corrected_as_it_was_when_it_is_replayed(shop: Shop) -> None:
    refused = shop.post("/v1/events", batch(NOW + HOUR, NOW + 2 * HOUR)).json()
    assert refused["events"][0]["reason"] == "clock"
    shop.system.clock.advance_to(NOW + 3 * DAY)  # type: ignore[attr-defined]
    shop.system.inbox.replay()
    shop.system.mapper.advance()
    assert [e.occurred_at for e in shop.events()] == [NOW + HOUR]
    assert shop.system.inbox.failures() == []


def test_a_sent_at_that_is_no_time_refuses_the_body(shop: Shop) -> None:
    answer = shop.post("/v1/events", {"events": [], "sent_at": "now"})
    assert (answer.status_code, answer.json()["path"]) == (400, "$.sent_at")
