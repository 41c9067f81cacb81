"""Posts requests over connections that are kept, one a thread.

Thousands of small callbacks go out one after the other, so what each costs counts: this is a tenth of what a general
client takes, and no more than a platform's own sender does.
"""

from __future__ import annotations

import threading
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlencode, urlsplit

from cdp.app.sandbox.wire import Outgoing


class Post:
    """Any number of threads may use it; each keeps a connection of its own to each server."""

    def __init__(self, patience: float):
        self._patience = patience
        self._kept = threading.local()
        self._all: list[HTTPConnection] = []

    def send(self, request: Outgoing) -> tuple[int, bytes]:
        """Status and body of the answer; status 0 where none came in time."""
        address = urlsplit(request.url)
        target = f"{address.path}?{urlencode(request.params)}" if request.params else address.path
        connection, fresh = self._connection(address.scheme, address.netloc)
        try:
            return self._exchange(connection, target, request)
        except TimeoutError:
            return 0, b""
        except (OSError, HTTPException):
            if fresh:
                return 0, b""
        # The server closed a connection that was idle, and we learn of it by using it.
        try:
            return self._exchange(connection, target, request)
        except (OSError, HTTPException):
            return 0, b""

    def close(self) -> None:
        for connection in self._all:
            connection.close()

    def _exchange(self, connection: HTTPConnection, target: str, request: Outgoing) -> tuple[int, bytes]:
        try:
            connection.request("POST", target, request.body, dict(request.headers))
            answer = connection.getresponse()
            return answer.status, answer.read()
        except BaseException:
            connection.close()
            raise

    def _connection(self, scheme: str, netloc: str) -> tuple[HTTPConnection, bool]:
        """The connection of this thread to a server, and whether it is yet to be opened."""
        kept: dict[str, HTTPConnection] = self._kept.__dict__
        if netloc not in kept:
            kind = HTTPSConnection if scheme == "https" else HTTPConnection
            kept[netloc] = kind(netloc, timeout=self._patience)
            self._all.append(kept[netloc])
        return kept[netloc], kept[netloc].sock is None
