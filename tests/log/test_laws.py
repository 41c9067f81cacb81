"""Laws of the log that hold for any events in any order and any split."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdp.events.event import Event
from cdp.ids import key_digests
from cdp.log import Log, key_filter, sqlite_keys
from cdp.recent import Recent
from cdp.testing import event, memory_log

arrivals = st.lists(
    st.tuples(
        st.sampled_from(["youzan", "wecom"]), st.sampled_from("ABCDEFGH"), st.sampled_from([b"x" * 16, b"y" * 16])
    ),
    max_size=25,
)
cuts = st.lists(st.integers(1, 6), min_size=1, max_size=25)


@pytest.fixture(autouse=True, params=["keys stay fresh", "keys settle at once", "a filter says where to look"])
def fresh_keys(request, monkeypatch):
    if request.param != "keys stay fresh":
        monkeypatch.setattr(sqlite_keys, "FRESH_MOST", 0)
    if request.param == "a filter says where to look":
        monkeypatch.setattr(sqlite_keys, "FEW_RUNS", 0)
        monkeypatch.setattr(key_filter, "LEAST_BITS", 64)


def _event(source: str, id: str) -> Event:
    return event(source=source, id=id, who=ord(id))


def _append_in_pieces(log: Log, given: list[tuple[str, str, bytes]], sizes: list[int]) -> Counter[str]:
    counts: Counter[str] = Counter()
    rest, number = given, 0
    while rest:
        size = sizes[number % len(sizes)]
        piece, rest, number = rest[:size], rest[size:], number + 1
        outcomes = log.append([_event(source, id) for source, id, _ in piece], [mark for _, _, mark in piece])
        counts.update(o.outcome for o in outcomes)
    return counts


def _content(log: Log) -> set[tuple[str, str]]:
    return {(e.source, e.id) for e in log.read(0)}


@given(arrivals, cuts)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_event_given_is_accepted_or_a_duplicate_or_in_conflict(given, sizes):
    with memory_log() as log:
        counts = _append_in_pieces(log, given, sizes)
        assert counts.total() == len(given)
        assert counts["accepted"] == log.head() == len({(source, id) for source, id, _ in given})
        assert log.check() == []


@given(arrivals, cuts, cuts, st.randoms())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_any_split_of_the_same_events_gives_the_same_set(given, sizes, other_sizes, random):
    shuffled = random.sample(given, len(given))
    with memory_log() as log, memory_log() as other:
        _append_in_pieces(log, given, sizes)
        _append_in_pieces(other, shuffled, other_sizes)
        assert _content(log) == _content(other)


@given(arrivals, cuts)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_ids_are_unique_positions_have_no_gap_and_versions_count_the_stream(given, sizes):
    with memory_log() as log:
        _append_in_pieces(log, given, sizes)
        events = log.read(0)
        assert [e.position for e in events] == list(range(1, len(events) + 1))
        assert len(_content(log)) == len(events)
        assert all(a.recorded_at <= b.recorded_at for a, b in pairwise(events))
        for stream in {e.stream for e in events}:
            versions = [n.originator_version for n in log.recorder.select_events(stream)]
            assert versions == list(range(1, len(versions) + 1))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=200), st.integers(1, 5))
def test_what_is_remembered_is_right_and_bounded_and_holds_what_was_used_last(uses, size):
    recent: Recent[int, int] = Recent(size)
    last: list[int] = []
    for key, put in uses:
        if put:
            recent.put(key, key * 10)
        elif recent.get(key) is None:
            continue
        last = [k for k in last if k != key] + [key]
        assert len(recent) <= 2 * size
        assert all(recent.get(k) == k * 10 for k in reversed(last[-1:]))
    assert all(value == key * 10 for key in range(21) if (value := recent.get(key)) is not None)


@given(st.sets(st.binary(min_size=16, max_size=16)), st.sets(st.binary(min_size=16, max_size=16)))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_filter_holds_everything_that_was_added(added, others):
    one = key_filter.KeyFilter(0)
    one.add(list(added))
    assert set(one.possible(added | others)) >= added


def test_a_filter_is_seldom_wrong_while_it_has_room():
    one = key_filter.KeyFilter(2_000)
    count = 2_000 + one.room
    digests = key_digests(["youzan"] * count, list(map(str, range(count))))
    one.add(digests[: one.room])
    wrong = len(one.possible(digests[-2_000:]))
    assert one.room == 0
    assert 0 < wrong < 100
