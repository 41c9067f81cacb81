"""A workspace with its web application, on a clock that stands on the Dragon Boat evening."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
from starlette.testclient import TestClient

from cdp.app.opening import prepare
from cdp.app.operations.runtime import Runtime
from cdp.app.settings import load
from cdp.app.system import build
from cdp.app.web.app import create_app
from cdp.app.worker import Worker
from cdp.events.event import Event
from cdp.testing import DRAGON_BOAT

TOKEN = "the-workspace-token"


class Shop:
    """Close it at the end."""

    def __init__(self, directory: Path, more: str = "", clock: str = "driven"):
        start = f'clock = "driven"\nclock_start = "{DRAGON_BOAT}"\n' if clock == "driven" else ""
        (directory / "cdp.toml").write_text(f'[workspace]\nname = "老王"\n{start}{more}', encoding="utf-8")
        self.system = build(load(directory))
        self.runtime = Runtime(self.system, Worker(self.system), serving=False)
        prepare(self.runtime)
        self.app = create_app(self.runtime, TOKEN)
        self.http = TestClient(self.app, raise_server_exceptions=False)
        self._before = self.system.log.head()

    def key(self, scope: str = "write", source: str = "shop-site") -> str:
        """The secret of a new access key."""
        operation = {"scope": scope, "source": source}
        answer = self.http.post("/v1/operations/key.create", json=operation, headers=bearer(TOKEN))
        return str(answer.json()["secret"])

    def post(self, path: str, body: Any, kind: str = "application/json", **headers: str) -> httpx.Response:
        """Post a document (or bytes) with the workspace's own token."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {**bearer(TOKEN), "Content-Type": kind, **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.http.post(path, content=content, headers=sent)

    def events(self) -> list[Event]:
        """What came into the log since the workspace was opened."""
        return self.system.log.read(self._before)

    def names(self, event: Event) -> dict[str, str]:
        """Identifier type -> value of everybody an event mentions."""
        known = self.system.vault.identifiers([w.surrogate for w in event.who])
        return {known[w.surrogate].type: known[w.surrogate].value for w in event.who}

    def opened(self, reference: str) -> str:
        """The text behind a reference."""
        return self.system.vault.open([reference])[reference]

    def close(self) -> None:
        """Close the workspace."""
        self.http.close()
        self.system.close()


def bearer(secret: str) -> dict[str, str]:
    """The header that carries a secret."""
    return {"Authorization": f"Bearer {secret}"}
