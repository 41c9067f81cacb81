"""Every error this product raises on purpose, in one tree.

CdpError
├── UsageError             wrong usage or input; every problem named at once (exit code 2)
│   ├── SettingsError      cdp.toml or the environment
│   ├── WorkspaceError     the directory: missing, unwritable, foreign, held by another server
│   └── DefinitionError    a journey, trait, tag or campaign file, with file and line
├── Rejected               one event cannot be taken; typed, with the path inside the document
├── SignatureRejected      a callback whose signature, key or receiver is wrong (HTTP 401)
├── LogError
│   ├── WrongVersion       an expected stream version did not hold
│   └── LogDamaged         the file is not a log of ours, or fails its integrity check
├── ProjectionFailed       a view or the extraction stopped, and on which event
├── QueryStopped           a query took more time or memory than it may, or nobody wanted it any more
├── TooManyQueries         as many queries run and wait as may; later there is room again
├── MissingField           a text uses a field that has no value and no default
├── NotFound               an id, person, journey or run that does not exist
└── PlatformError          a platform answered, and the answer was an error
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

FailureReason = Literal[
    "schema", "unknown_type", "clock", "id_conflict", "identity_blocked", "signature", "decrypt", "mapping", "too_large"
]


class CdpError(Exception):
    """The root of the tree."""


class Problem(NamedTuple):
    """One thing wrong with something a person wrote: where it stands and what is the matter."""

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


class UsageError(CdpError):
    """Wrong usage or input. `problems` holds all of them, never only the first."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()):
        self.problems = tuple(problems)
        super().__init__("\n".join([message, *map(str, self.problems)]))


class SettingsError(UsageError):
    """cdp.toml or the environment cannot be used."""


class WorkspaceError(UsageError):
    """The workspace directory cannot be used; the message says what to do."""


class DefinitionError(UsageError):
    """A definition file (journey, traits, tags, campaign) has mistakes."""


class Rejected(CdpError):
    """One event that cannot be taken. `path` points into the document, as in `$.data.amount_fen`."""

    def __init__(self, reason: FailureReason, message: str, path: str = "$"):
        self.reason: FailureReason = reason
        self.path = path
        self.message = message
        super().__init__(f"{reason} at {path}: {message}")


class SignatureRejected(CdpError):
    """A callback that did not prove where it comes from.

    With a `path` it is a callback of that platform which does not fit our settings, in the end maybe for their fault, and
    `failure` says in what; without one it is nothing that this platform sends.
    """

    def __init__(self, connector: str, reason: str, failure: FailureReason = "signature", path: str = ""):
        self.connector = connector
        self.reason = reason
        self.failure: FailureReason = failure
        self.path = path
        super().__init__(f"{connector}: {reason}")


class LogError(CdpError):
    """The log could not do what was asked."""


class WrongVersion(LogError):
    """An expected stream version did not hold; nothing of the append was written."""

    def __init__(self, stream: str, expected: int, actual: int):
        self.stream, self.expected, self.actual = stream, expected, actual
        super().__init__(f"stream {stream}: expected version {expected}, found {actual}")


class LogDamaged(LogError):
    """The file is not a log of this product, or it fails its integrity check."""


class Culprit(NamedTuple):
    """The event at fault."""

    position: int
    type: str
    id: str

    def __str__(self) -> str:
        return f"the event at position {self.position} ({self.type}, id {self.id!r})"


class ProjectionFailed(CdpError):
    """A projection stopped; it never skips. `event` is the one at fault, where one event is."""

    def __init__(self, view: str, position: int, cause: str, event: Culprit | None = None):
        self.view, self.position, self.cause, self.event = view, position, cause, event
        told = f"; at fault is {event}" if event else ""
        super().__init__(f"projection {view} stopped in the batch that ends at position {position}: {cause}{told}")

    def again(self) -> ProjectionFailed:
        """The same to be kept or raised once more, without what it was raised from."""
        return ProjectionFailed(self.view, self.position, self.cause, self.event)


class QueryStopped(CdpError):
    """A query ended before its answer was complete. What had been answered is no answer."""

    def __init__(self, why: Literal["time", "memory", "cancelled", "failed"], allowed: str = ""):
        self.why = why
        said = {
            "time": f"it took longer than {allowed}, which is all that a query may take",
            "memory": f"it needed more than {allowed}, which is all that a query may take",
            "cancelled": "nobody waited for it any more",
            "failed": f"its process failed ({allowed})",
        }
        super().__init__(f"the query was stopped: {said[why]}")


class TooManyQueries(CdpError):
    """As many queries run and wait as may."""

    def __init__(self, running: int):
        self.running = running
        super().__init__(f"{running} queries are running and more are waiting; ask again in a moment")


class MissingField(CdpError):
    """A text cannot be rendered: a field it uses has no value, and no default stands in."""

    def __init__(self, field: str):
        self.field = field
        super().__init__(f"{field} has no value, and the text has no default for it")


class NotFound(CdpError):
    """Nothing stands under that name or id; `hint` is what may be meant, as in `; did you mean 'x'?`."""

    def __init__(self, kind: str, key: object, hint: str = ""):
        self.kind, self.key = kind, key
        super().__init__(f"no {kind} {key!r}{hint}")


class PlatformError(CdpError):
    """A platform answered with an error code."""

    def __init__(self, platform: str, code: int, message: str):
        self.platform, self.code, self.message = platform, code, message
        super().__init__(f"{platform} answered {code}: {message}")
