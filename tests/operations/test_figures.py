"""The Prometheus figures: what came in, what became of it, how long commits take, how far the stages are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cdp.errors import UsageError
from tests.operations.shop import CONTROL, DOOMED, Shop, live_through, open_shop

ENDS = {
    "cdp_accepted_total",
    "cdp_duplicate_total",
    "cdp_ignored_total",
    "cdp_inbox_pending",
    "cdp_failed_total",
    "cdp_inbox_failed",
}
DOCUMENTED = Path(__file__).parents[2] / "docs" / "operations.md"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path) as opened:
        opened.ask("journey.deploy")
        live_through(opened, CONTROL)
        yield opened


def figures(shop: Shop) -> dict[tuple[str, ...], float]:
    """(name, *labels) -> value."""
    families = text_string_to_metric_families(shop.http.get("/metrics").text)
    return {(s.name, *s.labels.values()): s.value for f in families for s in f.samples}


def test_the_law_of_the_door_holds_at_every_door(shop: Shop) -> None:
    found = figures(shop)
    for door in ("http", "wecom/main", "youzan/main"):
        ended = [value for key, value in found.items() if key[0] in ENDS and key[1] == door]
        assert found["cdp_received_total", door] == sum(ended) > 0, door


def test_failures_are_counted_by_their_reason(shop: Shop) -> None:
    found = figures(shop)
    assert found["cdp_failed_total", "http", "schema"] == 2
    assert found["cdp_failed_total", "http", "unknown_type"] == 1
    assert found["cdp_inbox_failed", "youzan/main", "mapping"] == 1
    assert found["cdp_accepted_total", "http"] == 8


def test_every_commit_is_timed(shop: Shop) -> None:
    before = figures(shop)["cdp_commit_seconds_count",]
    live_through(shop, DOOMED)
    after = figures(shop)
    assert after["cdp_commit_seconds_count",] > before > 0
    assert after["cdp_commit_seconds_bucket", "+Inf"] == after["cdp_commit_seconds_count",]
    assert after["cdp_commit_seconds_sum",] > 0
    buckets = [v for key, v in after.items() if key[0] == "cdp_commit_seconds_bucket"]
    assert buckets == sorted(buckets)


def test_lag_and_open_actions_are_told(shop: Shop) -> None:
    settled = figures(shop)
    assert settled["cdp_stage_lag_events", "project"] == 0
    assert settled["cdp_outbox_open",] == 1
    assert sum(v for key, v in settled.items() if key[0] == "cdp_outbox_actions") == 1
    visit = {"id": "v", "source": "site", "type": "mall.visited", "occurred_at": "2026-06-19T19:00:00+08:00", "data": {},
             "who": [{"type": "phone", "value": CONTROL.phone}]}  # fmt: skip
    shop.post(visit, visit)
    behind = figures(shop)
    assert behind["cdp_stage_lag_events", "project"] == 1
    assert behind["cdp_duplicate_total", "http"] == 1
    assert behind["cdp_log_position",] == settled["cdp_log_position",] + 1


def test_a_body_that_is_erased_is_still_counted(shop: Shop) -> None:
    before = figures(shop)
    shop.ask("person.erase", person=shop.ask("person.find", identifier=f"phone:{CONTROL.phone}")["person_id"])
    after = figures(shop)
    assert after["cdp_received_total", "youzan/main"] == before["cdp_received_total", "youzan/main"]
    assert after["cdp_ignored_total", "youzan/main", "erased"] == 1


def test_nobody_who_asks_without_a_key_learns_what_an_error_was_about(shop: Shop) -> None:
    shop.runtime.worker.stages["deliver"].error = f"ValueError: {CONTROL.phone}"
    answer = shop.http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["stages"]["deliver"]["error"] == "ValueError"


def test_every_figure_is_documented_and_every_documented_one_exists(shop: Shop) -> None:
    existing = set(re.findall(r"^# TYPE (cdp_\w+)", shop.http.get("/metrics").text, re.MULTILINE))
    documented = set(re.findall(r"^\| `(cdp_\w+)`", DOCUMENTED.read_text(encoding="utf-8"), re.MULTILINE))
    assert documented == existing


def test_queries_are_counted_by_how_they_ended(shop: Shop) -> None:
    shop.ask("sql", sql="SELECT 1")
    with pytest.raises(UsageError):
        shop.ask("sql", sql="SELECT nope")
    found = figures(shop)
    assert found["cdp_queries_running",] == 0
    assert (found["cdp_queries_total", "answered"], found["cdp_queries_total", "refused"]) == (1, 1)
