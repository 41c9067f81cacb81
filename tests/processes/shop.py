"""A small shop as real processes: a workspace with two journeys, the sandbox of the platforms, and a stream of neighbours."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.processes.nursery import Nursery, nursery
from tests.processes.running import REPOSITORY, Server, command, until

CORP = "ww0000000000000001"
SETTINGS = """
[workspace]
name = "菜场老王"
[server]
port = {server}
[log]
url = "{log}"
[gates]
quiet = "none"
cap = "none"
[connectors.wecom.main]
corp_id = "{corp}"
token = "token"
aes_key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
secret = "secret"
api_base = "http://127.0.0.1:{sandbox}/cgi-bin"
"""
WELCOME = """
journey: welcome
name: 加微欢迎
entry: {event: friend.added}
steps:
  - send: {via: wecom.welcome, text: "你好，{{ person.nickname | default('邻居') }}"}
  - tag: {add: [新邻居]}
"""
THANKS = """
journey: thanks
name: 谢谢惠顾
entry: {event: order.paid, key: context.order}
steps:
  - send: {via: wecom.message, purpose: service, text: "谢谢惠顾，订单 {{ entry.context.order }}"}
"""


def free_port() -> int:
    """A port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Shop:
    """The workspace, its sandbox, and what outsiders know was acknowledged."""

    workspace: Path
    port: int
    sandbox: httpx.Client
    nursery: Nursery
    acknowledged: set[str] = field(default_factory=set)

    def server(self) -> Server:
        """Start the server, on the same port every time."""
        return Server(self.workspace, self.port, nursery=self.nursery)

    def stillborn(self, seconds: float) -> None:
        """Start a server and kill it so soon that it may not have come up."""
        child = self.nursery.fork(self.workspace, self.port)
        time.sleep(seconds)
        os.kill(child.pid, signal.SIGKILL)
        child.wait(30)

    def befriend(self, number: int) -> None:
        """A customer adds the shopkeeper: an encrypted callback with a fresh welcome code, sent as WeCom sends it."""
        fields = {
            "ToUserName": CORP, "FromUserName": "sys", "MsgType": "event", "Event": "change_external_contact",
            "ChangeType": "add_external_contact", "UserID": "laowang", "ExternalUserID": f"wm{number:06d}", "State": "door",
            "WelcomeCode": True,
        }  # fmt: skip
        self.sandbox.post("/sandbox/emit", json=[{"platform": "wecom", "fields": fields}]).raise_for_status()

    def receipts(self, effect: str) -> list[dict[str, Any]]:
        """What reached the platform, by its effect."""
        receipts: list[dict[str, Any]] = self.sandbox.get("/sandbox/receipts", params={"effect": effect}).json()[
            "receipts"
        ]
        return receipts


PACE = 0.02
"""Seconds between two neighbours: always somebody under way, and no backlog that only grows."""


class Neighbours:
    """Neighbours who go on adding the shopkeeper and paying, whether the server is up or not, until told to stop."""

    def __init__(self, shop: Shop, token_of: Callable[[], str], pace: float = PACE):
        self._shop, self._token_of, self._pace = shop, token_of, pace
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._go_on, args=(what,), daemon=True) for what in (shop.befriend, self._pay)
        ]
        self._error: BaseException | None = None

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop after the present neighbour; raises what went wrong meanwhile."""
        self._over.set()
        for thread in self._threads:
            thread.join(60)
        assert self._error is None, self._error

    def _go_on(self, what: Callable[[int], None]) -> None:
        number = 0
        try:
            while not self._over.wait(self._pace):
                what(number)
                number += 1
        except BaseException as error:  # shown by the test's own thread
            self._error = error

    def _pay(self, number: int) -> None:
        """Three orders in one request, sent again until it is acknowledged, as a well-behaved client does."""
        who = [{"type": "wecom", "scope": f"{CORP}:own", "value": f"wm{number:06d}"}]
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        events = [
            {
                "id": f"paid-{number}-{n}", "source": "mall", "type": "order.paid", "occurred_at": now, "who": who,
                "data": {"amount_fen": 100}, "context": {"order": f"o-{number}-{n}"},
            }
            for n in range(3)
        ]  # fmt: skip
        while not self._over.is_set():
            try:
                answer = httpx.post(
                    f"http://127.0.0.1:{self._shop.port}/v1/events", json=events, timeout=10, trust_env=False,
                    headers={"Authorization": f"Bearer {self._token_of()}"},
                )  # fmt: skip
            except httpx.HTTPError:
                time.sleep(PACE)
                continue
            if answer.is_success:
                assert answer.json()["failed"] == 0, answer.text
                self._shop.acknowledged.update(e["id"] for e in answer.json()["events"])
                return
            # 401 while the server that knows this token is gone.
            assert answer.status_code == 401 or int(answer.headers["Retry-After"]) > 0, answer.text
            time.sleep(PACE)


@contextmanager
def open_shop(workspace: Path, log_url: str = "") -> Iterator[Shop]:
    """A workspace with its journeys live and the sandbox running; no server yet. Its log is a file unless an URL is given."""
    ports = free_port(), free_port()
    (workspace / "journeys").mkdir(parents=True)
    settings = SETTINGS.format(server=ports[0], sandbox=ports[1], corp=CORP, log=log_url)
    (workspace / "cdp.toml").write_text(settings, encoding="utf-8")
    (workspace / "journeys" / "welcome.yaml").write_text(WELCOME, encoding="utf-8")
    (workspace / "journeys" / "thanks.yaml").write_text(THANKS, encoding="utf-8")
    command("journey", "deploy", workspace=workspace)
    log = (workspace / "sandbox.log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "-m", "cdp.app.cli", "sandbox", "--workspace", str(workspace), "--port", str(ports[1])],
        stdout=log, stderr=subprocess.STDOUT, cwd=REPOSITORY,
    )  # fmt: skip
    client = httpx.Client(base_url=f"http://127.0.0.1:{ports[1]}", timeout=60, trust_env=False)
    try:
        until(lambda: True if _answers(client) else None)
        with nursery() as forking:
            yield Shop(workspace, ports[0], client, forking)
    finally:
        client.close()
        process.terminate()
        process.wait(30)
        log.close()


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").is_success
    except httpx.HTTPError:
        return False
