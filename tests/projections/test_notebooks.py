"""The notebooks run over published files, without the server and without a screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from projections.projector import Projector
from projections.publish import publish
from tests.projections.histories import log_of
from tests.projections.tables import did

ROOT = Path(__file__).parents[2]
LIVE, GROUP = {"live": "duanwu"}, {"group": "g3"}
EVENTS = [
    did("group.created", "08:00", data={"name": "3栋邻里群", "building": "3栋"}, **GROUP),
    *(did("group.joined", "09:00", who, **GROUP) for who in (1, 2, 3)),
    # 1 goes all the way, 2 stops after watching, 3 only clicks
    *(did("group.link_clicked", "19:00", who, **GROUP) for who in (1, 2, 3)),
    did("live.started", "19:30", data={"title": "端午家宴"}, **LIVE),
    *(did("live.entered", "19:35", who, **LIVE) for who in (1, 2)),
    *(did("live.watched", "19:55", who, data={"total_seconds": 1200}, **LIVE) for who in (1, 2)),
    did("friend.added", "20:00", 1, data={"staff": "wang"}),
    did("mall.visited", "20:05", 1),
    did("order.placed", "20:06", 1, order="E1", data={"amount_fen": 6000}),
    did("order.paid", "20:07", 1, order="E1", data={"amount_fen": 6000}),
    did("live.ended", "21:00", **LIVE),
    did("day.closed", "23:59", data={"day": "2026-06-19"}),
    did("order.placed", "10:00", 1, order="E2", day="2026-06-22", data={"amount_fen": 1500}),
    did("order.paid", "10:01", 1, order="E2", day="2026-06-22", data={"amount_fen": 1500}),
    did("order.paid", "10:01", 4, order="E3", day="2026-06-22", data={"amount_fen": 500}),
    did("day.closed", "23:59", day="2026-06-22", data={"day": "2026-06-22"}),
]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("published")
    log = log_of(EVENTS)
    projector = Projector(tmp_path_factory.mktemp("tables") / "t.duckdb", log)
    projector.build(log.head())
    publish(projector, directory)
    projector.close()
    log.close()
    return directory / "current"


def _run(*args: str, notebook: str = "campaign_review", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "notebooks" / f"{notebook}.py"), *args],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


def test_the_campaign_review_runs_as_a_script_over_published_files(published: Path) -> None:
    done = _run(CDP_PUBLISHED=str(published))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "position": len(EVENTS),
        "persons": 4,
        "gmv_fen": 8000,
        "funnel": [3, 2, 2, 1, 1, 1, 1],
        "lives": 1,
        "groups": 1,
        "mall_days": 2,
        "cohorts": [1, 1],
        "repurchase_rate": 0.5,
    }


def test_the_campaign_review_takes_the_directory_as_an_argument_and_says_when_nothing_is_there(tmp_path: Path) -> None:
    done = _run("--published", str(tmp_path))
    assert done.returncode != 0
    assert "没有已发布的数据" in done.stderr


def test_the_worth_of_customers_runs_as_a_script_over_published_files(published: Path) -> None:
    done = _run(notebook="customer_value", CDP_PUBLISHED=str(published))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["position"] == len(EVENTS)
    # 1 and 4 bought; nobody has been a customer for a whole month, and no two bought the same two things
    assert sum(told["segments"].values()) == 2
    assert told == {**told, "cohorts": 0, "customers": [2], "recommendations": 0}
