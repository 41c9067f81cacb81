"""The two ends of the play over HTTP: the server that is to understand it, and the sandbox of the platforms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from cdp.app.demo.story.acts import Contact, Line
from cdp.app.workspace import RunInfo, read_run_info
from cdp.errors import CdpError

_LONG = httpx.Timeout(300.0, connect=5.0)


class ServerEnd:
    """The workspace's server, as its own command line and as a mini-program with a write key reach it."""

    def __init__(self, info: RunInfo):
        self.url = info.url
        self._own = _client(info.url, info.token)
        key = self.operation("key.create", scope="write", source="mini-program")
        self._app = _client(info.url, key["secret"])

    def operation(self, name: str, **parameters: Any) -> Any:
        """What the command line of the same name would do."""
        return _answer(self._own.post(f"/v1/operations/{name}", json=parameters))

    def advance(self, to: int, *, project: bool = False) -> None:
        """Move the driven clock; answers when everything that fell due on the way is settled."""
        _answer(self._own.post("/driven/advance", json={"to": to, "project": project}))

    def post(self, events: Sequence[Line]) -> dict[str, int]:
        """Events over HTTP; answers how many were accepted, duplicate, failed."""
        answer = _answer(self._app.post("/v1/events", json=list(events)))
        return {outcome: int(answer[outcome]) for outcome in ("accepted", "duplicate", "failed")}

    def summary(self) -> dict[str, Any]:
        """What came of it all, from the tables at the head of the log."""
        return dict(_answer(self._own.get("/v1/summary")))

    def close(self) -> None:
        self._own.close()
        self._app.close()


class SandboxEnd:
    """The sandbox of the platforms."""

    def __init__(self, url: str):
        self.url = url
        self._client = _client(url, "")

    def introduce(self, contacts: Sequence[Contact]) -> None:
        """The people whom WeCom knows, and who of them are friends."""
        self._post("/sandbox/contacts", [_contact(contact) for contact in contacts])

    def clock(self, now: int) -> None:
        """Set the platforms' time."""
        self._post("/sandbox/clock", {"now": now})

    def emit(self, messages: Sequence[dict[str, Any]]) -> Any:
        """Let the platforms encrypt, sign and deliver these, a few at a time."""
        return self._post("/sandbox/emit?parallel=8", list(messages)) if messages else []

    def confirm(self) -> Any:
        """The staff confirm every mass message that waits for them."""
        return self._post("/sandbox/staff/confirm", {})

    def close(self) -> None:
        self._client.close()

    def _post(self, path: str, body: Any) -> Any:
        return _answer(self._client.post(path, json=body))


def answers(url: str) -> bool:
    """Whether a process answers there already."""
    try:
        return httpx.get(f"{url}/healthz", timeout=2.0, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def server_of(workspace: Path, pid: int) -> RunInfo | None:
    """Where our own server answers, once it does."""
    info = read_run_info(workspace / "data")
    return info if info is not None and info.pid == pid and answers(info.url) else None


def _client(url: str, secret: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    return httpx.Client(base_url=url, headers=headers, timeout=_LONG, trust_env=False)


def _answer(response: httpx.Response) -> Any:
    if not response.is_success:
        request = response.request
        raise CdpError(f"{request.method} {request.url} was answered {response.status_code}: {response.text[:400]}")
    return response.json()


def _contact(contact: Contact) -> dict[str, Any]:
    return {
        "external_userid": contact.external_userid,
        "unionid": contact.unionid,
        "name": contact.name,
        "staff": contact.staff,
        "friend": contact.friend,
    }
