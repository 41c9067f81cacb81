"""Whoever was merged and told apart again is as if it had never been: every table, whatever came meanwhile."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.clock import DAY
from cdp.events.event import Event, Who
from cdp.testing import event
from projections.catalog import base_tables, views
from projections.read import Reader
from tests.projections.histories import START, actor, histories, log_of, splits
from tests.projections.tables import at, tables_of
from tests.projections.test_laws import _SETTINGS, _follow

BROWSER = Who("anonymous_id", "", 9)
_LATER = START + 400 * DAY
_STATEMENTS = ("person.linked", "person.unlinked", "workspace.configured")


def said(type: str, **data: Any) -> Event:
    """Of two who have a unionid each."""
    return event(type, who=(actor(1), actor(5)), occurred_at=_LATER + (type == "person.unlinked"), data=data)


def story(facts: list[Event], first: int, second: int, *, told: bool) -> list[Event]:
    """What happened, in which two are linked and told apart; or something that concerns nobody stands in the same places."""
    nothing = event("x.nothing", who=(), stream="shop", occurred_at=START)
    linked = said("person.linked", beyond_limit=True) if told else nothing
    apart = said("person.unlinked") if told else event("x.nothing", who=(), stream="shop", occurred_at=START)
    seen = [event("mall.visited", id=f"seen-{s}", who=actor(s), occurred_at=START) for s in (1, 5)]
    first, second = sorted((first % (len(facts) + 1), second % (len(facts) + 1)))
    # what depends on everybody is computed at the end of a day
    over = event("day.closed", who=(), stream="workspace", data={"day": "2026-07-05"}, occurred_at=START)
    return [*seen, *facts[:first], linked, *facts[first:second], apart, *facts[second:], over]


def content(reader: Reader) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables about what happened; a person's number of events counts what was said of them."""
    tables = [table for table in (*base_tables(), *views()) if table.name not in ("touchpoints", "data_quality")]
    found = {}
    for table in tables:
        key = ", ".join(f'"{column}" NULLS FIRST' for column in table.key)
        rows = reader.rows(f"SELECT * FROM {table.name} ORDER BY {key}")
        found[table.name] = [{n: v for n, v in row.items() if n != "events"} for row in rows]
    return found


def _tables(events: list[Event], split: list[tuple[int, bool]]) -> dict[str, list[dict[str, Any]]]:
    log = log_of(events)
    with tempfile.TemporaryDirectory() as directory:
        projector = _follow(log, Path(directory) / "tables.duckdb", split)
        found = content(projector.reader())
        projector.close()
    log.close()
    return found


def _everything_is_as_if_it_had_never_been(
    events: list[Event], first: int, second: int, split: list[tuple[int, bool]]
) -> None:
    facts = [e for e in events if e.type not in _STATEMENTS]
    never, undone = (_tables(story(facts, first, second, told=told), split) for told in (False, True))
    for name, rows in never.items():
        assert undone[name] == rows, name


_where = st.integers(0, 99)


@given(histories(20, 40), _where, _where, splits(4))
@settings(_SETTINGS, max_examples=1)
def test_telling_apart_undoes_a_merge_in_every_table(
    events: list[Event], first: int, second: int, split: list[tuple[int, bool]]
) -> None:
    _everything_is_as_if_it_had_never_been(events, first, second, split)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@given(histories(10, 90), _where, _where, splits(10))
@settings(_SETTINGS, max_examples=25)
def test_telling_apart_undoes_very_many_merges_in_every_table(
    events: list[Event], first: int, second: int, split: list[tuple[int, bool]]
) -> None:
    _everything_is_as_if_it_had_never_been(events, first, second, split)


def test_what_an_anonymous_browser_did_years_ago_comes_along_however_late_it_is_known_whose_it_was() -> None:
    visit = event("mall.visited", who=BROWSER, occurred_at=at("12:00", "2011-03-01"), context={"channel": "poster"})
    order = event(
        "order.paid", who=(BROWSER, actor(101)), occurred_at=at("12:00", "2019-06-01"), data={"amount_fen": 700},
        context={"order": "E1001"},
    )  # fmt: skip
    known = event("friend.added", who=(BROWSER, actor(1)), occurred_at=at("12:00"), data={"staff": "wang"})
    with tables_of([visit, order, known]) as reader:
        (row,) = reader.rows("SELECT person_id, channel, first_seen, gmv_fen, events FROM persons")
    assert (row["person_id"], row["channel"], row["gmv_fen"], row["events"]) == (1, "poster", 700, 3)
    assert row["first_seen"].year == 2011
