"""What the pages need, as plain ports: everything they read comes in through one `PageContext`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cdp.app.web.reads.reader import Reader
from cdp.clock import Clock
from cdp.ports import EventReader, Vault


class Inbox(Protocol):
    """What came in and could not be taken."""

    def counts(self) -> Mapping[str, int]:
        """How many failures there are, by reason."""
        ...

    def failures(self, reason: str, limit: int) -> Sequence[Mapping[str, Any]]:
        """The latest failures (of one reason, or of all if it is empty): id, received_at (a moment,
        or RFC 3339), source, reason, path, message."""
        ...


LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Login(Protocol):
    """Who may look. Passed when the server listens beyond loopback, or is set to ask."""

    @property
    def secret(self) -> bytes:
        """Signs the session cookie and the form tokens; the same across restarts."""
        ...

    def check(self, name: str, password: str) -> str | None:
        """The id of the key that this password is; None if it opens nothing."""
        ...

    def holds(self, key: str) -> bool:
        """Whether the key with this id still opens the pages."""
        ...


@dataclass(frozen=True)
class Workspace:
    """The shop as the pages show it."""

    name: str
    timezone: str = "Asia/Shanghai"
    demo: bool = False
    show_identifiers: bool = False
    """Whether phone numbers and platform ids are shown in full; masked otherwise."""
    up_is_red: bool = True
    """Chinese shops read red as growth; False turns the colours round. The sign is printed either way."""


@dataclass(frozen=True)
class PageContext:
    """Everything the pages may touch."""

    reader: Reader
    vault: Vault
    log: EventReader
    clock: Clock
    workspace: Workspace
    inbox: Inbox | None = None
    login: Login | None = None
    hosts: frozenset[str] = LOOPBACK
    """The names under which the pages answer without a login."""
