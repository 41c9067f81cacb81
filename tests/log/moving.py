"""What a log promises that is taken over by another, or takes one over. A subclass says with `place` where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event as Signal

import pytest

from cdp.clock import MINUTE, DrivenClock
from cdp.errors import LogError, WrongVersion
from cdp.log import Log, open_log
from cdp.testing import event


class MovableLogContract:
    """The promises of a log that takes over another, and is taken over, whatever database either stands in."""

    @pytest.fixture
    def elsewhere(self, tmp_path, clock) -> Iterator[Log]:
        """A log in a file."""
        with open_log(tmp_path / "elsewhere.sqlite", clock) as log:
            yield log

    def _live(self, log: Log, clock: DrivenClock) -> None:
        for number in range(12):
            clock.advance_to(clock.now() + MINUTE)
            log.append(
                [event(id=f"{number}-{n}", who=n % 5 + 1) for n in range(700)],
                [bytes([n % 200]) * 16 for n in range(700)],
            )
        log.append([event(id="unmarked")])
        log.decide([event(stream="run/1")], follower="journeys", position=7)

    @pytest.mark.parametrize("out", [True, False])
    def test_a_log_taken_over_by_another_goes_on_there_as_if_nothing_had_happened(self, place, clock, elsewhere, out):
        with open_log(place, clock) as here:
            source, target = (here, elsewhere) if out else (elsewhere, here)
            self._live(source, clock)
            target.take_over(source)
            assert target.check() == []
            assert (target.head(), target.tracking("journeys")) == (source.head(), 7)
            assert target.read(0, 100_000) == source.read(0, 100_000)
            assert target.history(["s/3"]) == source.history(["s/3"])
            known = [event(id="3-1"), event(id="unmarked"), event(id="new")]
            same = [bytes([1]) * 16, b"x" * 16, b"y" * 16]
            answers = [[(o.outcome, o.position) for o in log.append(known, same)] for log in (source, target)]
            assert answers[0] == answers[1]
            assert [outcome for outcome, _ in answers[0]] == ["duplicate", "duplicate", "accepted"]
            assert [o.outcome for o in target.append([event(id="3-1")], [bytes([1]) * 15 + b"z"])] == ["conflict"]
            with pytest.raises(WrongVersion):
                target.decide([event(stream="run/1")], follower="journeys", position=8, expected={"run/1": 0})
            assert target.check() == []

    def test_a_log_that_holds_something_takes_nothing_over(self, place, clock, elsewhere):
        with open_log(place, clock) as here:
            here.append([event()])
            elsewhere.append([event(), event()])
            with pytest.raises(LogError, match="holds 1 events already"):
                here.take_over(elsewhere)
            assert here.head() == 1

    def test_what_is_appended_while_a_log_is_taken_over_is_left_out(self, place, clock, elsewhere):
        with open_log(place, clock) as here, ThreadPoolExecutor(1) as pool:
            here.append([event() for _ in range(6000)])
            stop = Signal()
            writing = pool.submit(lambda: [here.append([event(), event()]) for _ in iter(stop.is_set, True)])
            elsewhere.take_over(here)
            stop.set()
            writing.result()
            assert elsewhere.check() == []
            assert elsewhere.head() % 2 == 0
            assert elsewhere.read(0, 100_000) == here.read(0, elsewhere.head())

    def test_an_empty_log_may_be_taken_over_too(self, place, clock, elsewhere):
        with open_log(place, clock) as here:
            elsewhere.take_over(here)
            assert [o.position for o in elsewhere.append([event()])] == [1]

    def test_a_damaged_log_is_taken_over_in_no_part(self, place, clock, elsewhere):
        with open_log(place, clock) as here:
            here.append([event(), event(), event()])
            self.lose(place, 2)
            with pytest.raises(LogError, match="run `cdp doctor`"):
                elsewhere.take_over(here)
            assert elsewhere.head() == 0

    def lose(self, place: str, position: int) -> None:
        """Take one event away, as nobody should."""
        raise NotImplementedError
