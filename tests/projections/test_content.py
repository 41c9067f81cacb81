"""The mix of what the shop posts, by hand."""

from __future__ import annotations

from datetime import date

import pytest

from cdp.events.event import Event
from tests.projections.tables import did, tables_of


def posts(day: str, mix: str, **where: str) -> list[Event]:
    """One post a letter: k for knowledge, f for feeling, i for interaction, p for promotion."""
    kinds = {"k": "knowledge", "f": "feeling", "i": "interaction", "p": "promotion"}
    return [did("content.posted", "09:00", day=day, data={"kind": kinds[letter]}, **where) for letter in mix]


HISTORY = [
    # Monday the 15th to Sunday the 21st is one week, the 22nd begins the next
    *posts("2026-06-15", "kkfi", group="g1"),
    *posts("2026-06-21", "kkfppp", group="g1"),
    *posts("2026-06-22", "p", group="g1"),
    *posts("2026-06-19", "kppk", group="g2"),
    *posts("2026-06-19", "kkfip", live="l1"),
    *posts("2026-06-20", "kkfipp", live="l2"),
]


def test_content_is_counted_by_kind_for_each_group_and_week_and_each_live() -> None:
    with tables_of(HISTORY, "content") as reader:
        rows = reader.rows("SELECT * FROM content ORDER BY place, place_id, week")
    assert [tuple(row.values()) for row in rows] == [
        ("group", "g1", date(2026, 6, 15), 10, 4, 2, 1, 3, 0.3, 0.3, True),
        ("group", "g1", date(2026, 6, 22), 1, 0, 0, 0, 1, 1.0, 0.3, False),
        ("group", "g2", date(2026, 6, 15), 4, 2, 0, 0, 2, 0.5, 0.3, False),
        ("live", "l1", date(2026, 6, 15), 5, 2, 1, 1, 1, 0.2, 0.2, True),
        ("live", "l2", date(2026, 6, 15), 6, 2, 1, 1, 2, pytest.approx(1 / 3), 0.2, False),
    ]
