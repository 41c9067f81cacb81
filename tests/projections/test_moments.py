"""Tables of a moment gone by are those of somebody who knew what was known then; or of what had happened then, by who is who now."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cdp.clock import MINUTE
from cdp.errors import ProjectionFailed, UsageError
from cdp.events.event import Event, Who
from cdp.log import Log
from cdp.testing import event
from projections import builder, moments, stretch
from projections.asking.question import Bounds
from projections.catalog import base_tables, views
from projections.moments import Moment, Moments, position_at, write_moment
from projections.plain import plain
from projections.projector import Projector
from projections.read import Reader
from projections.verify import compare
from tests.projections.histories import START, histories, log_of

ZONE = "Asia/Shanghai"
LATEST = START + 42 * 47 * MINUTE
_SETTINGS = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=(Phase.explicit, Phase.generate),
    max_examples=2,
)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretch, "_SIZE", 9)


@contextmanager
def kept(log: Log) -> Iterator[Moments]:
    with tempfile.TemporaryDirectory() as directory:
        known = Moments(Path(directory) / "moments", log, Bounds(), timezone=ZONE)
        try:
            yield known
        finally:
            known.close()


@contextmanager
def followed(events: list[Event]) -> Iterator[Reader]:
    """The tables of somebody who follows a log of these events, day by day."""
    with tempfile.TemporaryDirectory() as directory, log_of(events) as log:
        projector = Projector(Path(directory) / "tables.duckdb", log)
        while projector.position < log.head():
            projector.advance(7)
        yield projector.reader()
        projector.close()


def _known_then(events: list[Event], share: float) -> None:
    with log_of(events) as log, kept(log) as known:
        position = round(share * log.head())
        with followed(events[:position]) as then:
            assert [str(d) for d in compare(known.reader(Moment(position)), then)] == []


def _true_then(events: list[Event], share: float, when: int) -> None:
    until = START + when * 47 * MINUTE
    early = round(share * len(events))
    with log_of(events[:early]) as log, kept(log) as known:
        for told in (events[:early], events):
            log.append(told[log.head() :])
            assert _content(known.reader(Moment(log.head(), until))) == _expected(told, until)


@given(histories(10, 60), st.floats(0, 1))
@_SETTINGS
def test_what_was_known_then_is_what_somebody_knew_who_saw_the_log_up_to_there(
    events: list[Event], share: float
) -> None:
    _known_then(events, share)


@given(histories(10, 60), st.floats(0, 1), st.integers(0, 41))
@_SETTINGS
def test_what_was_true_then_is_what_happened_until_then_by_who_is_who_now(
    events: list[Event], share: float, when: int
) -> None:
    _true_then(events, share, when)


@pytest.mark.slow
@pytest.mark.timeout(900)
@given(histories(10, 90), st.floats(0, 1), st.integers(0, 41))
@settings(_SETTINGS, max_examples=40)
def test_both_hold_for_very_many_histories(events: list[Event], share: float, when: int) -> None:
    _known_then(events, share)
    _true_then(events, share, when)


@given(histories(10, 60))
@settings(_SETTINGS, max_examples=1)
def test_everything_that_ever_happened_as_known_now_is_what_is_known(events: list[Event]) -> None:
    with log_of(events) as log, kept(log) as known, tempfile.TemporaryDirectory() as directory:
        whole = Projector(Path(directory) / "tables.duckdb", log)
        whole.build(log.head())
        assert [str(d) for d in compare(known.reader(Moment(log.head(), LATEST)), whole.reader())] == []
        whole.close()


@given(histories(1, 40), st.integers(-10, 50))
@_SETTINGS
def test_a_time_stands_for_the_last_position_recorded_by_then(events: list[Event], minutes: int) -> None:
    with log_of(events) as log:
        recorded = [e.recorded_at for e in log.read(0)]
        when = recorded[0] + minutes * MINUTE
        assert position_at(log, when) == sum(at <= when for at in recorded)


def test_the_few_asked_for_last_are_kept_and_who_reads_another_goes_on(tmp_path: Path) -> None:
    events = [event(occurred_at=START + n) for n in range(6)]
    with log_of(events) as log:
        known = Moments(tmp_path, log, Bounds(), timezone=ZONE)
        first = known.reader(Moment(1))
        for position in (2, 1, 3, 4):
            known.reader(Moment(position))
        assert {file.name for file in tmp_path.glob("*.duckdb")} == {"at-1.duckdb", "at-3.duckdb", "at-4.duckdb"}
        for position in (5, 6):
            known.reader(Moment(position))
        assert (_count(first), _count(known.reader(Moment(1)))) == (1, 1)  # though the file of the first has gone
        del first
        gc.collect()
        known.close()
        again = Moments(tmp_path, log, Bounds(), timezone=ZONE)
        assert _count(again.reader(Moment(2))) == 2
        assert len(list(tmp_path.glob("*.duckdb"))) == moments.KEPT
        again.close()


def test_what_was_not_finished_is_built_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with log_of([event(occurred_at=START + n) for n in range(30)]) as log:
        known = Moments(tmp_path, log, Bounds(), timezone=ZONE)
        with monkeypatch.context() as broken:
            broken.setattr(builder, "_fill", _fails)
            with pytest.raises(ProjectionFailed):
                known.reader(Moment(20))
        assert _count(known.reader(Moment(20))) == 20
        known.close()


def test_what_was_brought_up_half_way_is_finished_by_whoever_asks_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is computed at the end of a day stood still when the process ended, and the rest had gone on."""
    events = [
        _bought(1),
        event(type="day.closed", source="clock", occurred_at=START + 3, who=(), data={"day": "2026-07-02"}),
    ]
    with log_of(events) as log:
        known = Moments(tmp_path, log, Bounds(), timezone=ZONE)
        known.reader(Moment(log.head(), LATEST))
        log.append([_bought(2)])
        moment = Moment(log.head(), LATEST)
        with monkeypatch.context() as broken:
            broken.setattr(Projector, "rebuild", _fails)
            with pytest.raises(ProjectionFailed):
                known.reader(moment)
        assert [row["frequency"] for row in known.reader(moment).rows("SELECT frequency FROM rfm")] == [2]
        known.close()


def test_the_tables_of_a_moment_are_written_into_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "then.duckdb"
    with log_of([event(occurred_at=START + n) for n in range(5)]) as log:
        write_moment(path, log, Moment(3), timezone=ZONE)
        with pytest.raises(UsageError, match="is there already"):
            write_moment(path, log, Moment(4), timezone=ZONE)
    assert [file.name for file in tmp_path.iterdir()] == ["then.duckdb"]
    with duckdb.connect(path, read_only=True) as file:
        assert file.execute("SELECT COUNT(*) FROM touchpoints").fetchall() == [(3,)]


def _bought(number: int) -> Event:
    return event(
        id=f"paid-{number}", type="order.paid", occurred_at=START + number, context={"order": f"E{number}"},
        who=(Who("phone", "", 7), Who("order", "", 100 + number)), data={"amount_fen": 700},
    )  # fmt: skip


def _fails(*_: Any) -> None:
    raise ProjectionFailed("orders", 20, "the disk is full")


def _count(reader: Reader) -> int:
    count: int = reader.rows("SELECT COUNT(*) AS n FROM touchpoints")[0]["n"]
    return count


def _content(reader: Reader) -> dict[str, list[str]]:
    return {t.name: sorted(map(repr, reader.rows(f"SELECT * FROM {t.name}"))) for t in (*base_tables(), *views())}


def _expected(events: list[Event], until: int) -> dict[str, list[str]]:
    """The rows of now that happened until then, and every view's own text over them."""
    with tempfile.TemporaryDirectory() as directory, log_of(events) as log:
        now = Projector(Path(directory) / "now.duckdb", log)
        now.build(log.head())
        rows = now.reader().arrow("SELECT * FROM touchpoints WHERE epoch_us(occurred_at) <= ?", [until])
        persons = {r["surrogate"]: r["person_id"] for r in now.reader().rows("SELECT * FROM identifiers")}
        now.close()
        identifiers = _identifiers([e for e in log.read(0) if e.occurred_at <= until], persons)
    with duckdb.connect() as then:
        then.execute(f"SET TimeZone = '{ZONE}'")
        then.register("given", rows)
        then.execute("CREATE TABLE touchpoints AS SELECT * FROM given")
        then.execute(base_tables()[1].sql)
        if identifiers:
            then.executemany(
                "INSERT INTO identifiers (surrogate, type, scope, person_id, owner_kind, first_seen, last_seen) "
                "VALUES (?, ?, ?, ?, ?, make_timestamptz(?), make_timestamptz(?))",
                identifiers,
            )
        for view in views():
            then.execute(f"CREATE TABLE {view.name} AS SELECT * FROM ({view.sql})")
        return {t.name: sorted(repr(row) for row in _plain(then, t.name)) for t in (*base_tables(), *views())}


def _identifiers(events: list[Event], persons: dict[int, int | None]) -> list[tuple[Any, ...]]:
    seen: dict[int, tuple[Any, ...]] = {}
    for each in events:
        sighting = each.source not in ("journeys", "outbox") and not each.type.startswith(
            ("person.linked", "person.unlinked", "person.erased")
        )
        for w in each.who:
            _, _, _, _, _, first, last = seen.get(w.surrogate, (0, "", "", 0, "", None, None))
            if sighting:
                first = min(filter(None, (first, each.occurred_at)))
                last = max(filter(None, (last, each.occurred_at)))
            kind = "order" if w.type == "order" else "person"
            seen[w.surrogate] = (w.surrogate, w.type, w.scope, persons[w.surrogate], kind, first, last)
    return list(seen.values())


def _plain(con: duckdb.DuckDBPyConnection, table: str) -> list[dict[str, Any]]:
    return plain(con.sql(f"SELECT * FROM {table}").to_arrow_table())
