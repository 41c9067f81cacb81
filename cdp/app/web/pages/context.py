"""What the pages need, as plain ports: everything they read comes in through one `PageContext`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from fastapi import Request, Response

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

    def show(self, raw: int) -> Mapping[str, Any]:
        """One stored body: id, source, received_at, mapping, readable, items. Raises NotFound."""
        ...

    def replay(self, raws: Sequence[int]) -> Mapping[str, int]:
        """Map these bodies again, all with failures if none is named: replayed, still_failed."""
        ...


class Outbox(Protocol):
    """What is still to be delivered, and the orders that a person may give about it."""

    def held(self) -> Mapping[str, str] | None:
        """since (RFC 3339), by and reason while nothing is delivered; None while it is, or when nobody can tell."""
        ...

    def actions(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Rows under open, unknown and dead: action, journey, channel, person_id, state, attempts, next_at, requested_at,
        detail."""
        ...

    def hold(self, by: str, reason: str) -> None:
        """Deliver nothing from now on."""
        ...

    def release(self, by: str) -> None:
        """Deliver again."""
        ...

    def redrive(self, actions: Sequence[str], by: str) -> None:
        """Try once more. Raises NotFound."""
        ...

    def confirm(self, actions: Sequence[str], by: str, *, delivered: bool) -> None:
        """Settle as somebody says who knows. Raises NotFound and UsageError."""
        ...


class Tagging(Protocol):
    """Giving a tag to many at once."""

    def add(self, tag: str, persons: Collection[int]) -> Mapping[str, Any]:
        """added, carried and unreachable: how many got it, had it, and could not get it. Raises UsageError."""
        ...


class Desk(Protocol):
    """Where queries over the tables are asked; they name nobody and change nothing."""

    def tables(self) -> Sequence[Mapping[str, Any]]:
        """Every table: name, en, zh, and columns, each with name, type, en, zh."""
        ...

    def ask(self, sql: str, rows: int) -> Mapping[str, Any]:
        """columns, rows, row_count, truncated, position, recorded_at. Raises UsageError, QueryStopped, TooManyQueries."""
        ...

    async def spreadsheet(self, request: Request, sql: str) -> Response:
        """All rows that may be had, as a file for spreadsheets. Raises like `ask`."""
        ...


class Register(Protocol):
    """Who is one person and why, and what somebody says about it. Answers are those of the operations."""

    def waiting(self) -> int:
        """How many pairs of persons wait to be settled; at most a minute old."""
        ...

    def ambiguous(self, *, settled: bool) -> Mapping[str, Any]:
        """What is held back between two persons: total, ambiguities."""
        ...

    def identity(self, person: int) -> Mapping[str, Any]:
        """Why somebody is one person: joins, orders, statements, held. Raises NotFound."""
        ...

    def wrong_decisions(self, person: int) -> Mapping[str, Any]:
        """What was decided while others were taken for this person: unmerges."""
        ...

    def settle(self, persons: Sequence[int], by: str, reason: str, *, same: bool) -> Mapping[str, Any]:
        """They are one person, or two. Raises NotFound when nothing is held back between them, UsageError for a reason that
        names somebody."""
        ...

    def take_out(self, person: int, identifier: int, by: str, reason: str) -> Mapping[str, Any]:
        """An identifier is not this person's. Raises like `settle`."""
        ...


class Past(Protocol):
    """The tables of moments gone by."""

    def reader(self, as_of: str, known: str) -> tuple[Reader, int]:
        """The tables as of a moment, and the moment. Raises UsageError for what is none."""
        ...


Reach = Literal["operate", "admin"]
"""What a key must reach to give orders, and to see raw bodies."""
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

    def may(self, key: str, reach: Reach) -> bool:
        """Whether the key with this id reaches that far."""
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
    outbox: Outbox | None = None
    desk: Desk | None = None
    register: Register | None = None
    tagging: Tagging | None = None
    past: Past | None = None
    login: Login | None = None
    stopped: Callable[[], str] = str
    """Names the table that could not be computed, so that all of them stand still; empty while they move."""
    hosts: frozenset[str] = LOOPBACK
    """The names under which the pages answer without a login."""
