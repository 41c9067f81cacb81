"""A client that remembers what was acknowledged, and looks for it in the log afterwards."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import httpx

from cdp.clock import SystemClock
from cdp.log import open_log
from tests.processes.running import Server


class Client:
    """Posts orders, one a request."""

    def __init__(self, server: Server):
        self._server = server
        self._number = 0
        self.acknowledged: list[str] = []

    def post(self, weight: int = 0) -> httpx.Response:
        """The next order, with so many characters of text; an answer other than 200 must be a problem document."""
        self._number += 1
        event = {
            "id": f"order-{self._number}", "source": "mall", "type": "order.paid", "occurred_at": "2026-06-19T12:00:00Z",
            "who": [{"type": "phone", "value": f"1380000{self._number:04d}"}], "data": {"amount_fen": 100},
            "context": {"order": f"o-{self._number}{'x' * weight}"},
        }  # fmt: skip
        response = self._server.http.post("/v1/events", json=event, timeout=60)
        if response.is_success:
            self.acknowledged += [e["id"] for e in response.json()["events"] if e["outcome"] == "accepted"]
        else:
            assert response.headers["content-type"] == "application/problem+json", response.text
            assert response.status_code != 503 or int(response.headers["Retry-After"]) > 0
        return response


def orders_in_log(workspace: Path) -> Counter[str]:
    """How often each order stands in the log of a workspace that nobody serves."""
    found: Counter[str] = Counter()
    with open_log(workspace / "data" / "log.sqlite", SystemClock()) as log:
        assert log.check() == []
        position = 0
        while events := log.read(position, 10_000):
            found.update(event.id for event in events if event.source == "mall")
            position = events[-1].position
    return found


def nothing_is_lost(workspace: Path, client: Client) -> None:
    """Every acknowledged order stands in the log exactly once."""
    found = orders_in_log(workspace)
    assert set(client.acknowledged) <= set(found)
    assert set(found.values()) <= {1}
