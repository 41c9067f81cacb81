"""PostgreSQL stops and starts under a running server: it says so, loses nothing that it acknowledged, and goes on by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("psycopg")

from tests.log.postgres import Server as Postgres
from tests.log.postgres import binaries, server
from tests.processes.laws import the_laws_hold
from tests.processes.running import Server, command, until
from tests.processes.shop import Neighbours, Shop, open_shop

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.timeout(600),
    pytest.mark.skipif(binaries() is None, reason="no PostgreSQL server under /usr/lib/postgresql"),
]
OUTAGES = 2


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with server() as running:
        yield running


def test_law_nothing_is_lost_or_doubled_while_the_database_comes_and_goes(tmp_path: Path, postgres: Postgres) -> None:
    with open_shop(tmp_path / "shop", postgres.new_database()) as shop:
        serving = shop.server()
        try:
            neighbours = Neighbours(shop, lambda: serving.info.token)
            neighbours.start()
            for _ in range(OUTAGES):
                _some_more(shop)
                _outage(shop, serving, postgres)
            # The server may be killed while the database is away, and find it back when it comes up.
            postgres.stop()
            serving.kill()
            postgres.start()
            serving = shop.server()
            _some_more(shop)
            neighbours.stop()
            the_laws_hold(shop, serving)
        finally:
            serving.stop()
        assert command("verify", workspace=shop.workspace, check=False).returncode == 0


def _some_more(shop: Shop) -> None:
    before = len(shop.acknowledged)
    until(lambda: True if len(shop.acknowledged) > before + 20 else None)


def _outage(shop: Shop, serving: Server, postgres: Postgres) -> None:
    postgres.stop()
    until(lambda: _down(serving))
    # Answers that were given before may still be on their way.
    acknowledged = until(lambda: _no_more_come(shop))
    time.sleep(0.5)
    assert len(shop.acknowledged) == acknowledged, "acknowledged what no log had taken"
    postgres.start()
    until(lambda: _ready(serving))


def _no_more_come(shop: Shop) -> int | None:
    before = len(shop.acknowledged)
    time.sleep(0.2)
    return before if len(shop.acknowledged) == before else None


def _ready(serving: Server) -> bool | None:
    return True if serving.http.get("/readyz").status_code == 200 else None


def _down(serving: Server) -> dict[str, Any] | None:
    """What readiness says once the log does not answer; the process lives, and its figures say the same."""
    answer = serving.http.get("/readyz", timeout=30)
    if answer.status_code != 503 or not answer.json()["log"]["error"]:
        return None
    assert int(answer.headers["Retry-After"]) > 0
    assert serving.http.get("/healthz").status_code == 200
    assert "cdp_log_up 0.0" in serving.http.get("/metrics").text
    refused = serving.http.post("/v1/events", json=_visit())
    assert (refused.status_code, refused.json()["code"]) == (503, "log_error"), refused.text
    assert int(refused.headers["Retry-After"]) > 0
    found: dict[str, Any] = answer.json()
    return found


def _visit() -> dict[str, Any]:
    return {
        "id": "visit", "source": "site", "type": "mall.visited", "occurred_at": "2026-06-19T12:00:00Z",
        "who": [{"type": "phone", "value": "13800000001"}],
    }  # fmt: skip


@pytest.fixture
def shop_on(tmp_path: Path, postgres: Postgres) -> Path:
    url = postgres.new_database()
    (tmp_path / "cdp.toml").write_text(f'[log]\nurl = "{url}"\n', encoding="utf-8")
    return tmp_path


def test_a_second_server_of_another_directory_over_the_same_log_is_refused(shop_on: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "cdp.toml").write_text((shop_on / "cdp.toml").read_text(), encoding="utf-8")
    serving = Server(shop_on)
    try:
        refused = command("serve", "--port", "0", workspace=other, check=False)
        assert refused.returncode != 0
        assert refused.stderr.strip() == "another process writes to this log: stop it first, or let it do the writing"
        assert httpx.get(f"{serving.info.url}/readyz", trust_env=False).status_code == 200
    finally:
        serving.stop()


def test_doctor_looks_into_the_database(shop_on: Path) -> None:
    import psycopg

    url = (shop_on / "cdp.toml").read_text().partition('"')[2].rpartition('"')[0]
    assert command("doctor", workspace=shop_on).stdout == "all is well\n"
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM event_keys WHERE position = 1")
    found = command("doctor", workspace=shop_on, check=False)
    assert (found.returncode, found.stdout) == (1, "1 events have no key\n")


def test_without_the_database_a_command_says_so_in_one_sentence(shop_on: Path) -> None:
    (shop_on / "cdp.toml").write_text('[log]\nurl = "postgresql://nobody@127.0.0.1:1/nothing"\n', encoding="utf-8")
    found = command("status", workspace=shop_on, check=False)
    assert found.returncode != 0
    assert found.stderr.startswith("no PostgreSQL answers for the log")
    assert found.stderr.count("\n") == 1
