"""The whole demo with real processes: the promised figures, a workspace that verifies, and nothing left running."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from cdp.app.demo.story.telling import SEED

CDP = [sys.executable, "-m", "cdp.app.cli"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    directory = tmp_path_factory.mktemp("demo") / "shop"
    command = [*CDP, "demo", "--no-serve", "--json", "--keep", str(directory), "--seed", str(SEED)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout), directory


def test_it_shows_every_promised_figure(played: tuple[dict[str, Any], Path]):
    figures, _ = played
    assert figures["events"] > 50_000
    assert 1_900 < figures["persons"] < 2_300
    assert figures["merges"] > 2_000
    assert figures["failed"] == 0
    assert figures["duplicates"] > 100
    assert figures["journeys_entered"] > 80
    assert figures["actions"]["delivered"] > 100


def test_no_step_of_the_funnel_is_empty_or_larger_than_the_one_before(played: tuple[dict[str, Any], Path]):
    figures, _ = played
    assert len(figures["funnel"]) == 7
    assert figures["funnel"] == sorted(figures["funnel"], reverse=True)
    assert figures["funnel"][-1] > 0


def test_every_journey_was_entered_and_nothing_is_left_undecided(played: tuple[dict[str, Any], Path]):
    figures, _ = played
    assert set(figures["journeys"]) == {"duanwu-welcome", "zongzi-serving", "vip-invitation"}
    assert all(journey["entered"] > 0 for journey in figures["journeys"].values())
    assert "unknown" not in figures["actions"]


def test_the_kept_workspace_verifies(played: tuple[dict[str, Any], Path]):
    _, directory = played
    done = subprocess.run([*CDP, "verify", "--workspace", str(directory)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout


def test_nobody_got_the_same_message_twice_says_the_sandbox(played: tuple[dict[str, Any], Path]):
    _, directory = played
    lines = (directory / "sandbox" / "receipts.jsonl").read_text().splitlines()
    got = [r for r in map(json.loads, lines) if r.get("effect") == "delivered"]
    messages = [(r["channel"], r["person"], r["content"]["text"]) for r in got]
    assert len(messages) == len(set(messages)) > 80


def test_whoever_had_their_money_back_gets_no_serving_ideas(played: tuple[dict[str, Any], Path]):
    _, directory = played
    query = (
        "SELECT count(DISTINCT run_id) AS refunded, count(action_id) AS sent "
        "FROM journey_runs LEFT JOIN (SELECT * FROM actions WHERE channel = 'wecom.message') USING (run_id) "
        "WHERE journey_runs.journey = 'zongzi-serving' AND journey_runs.reason = 'exit'"
    )
    done = subprocess.run(
        [*CDP, "sql", query, "--workspace", str(directory), "--json"], capture_output=True, text=True, check=True
    )
    (row,) = json.loads(done.stdout)
    assert row["refunded"] > 0
    assert row["sent"] == 0


def test_a_demo_that_is_interrupted_leaves_no_process_behind(tmp_path: Path):
    directory = tmp_path / "shop"
    demo = subprocess.Popen([*CDP, "demo", "--no-serve", "--json", "--keep", str(directory)], start_new_session=True)
    run_info = directory / "data" / "run.json"
    deadline = time.monotonic() + 60
    while not run_info.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    server = json.loads(run_info.read_text())["pid"]
    demo.send_signal(signal.SIGINT)
    assert demo.wait(timeout=60) == 130
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)
