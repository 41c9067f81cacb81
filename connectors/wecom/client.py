"""Calls WeCom's API: one token for all, renewed once when WeCom drops it, and every way a call can end as a value."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import msgspec

from cdp.clock import MINUTE, SECOND, Clock
from cdp.errors import Rejected
from connectors.document import Document
from connectors.wecom.answers import Answer, Answered, Erred, Failure, Silent, Unreached, read_answer
from connectors.wecom.errors import CLASSES
from connectors.wecom.options import WecomOptions

_SECRET = "secret_parameters"
_RENEW_BEFORE = 5 * MINUTE
_IDLE = 2.0
"""Seconds an idle connection is kept: less than servers do, so that none is used while its server closes it."""


class WecomClient:
    """The API as one application sees it. Never raises for what WeCom or the network may do; safe to share by threads."""

    def __init__(self, options: WecomOptions, clock: Clock):
        self._options = options
        self._clock = clock
        secure = options.api_base.startswith("https")
        inner = httpx.HTTPTransport(verify=secure, limits=httpx.Limits(keepalive_expiry=_IDLE))
        self._http = httpx.Client(
            base_url=options.api_base.rstrip("/") + "/",
            timeout=options.timeout,
            trust_env=False,
            transport=_SecretTransport(inner),
        )
        self._token = ""
        self._token_until = 0
        self._lock = threading.Lock()
        weakref.finalize(self, self._http.close)

    def __repr__(self) -> str:
        return f"WecomClient({self._options.api_base})"

    def get(self, path: str, **params: str) -> Answer:
        """Ask for something."""
        return self._authorized(path, lambda: self._http.build_request("GET", path, params=params))

    def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Have something done."""
        content = msgspec.json.encode(body)
        return self._authorized(path, lambda: self._http.build_request("POST", path, content=content))

    def upload(self, kind: str, name: str, content: bytes) -> Answer:
        """Make a file available to messages for three days."""
        files = {"media": (name, content)}
        return self._authorized(
            "media/upload", lambda: self._http.build_request("POST", "media/upload", params={"type": kind}, files=files)
        )

    def _authorized(self, path: str, build: Callable[[], httpx.Request]) -> Answer:
        answer = self._once(path, build)
        if isinstance(answer, Erred) and CLASSES.get(answer.code) == "token":
            return self._once(path, build)
        return answer

    def _once(self, path: str, build: Callable[[], httpx.Request]) -> Answer:
        token = self._access_token()
        if not isinstance(token, str):
            return token
        answer = self._send(path, build(), {"access_token": token})
        if isinstance(answer, Erred) and CLASSES.get(answer.code) == "token":
            self._forget(token)
        return answer

    def _access_token(self) -> str | Failure:
        with self._lock:
            now = self._clock.now()
            if self._token and now < self._token_until:
                return self._token
            request = self._http.build_request("GET", "gettoken")
            answer = self._send(
                "gettoken", request, {"corpid": self._options.corp_id, "corpsecret": self._options.secret}
            )
            match answer:
                case Answered(document):
                    return self._keep(document, now)
                case Silent(message):
                    return Unreached(message)  # The call itself was not made.
                case failure:
                    return failure

    def _keep(self, document: Document, now: int) -> str | Erred:
        try:
            self._token = document.text("access_token")
            self._token_until = now + document.whole_or("expires_in", 0) * SECOND - _RENEW_BEFORE
        except Rejected as rejected:
            self._token = ""
            return Erred(-1, f"gettoken: {rejected}")
        return self._token

    def _forget(self, token: str) -> None:
        with self._lock:
            if self._token == token:
                self._token = ""

    def _send(self, path: str, request: httpx.Request, secrets: Mapping[str, str]) -> Answer:
        request.extensions[_SECRET] = dict(secrets)
        try:
            response = self._http.send(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            return Unreached(f"{path}: {type(error).__name__}")
        except httpx.HTTPError as error:
            return Silent(f"{path}: {type(error).__name__}")
        return read_answer(path, response)


class _SecretTransport(httpx.BaseTransport):
    """Adds secret parameters below the client, which logs the address of every request."""

    def __init__(self, inner: httpx.BaseTransport):
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        extensions = dict(request.extensions)
        url = request.url.copy_merge_params(extensions.pop(_SECRET, {}))
        return self._inner.handle_request(
            httpx.Request(request.method, url, headers=request.headers, stream=request.stream, extensions=extensions)
        )

    def close(self) -> None:
        self._inner.close()
