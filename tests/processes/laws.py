"""What must hold of a shop whatever happened to its server: nothing acknowledged is lost, nothing reached anybody twice."""

from __future__ import annotations

from collections import Counter

from tests.processes.running import Server, until
from tests.processes.shop import Shop


def the_laws_hold(shop: Shop, server: Server) -> None:
    """Wait until the server has settled, then look. "Twice" is judged by the receipts of the platforms' side."""
    status = server.settled()
    assert not any(stage["error"] for stage in status["stages"].values())
    _everything_is_settled(server)
    _nothing_acknowledged_is_lost(shop, server)
    _nothing_reached_anybody_twice(shop)
    _our_books_agree_with_the_platform(shop, server)


def _everything_is_settled(server: Server) -> None:
    """In the end: the outbox may have come to the log's head and still have calls to make."""

    def nothing_is_open() -> bool | None:
        return True if all(a["state"] == "accepted" for a in server.ask("outbox.list")["open"]) else None

    until(nothing_is_open)


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
