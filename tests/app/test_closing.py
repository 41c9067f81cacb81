"""The end of a day is an event, with what the inbox held then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cdp.app.closing import close_days
from cdp.clock import DAY
from cdp.errors import SignatureRejected
from cdp.events.catalog import check_data
from cdp.inbox.refusals import refuse
from cdp.inbox.store import Inbox, Item
from cdp.log import Log
from cdp.ports import Callback
from cdp.testing import fixed_clock, memory_log

TZ = "Asia/Shanghai"
BODY = Callback("POST", {}, {}, b"{}", 1)


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    inbox = Inbox(tmp_path / "inbox.sqlite")
    yield inbox
    inbox.close()


def closed(log: Log) -> list[dict[str, Any]]:
    return [event.data for event in log.read(0) if event.type == "day.closed"]


def test_a_day_ends_with_what_the_inbox_held(inbox: Inbox) -> None:
    clock = fixed_clock("2026-06-20T00:00:01+08:00")
    log = memory_log(clock)
    inbox.keep("http", "shop", BODY, [Item("failed", "schema"), Item("failed", "id_conflict")])
    inbox.keep("youzan", "main", BODY, [Item("ignored", "unknown_event")])
    inbox.store("wecom", "main", BODY)
    refuse(inbox, "wecom", "main", BODY, SignatureRejected("wecom", "signature"))

    assert [str(day) for day in close_days(log, clock, TZ, inbox)] == ["2026-06-19"]

    (data,) = closed(log)
    assert check_data("day.closed", data) == data | {"inbox": tuple(data["inbox"])}
    assert data["inbox"] == [
        {"source": "shop", "outcome": "failed", "reason": "id_conflict", "items": 1},
        {"source": "shop", "outcome": "failed", "reason": "schema", "items": 1},
        {"source": "wecom/main", "outcome": "pending", "items": 1},
        {"source": "wecom/main", "outcome": "refused", "reason": "signature", "items": 1},
        {"source": "youzan/main", "outcome": "ignored", "reason": "unknown_event", "items": 1},
    ]


def test_a_day_ends_once_and_days_that_passed_unseen_end_without_a_count(inbox: Inbox) -> None:
    clock = fixed_clock("2026-06-20T09:00:00+08:00")
    log = memory_log(clock)
    close_days(log, clock, TZ, inbox)
    assert close_days(log, clock, TZ, inbox) == []
    clock.advance_to(clock.now() + 3 * DAY)
    assert [str(day) for day in close_days(log, clock, TZ, inbox)] == ["2026-06-20", "2026-06-21", "2026-06-22"]
    assert closed(log) == [
        {"day": "2026-06-19", "inbox": []},
        {"day": "2026-06-20"},
        {"day": "2026-06-21"},
        {"day": "2026-06-22", "inbox": []},
    ]
