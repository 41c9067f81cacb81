"""SIGKILL at random moments while neighbours keep coming: nothing acknowledged is lost, nothing is sent twice."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.processes.laws import the_laws_hold
from tests.processes.running import command, until
from tests.processes.shop import Neighbours, open_shop


@pytest.mark.parametrize(
    ("kills", "pace"),
    [
        pytest.param(20, 0.02, id="20-kills", marks=pytest.mark.timeout(600)),
        # Fewer neighbours a life, or the log of two hundred lives makes coming up longer than living.
        pytest.param(200, 0.08, id="200-kills", marks=(pytest.mark.slow, pytest.mark.timeout(900))),
    ],
)
def test_law_killed_at_any_moment_nothing_is_lost_and_nothing_is_doubled(
    tmp_path: Path, kills: int, pace: float
) -> None:
    chance = random.Random(kills)
    with open_shop(tmp_path / "shop") as shop:
        server = shop.server()
        try:
            neighbours = Neighbours(shop, lambda: server.info.token, pace)
            neighbours.start()
            for number in range(kills):
                time.sleep(chance.uniform(0.02, 0.5))
                server.kill()
                if number % 4 == 3:
                    # Coming up is work as well, and it must bear being interrupted.
                    shop.stillborn(chance.uniform(0.0, 0.4))
                server = shop.server()
            until(lambda: True if len(shop.acknowledged) > 5 * kills else None)
            neighbours.stop()
            the_laws_hold(shop, server)
        finally:
            server.stop()
        verified = command("verify", workspace=shop.workspace, check=False)
        assert verified.returncode == 0, verified.stdout
