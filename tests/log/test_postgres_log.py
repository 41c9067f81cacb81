"""The contract of a log, and the library's suites, over PostgreSQL."""

from __future__ import annotations

import subprocess
import sys

import pytest

psycopg = pytest.importorskip("psycopg")
pytest.importorskip("psycopg_pool")

from eventsourcing.tests.persistence import (  # noqa: E402
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    ProcessRecorderTestCase,
    TrackingRecorderTestCase,
)

from cdp.errors import LogDamaged, LogError  # noqa: E402
from cdp.log import open_log  # noqa: E402
from cdp.log.postgres_database import LogDatabase  # noqa: E402
from cdp.log.postgres_recorder import PostgresRecorder  # noqa: E402
from cdp.testing import event, fixed_clock  # noqa: E402
from tests.log.contract import DurableLogContract  # noqa: E402
from tests.log.moving import MovableLogContract  # noqa: E402
from tests.log.postgres import binaries, server  # noqa: E402

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(binaries() is None, reason="no PostgreSQL server under /usr/lib/postgresql"),
]


@pytest.fixture(scope="module")
def running():
    with server() as one:
        yield one


@pytest.fixture
def place(running):
    return running.new_database()


class TestLogInPostgres(DurableLogContract, MovableLogContract):
    def lose(self, place, position):
        with psycopg.connect(place) as connection:
            connection.execute("DELETE FROM stored_events WHERE notification_id = %s", (position,))

    def test_a_second_writer_is_refused_until_the_first_has_gone(self, place, clock, log):
        with open_log(place, clock) as first:
            first.append([event()])
            assert len(log.read(0)) == 1
            with pytest.raises(LogError, match="another process writes to this log: stop it first"):
                log.append([event()])
        assert [o.position for o in log.append([event()])] == [2]


def test_a_log_goes_on_after_the_server_was_stopped_and_started(running, place):
    with open_log(place, fixed_clock()) as log:
        log.append([event(id="A1")])
        running.stop()
        with pytest.raises(LogError, match="is PostgreSQL running"):
            log.append([event(id="B2")])
        running.start()
        assert [o.outcome for o in log.append([event(id="A1"), event(id="B2")])] == ["duplicate", "accepted"]
        assert log.check() == []


def test_everything_that_the_url_says_holds_for_reading_and_for_writing(place):
    with open_log(f"{place}&application_name=linli", fixed_clock()) as log:
        log.append([event()])
        assert log.head() == 1
        with psycopg.connect(place) as connection:
            asked = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'linli' AND datname = current_database()"
            assert connection.execute(asked).fetchone()[0] > 1


def test_a_server_that_does_not_answer_is_named():
    with pytest.raises(LogError, match="no PostgreSQL answers for the log"):
        open_log("postgresql://nobody@127.0.0.1:1/nothing", fixed_clock())


def test_an_address_that_is_none_is_refused():
    with pytest.raises(LogError, match="not a PostgreSQL URL"):
        open_log("postgresql://host/db?nonsense=1", fixed_clock())


def test_the_events_of_another_program_are_left_alone(place):
    with psycopg.connect(place) as connection:
        connection.execute("CREATE TABLE stored_events (theirs text)")
    with pytest.raises(LogDamaged, match="another program's events"):
        open_log(place, fixed_clock())


def test_check_names_what_is_missing(place):
    with open_log(place, fixed_clock()) as log:
        log.append([event(), event(), event()])
        with psycopg.connect(place) as connection:
            connection.execute("DELETE FROM stored_events WHERE notification_id = 2")
        assert log.check() == [
            "1 positions are missing", "1 keys point to an event that is not there", "1 streams have a gap in their versions",
        ]  # fmt: skip


def test_a_log_in_a_file_needs_no_driver_of_postgres():
    code = "import sys, cdp.log; print('psycopg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


# --- the library's suites --------------------------------------------------------------------------------------


class OverPostgres:
    @pytest.fixture(autouse=True)
    def database(self, place):
        self.place = place

    def create_recorder(self) -> PostgresRecorder:
        factory = LogDatabase(self.place)
        self.addCleanup(factory.close)
        return factory.process_recorder()

    def new_originator_id(self) -> str:
        return f"s/{next(_streams)}"


_streams = iter(range(1, 1_000_000))


class TestApplicationRecorder(OverPostgres, ApplicationRecorderTestCase[PostgresRecorder]):
    pass


class TestProcessRecorder(OverPostgres, ProcessRecorderTestCase):
    pass


class TestTrackingRecorder(OverPostgres, TrackingRecorderTestCase):
    pass


class TestNonInterleaving(OverPostgres, NonInterleavingNotificationIDsBaseCase):
    pass
