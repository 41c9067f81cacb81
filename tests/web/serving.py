"""The pages over the test shop: as an application for clients, and as a server for browsers."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from cdp.app.web.pages import PageContext, Workspace, mount
from cdp.app.web.pages.context import LOOPBACK
from cdp.clock import DrivenClock
from tests.web.shop import NOW, Shop
from tests.web.world import Book, Safe, tables


def context(folder: Path, shop: Shop | None = None, **changes: Any) -> PageContext:
    """Everything the pages need, over the test shop."""
    shop = shop or Shop()
    values: dict[str, Any] = {
        "reader": tables(folder, shop.events),
        "vault": Safe(shop),
        "log": Book(shop.events),
        "clock": DrivenClock(NOW),
        "workspace": Workspace(name="菜场老王", demo=True),
        "hosts": LOOPBACK | {"testserver"},
    }
    return PageContext(**(values | changes))


def application(context: PageContext) -> FastAPI:
    """The pages on an otherwise empty application."""
    app = FastAPI(docs_url=None, redoc_url=None)
    mount(app, context)
    return app


class Server:
    """The application on a free port of 127.0.0.1, in a thread, for as long as the `with` lasts."""

    def __init__(self, app: FastAPI) -> None:
        self._server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(5)
