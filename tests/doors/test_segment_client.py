"""The library that shops really use, against our own server over real HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from segment.analytics.client import Client

from tests.doors.shop import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    opened = Shop(tmp_path, clock="system")
    yield opened
    opened.close()


@pytest.fixture
def address(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = uvicorn.Server(uvicorn.Config(shop.app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


def client(address: str, key: str, errors: list[Any], **options: Any) -> Client:
    return Client(key, host=address, on_error=lambda error, _: errors.append(error), max_retries=1, **options)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_the_segment_library_brings_every_call_in(shop: Shop, address: str, packed: bool) -> None:
    errors: list[Any] = []
    library = client(address, shop.key(source="mini-program"), errors, gzip=packed, upload_size=3)
    at = datetime.now(UTC) - timedelta(minutes=5)
    library.identify("u-17", {"phone": "19900000001", "name": "王阿姨"}, anonymous_id="a-1", timestamp=at)
    library.track("u-17", "Order Completed", {"order_id": "o-1", "total": 19.9}, timestamp=at, message_id="paid-1")
    library.page("u-17", "商城", "首页")
    library.screen("u-17", "商城", "购物车")
    library.alias("a-0", "u-17")
    library.group("u-17", "g-1", {"plan": "gold"})
    library.shutdown()
    assert errors == []
    events = shop.events()
    kinds = ["person.profile_changed", "order.paid", "mall.visited", "mall.visited", "person.linked", "x.group"]
    assert [e.type for e in events] == kinds
    assert {e.source for e in events} == {"mini-program"}
    paid = events[1]
    assert (paid.id, paid.data, paid.occurred_at // 1000) == (
        "paid-1",
        {"amount_fen": 1990},
        int(at.timestamp() * 1000),
    )
    assert shop.names(events[0]) == {"user_id": "u-17", "anonymous_id": "a-1", "phone": "19900000001"}


def test_the_segment_library_is_told_that_its_key_is_unknown(shop: Shop, address: str) -> None:
    errors: list[Any] = []
    library = client(address, "no-such-key", errors)
    library.track("u-17", "Hi")
    library.shutdown()
    assert [(error.status, error.code) for error in errors] == [(401, "http_401")]
    assert shop.events() == []
