"""The seams of the core: what the log, the vault, a connector and a sink promise to everybody who uses them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import msgspec

from cdp.errors import FailureReason
from cdp.events.event import Event
from cdp.events.touchpoint import Identifier, Touchpoint

# --- the log -----------------------------------------------------------------------------------------------------


class Appended(msgspec.Struct, frozen=True, gc=False):
    """What became of one event: `accepted` at `position`, `duplicate` of the one at `position`, or in `conflict`."""

    outcome: Literal["accepted", "duplicate", "conflict"]
    position: int


StoredRow = tuple[int, str, str, bytes]
"""Position, stream, type, and the bytes that `cdp.codec.decode` reads."""


class EventReader(Protocol):
    """The log, read. A reader never sees a position before a smaller one has become visible."""

    def read(self, after: int, limit: int = 1000, types: Collection[str] = ()) -> list[Event]:
        """Events with a position greater than `after`, in order of position, at most `limit`; all types if none named."""
        ...

    def stored(self, after: int, limit: int) -> list[StoredRow]:
        """The events that `read` answers, as bytes of the present version: for whoever needs a few fields of very many."""
        ...

    def history(self, streams: Iterable[str], up_to: int | None = None) -> list[Event]:
        """All events of these streams up to and including position `up_to`, in order of position."""
        ...

    def head(self) -> int:
        """The greatest position there is; 0 for an empty log."""
        ...

    def tracking(self, follower: str) -> int:
        """How far a follower has come; 0 at first."""
        ...

    def wait(self, after: int, timeout: float) -> bool:
        """Sleep until the head is beyond `after` or `timeout` seconds have passed; True in the first case."""
        ...


class EventLog(EventReader, Protocol):
    """The log, written. Every append is atomic, and durable before the call returns."""

    def append(self, events: Sequence[Event], fingerprints: Sequence[bytes] = ()) -> list[Appended]:
        """Append facts; answers one outcome an event, in order.

        `(source, id)` is unique for ever: the second arrival is a duplicate, or a conflict if its fingerprint (a keyed
        digest of its mapped content, the first four bytes telling the mapping's version) differs under the same mapping.
        `recorded_at` and `position` are set here.
        """
        ...

    def submit(self, events: Sequence[Event], fingerprints: Sequence[bytes] = ()) -> Future[list[Appended]]:
        """Like `append`, without waiting: the future is done once the events are durable."""
        ...

    def decide(
        self, events: Sequence[Event], *, follower: str, position: int, expected: Mapping[str, int] | None = None
    ) -> list[Appended]:
        """Append decisions and move `follower` to `position`, both or neither.

        `expected` names, for streams that only the engine writes, how many events the stream must hold. Raises
        WrongVersion, and then nothing was written.
        """
        ...


# --- the vault ---------------------------------------------------------------------------------------------------


class Vault(Protocol):
    """Keeps what could tell who somebody is. Everything else knows surrogates and references only."""

    def surrogates(self, identifiers: Sequence[Identifier]) -> list[int]:
        """The surrogate of each identifier, made where there is none; durable before the call returns."""
        ...

    def find(self, identifier: Identifier) -> int | None:
        """The surrogate of an identifier, or None; makes none."""
        ...

    def seal(self, values: Sequence[tuple[int, str]]) -> list[str]:
        """Keep each value under the key of its surrogate; answers a reference each. Durable before it returns."""
        ...

    def open(self, references: Collection[str]) -> dict[str, str]:
        """The values behind references. What was erased is missing from the answer."""
        ...

    def identifiers(self, surrogates: Collection[int]) -> dict[int, Identifier]:
        """The identifiers behind surrogates. What was erased is missing from the answer."""
        ...

    def fingerprints(self, contents: Sequence[bytes]) -> list[bytes]:
        """A keyed 16-byte digest of each; tells nothing about the content to whoever lacks the vault's key."""
        ...

    def batch(self) -> AbstractContextManager[None]:
        """Everything done inside becomes durable together when the block ends, and not before."""
        ...

    def erase(self, surrogates: Collection[int]) -> Mapping[str, int]:
        """Delete mappings, keys and sealed values of these surrogates; answers counts. Cannot be undone."""
        ...


# --- connectors: the world comes in -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Callback:
    """One HTTP call of a platform, as it came."""

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    received_at: int


@dataclass(frozen=True)
class Ignored:
    """Understood, and of no interest; counted under its reason."""

    reason: str


@dataclass(frozen=True)
class Failed:
    """Could not be mapped. The raw body is kept; after a fix it is replayed."""

    reason: FailureReason
    path: str
    message: str


Mapped = Touchpoint | Ignored | Failed


@dataclass(frozen=True)
class Reply:
    """What the platform gets as an answer."""

    body: bytes
    content_type: str = "text/plain"


class Connector(Protocol):
    """Understands the callbacks of one account of one platform.

    `verify` runs before anything is stored and is cheap; `map` runs later, on stored bodies, and is pure: the same
    callback always gives the same touchpoints with the same ids.
    """

    @property
    def kind(self) -> str:
        """`wecom`, `youzan`, `wechat-store`, …"""
        ...

    @property
    def name(self) -> str:
        """The account's name in cdp.toml."""
        ...

    @property
    def mapping(self) -> str:
        """Version of the mapping; goes up when the same body gives other content."""
        ...

    def verify(self, callback: Callback) -> Reply:
        """The answer to give once the callback is stored (or, for a GET, at once). Raises SignatureRejected.

        No time goes into it: a stored callback is verified again after the settings were mended.
        """
        ...

    def map(self, callback: Callback) -> list[Mapped]:
        """One outcome an item of the body, in order. Never raises for what a platform may send: it answers Failed."""
        ...

    def plaintext(self, callback: Callback) -> str:
        """The readable body, for the inbox and for finding a person's raw bodies; empty if it cannot be read."""
        ...


# --- sinks: actions go out ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Delivery:
    """One action, rendered and addressed, ready to be handed to a platform."""

    action: str
    """The action's id; an idempotency key where the platform takes one."""
    channel: str
    to: Mapping[str, str]
    """Identifier type -> value of the person it is for."""
    staff: str = ""
    text: str = ""
    attach: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Opened references the channel needs, such as `welcome_code`."""


@dataclass(frozen=True)
class Delivered:
    """It reached the person. `facts` are events that this made true and no callback will tell."""

    ref: str = ""
    facts: tuple[Touchpoint, ...] = ()


@dataclass(frozen=True)
class Accepted:
    """The platform took it; a staff member has yet to confirm. Ask later with `ref`."""

    ref: str


@dataclass(frozen=True)
class Deferred:
    """The platform took nothing and may take it later."""

    code: int
    message: str
    after: int = 0
    """Microseconds to wait at least."""


@dataclass(frozen=True)
class Refused:
    """It will not reach this person."""

    code: int
    message: str
    kind: Literal["permanent", "refused", "capped", "configuration"] = "permanent"


@dataclass(frozen=True)
class Unanswered:
    """The call was made and no answer came; nobody knows whether it took effect."""

    message: str


@dataclass(frozen=True)
class Confirmed:
    """A staff member confirmed it and it reached the person."""

    by: str = ""


Outcome = Delivered | Accepted | Deferred | Refused | Unanswered


class Sink(Protocol):
    """One channel through which actions reach people."""

    @property
    def channel(self) -> str: ...

    @property
    def idempotent(self) -> bool:
        """Whether sending the same action twice has the effect of sending it once."""
        ...

    @property
    def address(self) -> tuple[str, ...]:
        """Identifier types it can address, best first, as `wecom`."""
        ...

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of fields of the triggering event that it needs opened, as `welcome_code`."""
        ...

    @property
    def batch(self) -> int:
        """How many deliveries with the same staff, text and attachments one call may carry."""
        ...

    def deliver(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """One outcome a delivery, in order. Never raises for what a platform or a network may do."""
        ...

    def ask(self, ref: str, to: Sequence[Mapping[str, str]]) -> list[Confirmed | Refused | None]:
        """What became of an accepted call, one answer a person in order; None while it is open."""
        ...
