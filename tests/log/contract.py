"""What every log promises, whatever it keeps its events in. A subclass says with `place` where the log stands."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event as Signal
from threading import Thread

import pytest

from cdp.clock import MINUTE, DrivenClock
from cdp.codec import decode
from cdp.errors import LogError, WrongVersion
from cdp.log import Log, open_log
from cdp.testing import event, fixed_clock


class EventLogContract:
    """The promises of EventReader and EventLog."""

    @pytest.fixture
    def clock(self) -> DrivenClock:
        return fixed_clock()

    @pytest.fixture
    def log(self, place: str, clock: DrivenClock) -> Iterator[Log]:
        log = open_log(place, clock)
        yield log
        assert log.check() == []
        log.close()

    # --- appending ---------------------------------------------------------------------------------------------

    def test_an_empty_log_has_head_zero_and_nothing_to_read(self, log):
        assert (log.head(), log.read(0), log.history(["s/17"]), log.tracking("anyone")) == (0, [], [], 0)

    def test_appending_nothing_is_answered_with_nothing(self, log):
        assert log.append([]) == []
        assert log.head() == 0

    def test_accepted_events_get_the_next_positions_in_order(self, log):
        outcomes = log.append([event(), event(), event()])
        assert [(o.outcome, o.position) for o in outcomes] == [("accepted", 1), ("accepted", 2), ("accepted", 3)]
        assert log.head() == 3

    def test_an_event_comes_back_as_it_went_in_with_position_and_time_of_recording(self, log, clock):
        given = event(
            "order.placed", data={"amount_fen": 5990, "说": "粽子"}, context={"order": "1234567890123456789"}, cause=7
        )
        log.append([given])
        [read] = log.read(0)
        assert (read.position, read.recorded_at) == (1, clock.now())
        assert {
            f: getattr(read, f) for f in ("id", "type", "who", "data", "context", "cause", "stream", "occurred_at")
        } == {f: getattr(given, f) for f in ("id", "type", "who", "data", "context", "cause", "stream", "occurred_at")}

    def test_the_second_arrival_is_a_duplicate_of_the_first_and_changes_nothing(self, log):
        first = event(id="A1")
        log.append([first])
        [again] = log.append([event(id="A1", data={"changed": True})])
        assert (again.outcome, again.position) == ("duplicate", 1)
        assert [e.data for e in log.read(0)] == [{}]

    def test_the_same_id_of_another_source_is_another_event(self, log):
        outcomes = log.append([event(id="A1", source="youzan"), event(id="A1", source="wecom")])
        assert [o.outcome for o in outcomes] == ["accepted", "accepted"]

    def test_a_duplicate_within_one_batch_is_found(self, log):
        outcomes = log.append([event(id="A1"), event(id="B2"), event(id="A1")])
        assert [(o.outcome, o.position) for o in outcomes] == [("accepted", 1), ("accepted", 2), ("duplicate", 1)]

    def test_new_and_known_events_in_one_batch_are_told_apart(self, log):
        log.append([event(id="A1"), event(id="B2")])
        outcomes = log.append([event(id="C3"), event(id="B2"), event(id="D4"), event(id="A1")])
        assert [(o.outcome, o.position) for o in outcomes] == [
            ("accepted", 3), ("duplicate", 2), ("accepted", 4), ("duplicate", 1),
        ]  # fmt: skip

    def test_another_content_under_the_same_id_is_a_conflict(self, log):
        log.append([event(id="A1")], [b"a" * 16])
        assert [o.outcome for o in log.append([event(id="A1")], [b"a" * 16])] == ["duplicate"]
        assert [(o.outcome, o.position) for o in log.append([event(id="A1")], [b"aaaa" + b"b" * 12])] == [
            ("conflict", 1)
        ]
        assert log.head() == 1

    def test_contents_made_by_different_mappings_do_not_contradict_each_other(self, log):
        log.append([event(id="A1")], [b"a" * 16])
        assert [o.outcome for o in log.append([event(id="A1")], [b"b" * 16])] == ["duplicate"]

    def test_a_conflict_within_one_batch_is_found(self, log):
        outcomes = log.append([event(id="A1"), event(id="A1")], [b"a" * 16, b"aaaa" + b"b" * 12])
        assert [o.outcome for o in outcomes] == ["accepted", "conflict"]

    def test_without_fingerprints_nothing_conflicts(self, log):
        log.append([event(id="A1")])
        assert [o.outcome for o in log.append([event(id="A1")], [b"aaaa" + b"b" * 12])] == ["duplicate"]
        log.append([event(id="B2")], [b"a" * 16])
        assert [o.outcome for o in log.append([event(id="B2")])] == ["duplicate"]

    def test_fingerprints_must_be_one_an_event(self, log):
        with pytest.raises(LogError, match="2 events came with 1 fingerprints"):
            log.append([event(), event()], [b"a" * 16])
        with pytest.raises(LogError, match="a fingerprint has 16 bytes"):
            log.append([event()], [b"short"])

    def test_an_event_without_a_stream_is_refused(self, log):
        with pytest.raises(LogError, match="names no stream"):
            log.append([event(), event(stream="")])
        assert log.head() == 0

    def test_the_time_of_recording_is_the_clocks(self, log, clock):
        log.append([event()])
        clock.advance_to(clock.now() + MINUTE)
        log.append([event()])
        first, second = log.read(0)
        assert second.recorded_at - first.recorded_at == MINUTE

    def test_what_cannot_be_encoded_fails_alone_and_whole(self, log):
        with pytest.raises(Exception, match="object"):
            log.append([event(), event(data={"unencodable": object()})])
        assert log.head() == 0
        assert [o.position for o in log.append([event()])] == [1]

    # --- concurrent appends ------------------------------------------------------------------------------------

    def test_a_batch_that_fails_takes_no_other_with_it(self, log):
        with ThreadPoolExecutor(16) as pool:
            good = [pool.submit(log.append, [event(), event()]) for _ in range(40)]
            bad = [pool.submit(log.append, [event(), event(data={"unencodable": object()})]) for _ in range(20)]
        assert all(f.exception() is not None for f in bad)
        assert sorted(o.position for f in good for o in f.result()) == list(range(1, 81))

    def test_concurrent_batches_share_no_position_and_each_stays_together(self, log):
        with ThreadPoolExecutor(8) as pool:
            batches = list(pool.map(lambda _: log.append([event() for _ in range(5)]), range(40)))
        for batch in batches:
            first = batch[0].position
            assert [o.position for o in batch] == list(range(first, first + 5))
        assert log.head() == 200

    def test_the_same_event_from_many_threads_is_accepted_once(self, log):
        with ThreadPoolExecutor(16) as pool:
            outcomes = [o for [o] in pool.map(lambda _: log.append([event(id="A1")]), range(50))]
        assert sorted(o.outcome for o in outcomes) == ["accepted"] + ["duplicate"] * 49
        assert {o.position for o in outcomes} == {1}

    def test_readers_never_see_a_gap_while_writers_append(self, log):
        stop, gaps = Signal(), []

        def read_along() -> None:
            seen = 0
            while not stop.is_set() or seen < log.head():
                for one in log.read(seen, 37):
                    if one.position != seen + 1:
                        gaps.append((seen, one.position))
                    seen = one.position

        readers = [Thread(target=read_along) for _ in range(2)]
        for reader in readers:
            reader.start()
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda n: log.append([event() for _ in range(n % 4 + 1)]), range(60)))
        stop.set()
        for reader in readers:
            reader.join()
        assert gaps == []

    def test_submitted_events_are_taken_in_order_without_waiting(self, log):
        futures = [log.submit([event()]) for _ in range(20)]
        assert [f.result()[0].position for f in futures] == list(range(1, 21))

    # --- deciding ----------------------------------------------------------------------------------------------

    def test_decisions_and_the_followers_position_are_written_together(self, log):
        log.append([event()])
        [outcome] = log.decide([event("journey.entered", stream="run/1")], follower="journeys", position=1)
        assert (outcome.position, log.tracking("journeys")) == (2, 1)

    def test_a_follower_moves_without_decisions(self, log):
        log.append([event(), event()])
        assert log.decide([], follower="journeys", position=2) == []
        assert log.tracking("journeys") == 2
        assert log.tracking("projections") == 0

    def test_a_follower_may_decide_where_it_stands(self, log):
        log.append([event()])
        log.decide([], follower="journeys", position=1)
        log.decide([event(stream="run/1")], follower="journeys", position=1)
        assert (log.tracking("journeys"), log.head()) == (1, 2)

    def test_a_follower_never_goes_back(self, log):
        log.append([event(), event()])
        log.decide([], follower="journeys", position=2)
        with pytest.raises(LogError, match="has come to 2 already"):
            log.decide([event(stream="run/1")], follower="journeys", position=1)
        assert (log.tracking("journeys"), log.head()) == (2, 2)

    def test_an_expected_version_that_holds_lets_the_decision_in(self, log):
        log.decide([event(stream="run/1")], follower="journeys", position=0, expected={"run/1": 0})
        log.decide([event(stream="run/1")], follower="journeys", position=0, expected={"run/1": 1, "run/2": 0})
        assert log.head() == 2

    def test_a_wrong_version_writes_nothing_and_moves_nobody(self, log):
        log.append([event()])
        log.decide([event(stream="run/1")], follower="journeys", position=0, expected={"run/1": 0})
        with pytest.raises(WrongVersion) as wrong:
            log.decide([event(stream="run/1")], follower="journeys", position=1, expected={"run/1": 0})
        assert (wrong.value.stream, wrong.value.expected, wrong.value.actual) == ("run/1", 0, 1)
        assert (log.head(), log.tracking("journeys")) == (2, 0)

    def test_a_decision_taken_twice_is_a_duplicate(self, log):
        decision = event("action.requested", id="D1", source="journeys", stream="run/1")
        log.decide([decision], follower="journeys", position=0)
        [again] = log.decide([decision], follower="journeys", position=0)
        assert (again.outcome, log.head()) == ("duplicate", 1)

    def test_of_two_deciders_with_the_same_version_one_wins(self, log):
        def decide(number: int) -> bool:
            try:
                log.decide([event(stream="run/1")], follower="journeys", position=0, expected={"run/1": 0})
            except WrongVersion:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(decide, range(16))) == 1
        assert log.head() == 1

    # --- reading -----------------------------------------------------------------------------------------------

    def test_reading_starts_after_a_position_and_stops_at_the_limit(self, log):
        log.append([event() for _ in range(10)])
        assert [e.position for e in log.read(3, 4)] == [4, 5, 6, 7]
        assert log.read(10) == []

    def test_what_is_stored_is_what_reading_answers(self, log):
        log.append([event("order.paid", data={"amount_fen": 1}), event(stream="s/5"), event("x.tip", data={"v": [1]})])
        rows = log.stored(1, 2)
        assert [decode(state, position=n, stream=s, type=t) for n, s, t, state in rows] == log.read(1, 2)
        assert (log.stored(3, 9), len(log.stored(0, 9))) == ([], 3)

    def test_reading_can_be_restricted_to_types(self, log):
        log.append([event(t) for t in ("order.placed", "order.paid", "friend.added", "order.paid")])
        assert [e.position for e in log.read(0, types=["order.paid", "friend.added"])] == [2, 3, 4]
        assert [e.position for e in log.read(0, 1, types={"order.paid"})] == [2]

    def test_the_history_of_streams_is_in_order_of_position_up_to_a_position(self, log):
        log.append([event(who=w) for w in (17, 4, 17, 9, 4)])
        assert [e.position for e in log.history(["s/17", "s/4"])] == [1, 2, 3, 5]
        assert [e.position for e in log.history({"s/17", "s/4"}, up_to=3)] == [1, 2, 3]
        assert log.history([]) == []
        assert log.history(["s/404"]) == []

    def test_waiting_ends_at_once_when_there_is_something(self, log):
        log.append([event()])
        assert log.wait(0, 0)
        assert not log.wait(1, 0.01)

    def test_an_append_wakes_whoever_waits(self, log):
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(log.wait, 0, 10)
            log.append([event()])
            assert waiting.result()

    def test_a_wait_ends_when_the_log_is_closed(self, place, clock):
        log = open_log(place, clock)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(log.wait, 0, 60)
            log.close()
            assert waiting.result() is False

    # --- closing -----------------------------------------------------------------------------------------------

    def test_closing_twice_is_closing_once_and_afterwards_everything_says_so(self, place, clock):
        log = open_log(place, clock)
        log.close()
        log.close()
        for call in (log.head, lambda: log.append([event()]), lambda: log.read(0)):
            with pytest.raises(LogError, match="closed"):
                call()

    def test_closing_waits_for_who_is_reading(self, place, clock):
        log = open_log(place, clock)
        log.append([event(data={"padding": "x" * 200}) for _ in range(2000)])
        begun, ends = Signal(), []

        def read_on() -> None:
            try:
                while True:
                    assert len(log.read(0, 2000)) == 2000
                    begun.set()
            except LogError as error:
                ends.append(str(error))

        readers = [Thread(target=read_on) for _ in range(4)]
        for reader in readers:
            reader.start()
        begun.wait()
        log.close()
        for reader in readers:
            reader.join()
        assert len(ends) == 4
        assert all("closed" in end for end in ends)

    def test_what_was_submitted_before_closing_is_durable(self, place, clock):
        log = open_log(place, clock)
        futures = [log.submit([event()]) for _ in range(50)]
        log.close()
        assert [f.result()[0].position for f in futures] == list(range(1, 51))


class DurableLogContract(EventLogContract):
    """The promises of a log that outlives the process."""

    def test_a_log_opened_again_goes_on_where_it_stopped(self, place, clock):
        with open_log(place, clock) as log:
            log.append([event(id="A1"), event(who=4)])
            log.decide([event(stream="run/1")], follower="journeys", position=2)
        with open_log(place, clock) as log:
            assert (log.head(), log.tracking("journeys")) == (3, 2)
            assert [o.outcome for o in log.append([event(id="A1"), event(who=4)])] == ["duplicate", "accepted"]
            assert log.check() == []

    def test_the_time_of_recording_never_goes_back(self, place, clock):
        with open_log(place, clock) as log:
            log.append([event()])
        behind = fixed_clock(clock.now() - MINUTE)
        with open_log(place, behind) as log:
            log.append([event()])
            first, second = log.read(0)
        assert second.recorded_at == first.recorded_at > behind.now()

    def test_a_wait_notices_what_another_process_appends(self, place, clock, log):
        with open_log(place, clock) as other, ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(log.wait, 0, 10)
            other.append([event()])
            assert waiting.result()


class SharedLogContract(DurableLogContract):
    """The promises of a log to which several processes append."""

    def test_two_logs_over_one_place_take_turns(self, place, clock, log):
        with open_log(place, clock) as other:
            for _ in range(10):
                assert [o.outcome for o in log.append([event(), event(who=4)])] == ["accepted"] * 2
                assert [o.outcome for o in other.append([event(), event(who=4)])] == ["accepted"] * 2
            assert log.head() == other.head() == 40
