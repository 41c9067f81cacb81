"""What a key may bring, and what is said when it is too much."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.app.settings import Limits, load
from cdp.app.web.api.access import Caller
from cdp.app.web.api.limits import Limiter, TooMany
from cdp.errors import SettingsError
from tests.doors.shop import Shop, bearer


class Watch:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


SHOP, OTHER = Caller("shop", key="k1"), Caller("other", key="k2")


def bucket(rate: int = 10, burst: int = 20) -> tuple[Limiter, Watch]:
    watch = Watch()
    return Limiter(Limits(events_per_second=rate, burst=burst), watch), watch


def test_a_bucket_empties_refuses_and_fills_again() -> None:
    limiter, watch = bucket()
    limiter.spend(SHOP, 20)
    with pytest.raises(TooMany) as refused:
        limiter.spend(SHOP, 5)
    assert (refused.value.status_code, refused.value.headers) == (429, {"Retry-After": "1"})
    watch.seconds = 0.5
    limiter.spend(SHOP, 5)


def test_each_key_has_a_bucket_of_its_own_and_the_command_line_none() -> None:
    limiter, _ = bucket()
    for caller in (SHOP, OTHER):
        limiter.spend(caller, 20)
    for _ in range(5):
        limiter.spend(Caller("cdp", own=True), 2000)


def test_a_request_larger_than_the_bucket_passes_when_it_is_full_and_leaves_a_debt() -> None:
    limiter, watch = bucket()
    limiter.spend(SHOP, 100)
    watch.seconds = 7.9
    with pytest.raises(TooMany):
        limiter.spend(SHOP, 1)
    watch.seconds = 8.1
    limiter.spend(SHOP, 1)


def test_no_limit_is_no_limit() -> None:
    limiter, _ = bucket(rate=0)
    for _ in range(100):
        limiter.spend(SHOP, 1000)


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(0, 30)), max_size=40))
def test_law_no_more_comes_in_than_the_burst_and_what_time_brings(requests: list[tuple[float, int]]) -> None:
    limiter, watch = bucket()
    taken = 0
    for pause, events in requests:
        watch.seconds += pause
        try:
            limiter.spend(SHOP, events)
        except TooMany:
            continue
        taken += max(events, 1)
        assert taken <= 20 + 10 * watch.seconds + 30 + 1e-6


def test_a_key_that_brings_too_much_is_told_when_it_may_again(tmp_path: Path) -> None:
    shop = Shop(tmp_path, "[limits]\nevents_per_second = 1\nburst = 2\n")
    headers = bearer(shop.key())
    event = {"userId": "u", "event": "Hi"}
    many = [{**event, "messageId": str(n)} for n in range(3)]
    codes = [shop.http.post("/v1/track", json=one, headers=headers).status_code for one in many]
    assert codes == [200, 200, 429]
    for path in ("/v1/events", "/v1/validate", "/v1/batch"):
        answer = shop.http.post(path, json={"batch": [event]}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited"), path
        assert int(answer.headers["Retry-After"]) >= 1
    assert len(shop.events()) == 2
    assert shop.post("/v1/events", []).status_code == 200
    shop.close()


UNREADABLE: list[tuple[dict[str, str], bytes, int]] = [
    ({"Content_Encoding": "br"}, b"{}", 415),
    ({"Content_Encoding": "gzip"}, b"{}", 400),
    ({"Content_Encoding": "gzip"}, b"", 400),
    ({"Content_Encoding": "gzip"}, gzip.compress(b"[]") + gzip.compress(b"[]"), 400),
    ({"Content_Encoding": "gzip"}, gzip.compress(b" " * (4 * 1024 * 1024 + 1)), 413),
    ({}, b" " * (4 * 1024 * 1024 + 1), 413),
]


def test_a_body_that_cannot_be_read_is_answered_with_a_problem(shop: Shop) -> None:
    for headers, body, status in UNREADABLE:
        answer = shop.post("/v1/events", body, **headers)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert shop.post("/v1/events", gzip.compress(b"[]"), Content_Encoding="gzip").status_code == 200


def test_a_batch_beyond_its_limit_is_refused_as_a_whole_and_the_largest_one_is_taken(shop: Shop) -> None:
    before = shop.system.log.head()
    event = {"type": "mall.visited", "occurred_at": "2026-06-13T20:15:00Z"}
    many = [{**event, "id": str(n)} for n in range(2001)]
    message = {"type": "track", "userId": "u", "event": "Hi"}
    several = [{**message, "messageId": f"m{n}"} for n in range(2001)]
    headers = bearer("the-workspace-token")
    for path, whole, less in (
        ("/v1/events", many, many[:-1]),
        ("/v1/validate", many, many[:-1]),
        ("/v1/batch", {"batch": several}, {"batch": several[:-1]}),
    ):
        answer = shop.http.post(path, json=whole, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_many"), path
        assert shop.http.post(path, json=less, headers=headers).json()["accepted"] == 2000, path
    large = {"batch": [{**message, "properties": {"note": "x" * 30_000}}] * 20}
    assert shop.http.post("/v1/batch", json=large, headers=headers).json()["code"] == "too_large"
    assert shop.system.log.head() == before + 4000


def test_limits_that_are_none_are_told_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "cdp.toml").write_text("[limits]\nevents_per_second = -1\nburst = 0\n", encoding="utf-8")
    with pytest.raises(SettingsError) as found:
        load(tmp_path)
    assert [(p.line, p.path) for p in found.value.problems] == [(2, "limits.events_per_second"), (3, "limits.burst")]


WRONG = [
    ("GET", "/v1/nothing", 404),
    ("GET", "/v1/events", 405),
    ("GET", "/v1/persons", 422),
    ("GET", "/v1/persons/x", 422),
    ("GET", "/v1/schemas/x", 404),
]


def test_every_error_of_the_interface_is_a_problem_document(shop: Shop) -> None:
    for method, path, status in WRONG:
        answer = shop.http.request(method, path, headers=bearer("the-workspace-token"))
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), path
        assert {"type", "title", "status", "code", "detail"} <= answer.json().keys()
