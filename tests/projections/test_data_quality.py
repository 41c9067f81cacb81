"""How late events came and what could not be taken, by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from cdp.clock import HOUR, MINUTE, SECOND
from cdp.events.event import DECISIONS, Event
from cdp.testing import event, fixed_clock, memory_log
from projections.read import Reader
from tests.projections.tables import at, projector_of


def closing(day: str, next_day: str, inbox: list[dict[str, Any]] | None = None) -> Event:
    """A day ends, and the inbox held this."""
    data = {"day": day} if inbox is None else {"day": day, "inbox": inbox}
    return event("day.closed", who=(), source="workspace", occurred_at=at("00:00", next_day), data=data)


def count(outcome: str, items: int, reason: str = "", source: str = "wecom/main") -> dict[str, Any]:
    """One line of what the inbox held."""
    return {"source": source, "outcome": outcome, "reason": reason, "items": items}


def visit(source: str, ago: int, **fields: Any) -> Event:
    """Somebody looked into the mall so long before the evening of the 19th, 20:00."""
    return event("mall.visited", source=source, occurred_at=at("20:00") - ago, **fields)


TAKEN = [
    # lags of 2, 10 and 30 seconds, exactly an hour, and one second more; the sender's clock of one was ahead
    visit("wecom/main", 2 * SECOND),
    visit("wecom/main", 10 * SECOND),
    visit("wecom/main", 30 * SECOND),
    visit("wecom/main", HOUR),
    visit("wecom/main", HOUR + SECOND),
    visit("wecom/main", -2 * MINUTE),
    # imports of the past are counted apart; what journeys decide is no quality of anybody's data
    visit("import", 900 * HOUR, historical=True),
    visit("import", 5 * SECOND),
    visit(DECISIONS, 5 * HOUR),
]
FIRST = [
    count("accepted", 6), count("failed", 2, "mapping"), count("failed", 1, "id_conflict"), count("duplicate", 4),
    count("refused", 1, "signature"), count("ignored", 2, "unknown_event"), count("failed", 3, "schema", "shop"),
]  # fmt: skip
THIRD = [count("accepted", 9), count("failed", 1, "mapping"), count("duplicate", 5), count("pending", 7)]


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    clock = fixed_clock(at("20:00"))
    log = memory_log(clock)
    log.append(TAKEN)
    clock.advance_to(at("00:00", "2026-06-20"))
    log.append([closing("2026-06-19", "2026-06-20", FIRST)])
    clock.advance_to(at("09:00", "2026-06-21"))
    # nobody looked when the 20th ended; when the 21st ended, the inbox held less of some, and on the 22nd nothing at all
    log.append([visit("import", -35 * HOUR), closing("2026-06-20", "2026-06-21")])
    clock.advance_to(at("09:00", "2026-06-22"))
    log.append([closing("2026-06-21", "2026-06-22", THIRD), visit("wecom/main", -61 * HOUR)])
    clock.advance_to(at("09:00", "2026-06-23"))
    log.append([closing("2026-06-22", "2026-06-23", []), visit("wecom/main", -85 * HOUR)])
    with projector_of(log) as projector:
        projector.advance()
        yield projector.reader()
    log.close()


def test_lags_are_told_by_source_and_day_of_recording(reader: Reader) -> None:
    names = "day, source, events, historical, late, late_share, lag_median_seconds, lag_p95_seconds, lag_max_seconds"
    rows = reader.rows(f"SELECT {names} FROM data_quality WHERE events + historical > 0 ORDER BY day, source")
    assert [tuple(row.values()) for row in rows] == [
        (date(2026, 6, 19), "import", 1, 1, 0, 0.0, 5, 5, 5),
        # 0, 2, 10, 30, 3600, 3601: the middle lies between 10 and 30, and 95 % three quarters from 3600 to 3601
        (date(2026, 6, 19), "wecom/main", 6, 0, 1, 1 / 6, 20, 3601, 3601),
        (date(2026, 6, 21), "import", 1, 0, 1, 1.0, 7200, 7200, 7200),
        (date(2026, 6, 22), "wecom/main", 1, 0, 0, 0.0, 0, 0, 0),
    ]


def test_what_the_inbox_held_is_told_as_it_stood_and_as_it_grew(reader: Reader) -> None:
    names = "day, source, failed, conflicts, pending, accepted, duplicates, ignored, refused"
    rows = reader.rows(f"SELECT {names} FROM data_quality ORDER BY day, source")
    assert [tuple(row.values()) for row in rows] == [
        (date(2026, 6, 19), "import", 0, 0, 0, None, None, None, None),
        (date(2026, 6, 19), "shop", 3, 0, 0, 0, 0, 0, 0),
        (date(2026, 6, 19), "wecom/main", 3, 1, 0, 6, 4, 2, 1),
        (date(2026, 6, 21), "import", 0, 0, 0, None, None, None, None),
        (date(2026, 6, 21), "wecom/main", 1, 0, 7, 3, 1, 0, 0),
        (date(2026, 6, 22), "wecom/main", 0, 0, 0, None, None, None, None),
    ]


def test_failures_are_told_by_reason(reader: Reader) -> None:
    rows = reader.rows(
        "SELECT source, reason, items FROM inbox_days WHERE outcome = 'failed' ORDER BY day, source, reason"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("shop", "schema", 3), ("wecom/main", "id_conflict", 1), ("wecom/main", "mapping", 2), ("wecom/main", "mapping", 1),
    ]  # fmt: skip


def test_a_day_that_is_not_over_and_a_day_on_which_nobody_looked_say_nothing(reader: Reader) -> None:
    assert reader.rows("SELECT * FROM data_quality WHERE day > DATE '2026-06-22' OR day = DATE '2026-06-20'") == []
    known = reader.rows("SELECT day, inbox_known FROM closed_days ORDER BY day")
    assert [row["inbox_known"] for row in known] == [True, False, True, True]
