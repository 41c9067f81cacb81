"""SIGKILL at random moments while neighbours keep coming: nothing acknowledged is lost, nothing is sent twice.

"Twice" is judged by the receipts of the platforms' side, not by our own tables.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.processes.running import Server, command, until
from tests.processes.shop import Neighbours, Shop, open_shop


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(20, id="20-kills"),
        pytest.param(200, id="200-kills", marks=(pytest.mark.soak, pytest.mark.timeout(900))),
    ],
)
def test_law_killed_at_any_moment_nothing_is_lost_and_nothing_is_doubled(tmp_path: Path, kills: int) -> None:
    chance = random.Random(kills)
    with open_shop(tmp_path / "shop") as shop:
        server = shop.server()
        try:
            neighbours = Neighbours(shop, lambda: server.info.token)
            neighbours.start()
            for number in range(kills):
                time.sleep(chance.uniform(0.02, 0.6))
                server.kill()
                if number % 4 == 3:
                    # Coming up is work as well, and it must bear being interrupted.
                    shop.stillborn(chance.uniform(0.0, 0.4))
                server = shop.server()
            until(lambda: True if len(shop.acknowledged) > 5 * kills else None, 60)
            neighbours.stop()
            status = server.settled()
            _everything_is_settled(server)
            assert not any(stage["error"] for stage in status["stages"].values())
            _nothing_acknowledged_is_lost(shop, server)
            _nothing_reached_anybody_twice(shop)
            _our_books_agree_with_the_platform(shop, server)
        finally:
            server.stop()
        verified = command("verify", workspace=shop.workspace, check=False)
        assert verified.returncode == 0, verified.stdout


def _everything_is_settled(server: Server) -> None:
    open_actions = [a for a in server.ask("outbox.list")["open"] if a["state"] != "accepted"]
    assert open_actions == []


def _nothing_acknowledged_is_lost(shop: Shop, server: Server) -> None:
    rows = server.ask("sql", sql="SELECT id FROM touchpoints WHERE type = 'order.paid'", limit=1_000_000)
    found = Counter(row["id"] for row in rows)
    assert shop.acknowledged <= set(found)
    assert set(found.values()) == {1}


def _nothing_reached_anybody_twice(shop: Shop) -> None:
    welcomes = Counter(r["person"] for r in shop.receipts("delivered") if r["channel"] == "wecom.welcome")
    assert welcomes
    assert set(welcomes.values()) == {1}
    thanks = Counter((p, r["content"]["text"]) for r in shop.receipts("accepted") for p in r["recipients"])
    assert thanks
    assert set(thanks.values()) == {1}


def _our_books_agree_with_the_platform(shop: Shop, server: Server) -> None:
    """What we call delivered or accepted has a receipt; a receipt we do not know the answer of is on record as unknown."""
    rows = server.ask("sql", sql="SELECT channel, outcome, count(*) AS n FROM actions GROUP BY ALL", limit=1000)
    ours = {(row["channel"], row["outcome"]): row["n"] for row in rows}
    welcomes = len([r for r in shop.receipts("delivered") if r["channel"] == "wecom.welcome"])
    thanks = sum(len(r["recipients"]) for r in shop.receipts("accepted"))
    assert ours.get(("wecom.welcome", "delivered"), 0) <= welcomes
    assert welcomes <= ours.get(("wecom.welcome", "delivered"), 0) + ours.get(("wecom.welcome", "unknown"), 0)
    assert ours.get(("wecom.message", "accepted"), 0) <= thanks
    assert thanks <= ours.get(("wecom.message", "accepted"), 0) + ours.get(("wecom.message", "unknown"), 0)
