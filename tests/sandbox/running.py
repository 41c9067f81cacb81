"""A sandbox and a workspace that takes its callbacks, both as real servers on loopback."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cdp.app.sandbox.run import server
from cdp.app.sandbox.settings import Limits, SandboxSettings, StoreAccount, WecomAccount, YouzanAccount
from cdp.clock import DrivenClock
from cdp.errors import SignatureRejected
from cdp.ports import Callback, Connector
from connectors.registry import connector
from tests.connectors.accounts import AES_KEY, STORE_KEY, fingerprint

NOON = 1_781_841_600_000_000
"""2026-06-19 12:00 in Shanghai."""
WECOM = {"corp_id": "wwdemo", "token": "wecomtoken", "aes_key": AES_KEY}
YOUZAN = {"client_id": "yz", "client_secret": "yzsecret"}
STORE = {"token": "storetoken", "aes_key": STORE_KEY, "appid": "wxstore"}


def settings(receipts: Path, **changes: Any) -> SandboxSettings:
    known: dict[str, Any] = {
        "receipts": receipts,
        "port": 0,
        "driven": True,
        "wecom": WecomAccount(**WECOM, secret="wecomsecret"),
        "youzan": YouzanAccount(**YOUZAN),
        "store": StoreAccount(**STORE),
        "limits": Limits(not_friend_share=0, capped_share=0),
    }
    return SandboxSettings(**(known | changes))


@contextmanager
def serving(built: uvicorn.Server) -> Iterator[str]:
    """Run a server on a free port of loopback; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=built.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not built.started:
            assert thread.is_alive()
            time.sleep(0.005)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        built.should_exit = True
        thread.join()
        listener.close()


class Running:
    """A sandbox that runs, and a clock that stands where its clock stands."""

    def __init__(self, url: str):
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=30, trust_env=False, verify=False)
        self.clock = DrivenClock(0)

    def post(self, path: str, body: Any) -> Any:
        answer = self.http.post(f"/sandbox/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def to(self, moment: int) -> Any:
        self.clock.advance_to(moment)
        return self.post("clock", {"now": moment})

    def emit(self, *items: dict[str, Any]) -> list[dict[str, Any]]:
        return self.post("emit", items)["results"]

    def befriend(self, *persons: str, staff: str = "laowang", code: str = "") -> None:
        if code:
            self.emit(*(friend(person, staff, WelcomeCode=code) for person in persons))
        self.post("contacts", [{"external_userid": person, "staff": staff} for person in persons])

    def receipts(self, **wanted: Any) -> list[dict[str, Any]]:
        return self.http.get("/sandbox/receipts", params=wanted).json()["receipts"]


@contextmanager
def sandbox(receipts: Path, at: int = NOON, **changes: Any) -> Iterator[Running]:
    """A sandbox on its own port, its clock at noon."""
    built = settings(receipts, **changes)
    with serving(server(built)) as url:
        running = Running(url)
        with running.http:
            if built.driven:
                running.to(at)
            yield running


def friend(person: str, staff: str = "laowang", **more: Any) -> dict[str, Any]:
    fields = {
        "Event": "change_external_contact",
        "ChangeType": "add_external_contact",
        "UserID": staff,
        "ExternalUserID": person,
    }
    return {"platform": "wecom", "fields": fields | more}


class Workspace:
    """Takes callbacks as the product does: signature first, then the answer. `answer` may spoil it."""

    def __init__(self) -> None:
        self.connectors: dict[str, Connector] = {
            "wecom": connector("wecom", "main", WECOM, fingerprint),
            "youzan": connector("youzan", "main", YOUZAN, fingerprint),
            "wechat-store": connector("wechat-store", "main", STORE, fingerprint),
        }
        self.taken: list[tuple[Connector, Callback]] = []
        self.answer: Callable[[int], int] = lambda _: 200
        self.calls = 0

    async def take(self, request: Request) -> Response:
        self.calls += 1
        status = self.answer(self.calls)
        found = self.connectors[request.path_params["kind"]]
        headers = {key.lower(): value for key, value in request.headers.items()}
        callback = Callback(request.method, dict(request.query_params), headers, await request.body(), self.calls)
        try:
            reply = found.verify(callback)
        except SignatureRejected:
            return Response(status_code=401)
        if status != 200:
            return Response(status_code=status)
        self.taken.append((found, callback))
        return Response(reply.body, media_type=reply.content_type)

    def mapped(self) -> list[Any]:
        return [outcome for found, callback in self.taken for outcome in found.map(callback)]


@contextmanager
def workspace(keep_alive: int = 30) -> Iterator[tuple[Workspace, str]]:
    """A workspace that takes callbacks; gives it and the base of its callback addresses."""
    taking = Workspace()
    app = Starlette(routes=[Route("/callbacks/{kind}/main", taking.take, methods=["GET", "POST"])])
    with serving(uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_keep_alive=keep_alive))) as url:
        yield taking, f"{url}/callbacks"
