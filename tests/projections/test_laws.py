"""After any sequence of batches, in any split and with restarts anywhere, every table equals its rebuild."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cdp.events.event import Event
from cdp.log import Log
from projections import batch, stretch
from projections.catalog import base_tables, views
from projections.projector import Projector
from projections.verify import verify_tables
from tests.projections.histories import histories, log_of, splits
from tests.projections.tables import did, tables_of

_SETTINGS = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=(Phase.explicit, Phase.generate),
)


@pytest.fixture(autouse=True)
def _as_large_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch is read from the log in several pieces, and a history soon counts as long."""
    monkeypatch.setattr(stretch, "_SIZE", 9)
    monkeypatch.setattr(batch, "_LONG", 20)


def _follow(log: Log, path: Path, split: list[tuple[int, bool]]) -> Projector:
    projector = Projector(path, log)
    for size, restart in split:
        if restart:
            projector.close()
            projector = Projector(path, log)
        projector.advance(size)
    while projector.position < log.head():
        projector.advance()
    return projector


def _tables_equal_their_rebuild(events: list[Event], split: list[tuple[int, bool]]) -> None:
    log = log_of(events)
    with tempfile.TemporaryDirectory() as directory:
        projector = _follow(log, Path(directory) / "tables.duckdb", split)
        report, head = verify_tables(projector, log), log.head()
        doubled = _keys_that_are_not_unique(projector)
        projector.close()
    log.close()
    assert [str(d) for d in report.differences] == []
    assert report.ok
    assert report.position == head
    assert doubled == []


def _keys_that_are_not_unique(projector: Projector) -> list[str]:
    reader = projector.reader()
    doubled = []
    for table in (*base_tables(), *views()):
        key = ", ".join(f'"{column}"' for column in table.key)
        if reader.rows(f"SELECT {key} FROM {table.name} GROUP BY {key} HAVING COUNT(*) > 1"):
            doubled.append(table.name)
    return doubled


@given(histories(), splits(4))
@settings(_SETTINGS, max_examples=3)
def test_every_table_equals_its_rebuild_after_any_batches_and_restarts(
    events: list[Event], split: list[tuple[int, bool]]
) -> None:
    _tables_equal_their_rebuild(events, split)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@given(histories(5, 120), splits(12))
@settings(_SETTINGS, max_examples=150)
def test_every_table_equals_its_rebuild_after_very_many_batches_and_restarts(
    events: list[Event], split: list[tuple[int, bool]]
) -> None:
    _tables_equal_their_rebuild(events, split)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_histories_of_the_law_fill_every_table() -> None:
    filled: set[str] = set()

    @given(histories(20, 90))
    @settings(_SETTINGS, max_examples=150)
    def look(events: list[Event]) -> None:
        with tables_of(events) as reader:
            filled.update(
                view.name for view in views() if reader.rows(f"SELECT COUNT(*) AS n FROM {view.name}")[0]["n"]
            )

    look()
    assert {view.name for view in views()} - filled == set()


@given(histories(10, 40), st.integers(0, 1 << 30))
@settings(_SETTINGS, max_examples=3)
def test_any_permutation_of_the_events_gives_the_same_persons(events: list[Event], seed: int) -> None:
    # given the same facts in another order; rules of the workspace are no facts about persons
    facts = [e for e in events if e.type != "workspace.configured"]
    shuffled = facts.copy()
    random.Random(seed).shuffle(shuffled)

    # when both are projected
    partitions = []
    for order in (facts, shuffled):
        with tables_of(order, "identifiers") as reader:
            partitions.append(reader.rows("SELECT surrogate, person_id FROM identifiers ORDER BY surrogate"))

    # then everybody is the same person
    assert partitions[0] == partitions[1]


@pytest.mark.parametrize("long", [0, 1_000_000], ids=["long", "short"])
def test_who_was_in_a_live_follows_its_end_though_they_did_nothing_since(
    monkeypatch: pytest.MonkeyPatch, long: int
) -> None:
    # given viewers of a live, one of whom bought
    monkeypatch.setattr(batch, "_LONG", long)
    live = {"live": "L1"}
    began = [
        did("live.started", "20:00", data={"title": "端午家宴"}, **live),
        *(did("live.entered", "20:10", viewer, **live) for viewer in (1, 2, 3)),
        did("order.placed", "20:20", 2, order="E2", data={"amount_fen": 500}),
        did("order.paid", "20:21", 2, order="E2", data={"amount_fen": 500}),
    ]
    # when it ends in a batch that touches others
    later = [
        did("friend.added", "20:30", 4, data={"staff": "wang"}),
        did("live.liked", "20:40", 1, **live),
        did("live.ended", "21:00", **live),
        did("order.refunded", "21:10", order="E2", data={"amount_fen": 200}),
    ]
    # then what depends on its end is theirs too
    _tables_equal_their_rebuild([*began, *later], [(len(began), False)])
