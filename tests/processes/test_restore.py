"""A shop is restored from a backup that is older than what went out: nobody gets anything twice, says the platforms' side."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from cdp.app.operations.restore import restore
from tests.processes.running import Server, until
from tests.processes.shop import CORP, Shop, open_shop

ORDERS = 5


def test_what_went_out_after_the_backup_does_not_go_out_again(tmp_path: Path) -> None:
    with open_shop(tmp_path / "shop") as shop:
        server = shop.server()
        try:
            _platform_is_busy(shop)
            for number in range(ORDERS):
                _pay(shop, server, number)
            requested = until(lambda: _waiting(server, ORDERS))
            server.ask("backup", file=str(tmp_path / "b.zip"), with_keys=True)
            shop.sandbox.delete("/sandbox/faults").raise_for_status()
            until(lambda: True if len(_thanked(shop)) == ORDERS else None)
        finally:
            server.stop()
        shutil.rmtree(shop.workspace / "data")
        restore(tmp_path / "b.zip", shop.workspace)

        server = shop.server()
        try:
            _pay(shop, server, ORDERS)
            assert requested <= until(lambda: _waiting(server, ORDERS + 1))
            # Whatever was to be tried again is long due.
            server.settled()
            assert set(_thanked(shop).values()) == {1}
            assert len(_thanked(shop)) == ORDERS
            server.ask("outbox.confirm", actions=sorted(requested), by="laowang")
            server.ask("outbox.release", by="laowang")
            until(lambda: True if len(_thanked(shop)) == ORDERS + 1 else None)
            server.settled()
            assert set(_thanked(shop).values()) == {1}
            assert server.ask("verify")["ok"]
        finally:
            server.stop()


def _platform_is_busy(shop: Shop) -> None:
    """The platform answers "slow down" and takes nothing, so that what is asked of it is tried again later."""
    fault = {"call": "add_msg_template", "mode": "errcode", "errcode": 45009, "times": 1000}
    shop.sandbox.post("/sandbox/faults", json=fault).raise_for_status()


def _pay(shop: Shop, server: Server, number: int) -> None:
    """A new friend pays; only friends can be thanked."""
    shop.befriend(number)
    until(lambda: True if server.ask("status")["inbox_pending"] == 0 else None)
    event: dict[str, Any] = {
        "id": f"paid-{number}", "source": "mall", "type": "order.paid", "occurred_at": server.ask("status")["now"],
        "who": [{"type": "wecom", "scope": f"{CORP}:own", "value": f"wm{number:06d}"}], "context": {"order": f"o-{number}"},
    }  # fmt: skip
    assert server.http.post("/v1/events", json=event).json()["accepted"] == 1


def _waiting(server: Server, count: int) -> set[str] | None:
    """The thanks that wait."""
    actions = server.ask("outbox.list")["open"]
    found = {action["action"] for action in actions if action["channel"] == "wecom.message"}
    return found if len(found) == count else None


def _thanked(shop: Shop) -> Counter[tuple[str, str]]:
    """How often each thanks reached the platform."""
    return Counter((p, r["content"]["text"]) for r in shop.receipts("accepted") for p in r["recipients"])


pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
