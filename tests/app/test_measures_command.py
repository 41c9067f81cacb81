"""`cdp metric`, `cdp funnel` and `cdp retention`: for people and for programs, and a list saved as a tag."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cdp.app.cli.main import app
from tests.app.test_measures import SETTINGS, told

Ask = Callable[..., Result]
DAYS = ("--since", "2026-06-15", "--until", "2026-06-18")


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """A workspace in which 1 to 4 look into the mall on the 15th, and 1 orders on the 16th."""
    workspace = tmp_path_factory.mktemp("shop")
    (workspace / "cdp.toml").write_text(SETTINGS, encoding="utf-8")
    events = [told("person.profile_changed", n, 1, data={"building": f"{n % 2}栋"}) for n in range(1, 5)]
    events += [told("mall.visited", n, 15) for n in range(1, 5)]
    events += [told("order.placed", 1, 16, context={"order": "E1"}, data={"amount_fen": 100})]
    file = workspace / "events.jsonl"
    file.write_text("\n".join(map(json.dumps, events)), encoding="utf-8")

    def ask(*arguments: str | Path) -> Result:
        return CliRunner().invoke(app, [*map(str, arguments), "--workspace", str(workspace)])

    assert ask("ingest", file).exit_code == 0
    return ask


def test_a_metric_is_shown_with_its_definition_and_how_fresh_it_is(ask: Ask) -> None:
    shown = ask("metric", "visitors", *DAYS, "--by", "building", "--compare")
    assert shown.exit_code == 0
    assert "访客数 Visitors (persons)" in shown.stdout
    assert "打开过小程序商城任一页面的人，去重。" in shown.stdout
    rows = [line.split() for line in shown.stdout.splitlines() if line.startswith("2026-06-15 – 2026-06-18 ")]
    assert [row[3:] for row in rows] == [["0栋", "2", "0"], ["1栋", "2", "0"]]
    assert "position" in shown.stderr
    assert json.loads(ask("metric", "visitors", *DAYS, "--json").stdout)["rows"][0]["value"] == 4


def test_all_metrics_are_listed(ask: Ask) -> None:
    shown = ask("metric").stdout
    assert "repurchase_rate" in shown
    assert "加微率 Lead rate" in shown
    assert "获客成本 CAC " in shown
    assert "CAC CAC" not in shown


def test_a_funnel_is_held_against_the_days_before(ask: Ask) -> None:
    shown = ask("funnel", "看: mall.visited", "买: order.placed", *DAYS, "--compare").stdout
    assert "2026-06-15 – 2026-06-18 against 2026-06-11 – 2026-06-14" in shown
    assert "no step is worse; the lowest: 买, 25.0%; 3 lost" in shown
    assert "from first to last: median 1 day, 0:00:00 (≤ 1d: 1)" in shown


def test_whom_a_step_lost_is_listed_and_saved_as_a_tag(ask: Ask) -> None:
    rules = ("funnel", "mall.visited", "order.placed", *DAYS, "--dropped-at", "2")
    assert len(ask(*rules).stdout.split()) == 3
    assert "added: 3" in ask(*rules, "--save-as-tag", "看了没买").stdout
    assert json.loads(ask(*rules, "--save-as-tag", "看了没买", "--json").stdout)["added"] == 0
    alone = ask("funnel", "mall.visited", "--save-as-tag", "x")
    assert (alone.exit_code, "--dropped-at" in alone.output) == (2, True)


def test_retention_marks_what_may_still_grow(ask: Ask) -> None:
    shown = ask(
        "retention", "mall.visited", "order.placed", "--period", "day", "--since", "2026-06-15", "--periods", "5"
    )
    first, *_ = [line.split() for line in shown.stdout.splitlines() if line.startswith("2026-06-15")]
    assert first == ["2026-06-15", "4", "25.0%", "0.0%", "0.0%", "0.0%*"]
