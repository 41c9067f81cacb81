"""What becomes of each event of a group: accepted at which position and version, duplicate, or in conflict. Pure.

A plan is made from what the log holds, under the write lock. It does not touch the database, so it can be made again from
the start when one write of the group turns out to be impossible.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, repeat

from cdp.codec import encode_all
from cdp.errors import LogError, WrongVersion
from cdp.events.event import Event
from cdp.ids import key_digests
from cdp.ports import Appended

FINGERPRINT_BYTES = 16
MAPPING_BYTES = 4
"""The first bytes of a fingerprint tell which version of a mapping made the content."""
EventRow = tuple[int, str, int, str, bytes]
"""position, stream, version in the stream, type, bytes"""
_NONE = repeat(None)
KeyRow = tuple[bytes, int, bytes | None]
"""digest of (source, id), position, fingerprint"""


@dataclass(frozen=True, slots=True)
class Write:
    """What one caller wants appended, all of it or nothing."""

    events: Sequence[Event]
    digests: Sequence[bytes]
    fingerprints: Sequence[bytes] = ()
    follower: str = ""
    position: int = 0
    expected: Mapping[str, int] = field(default_factory=dict)


def write(events: Sequence[Event], fingerprints: Sequence[bytes] = ()) -> Write:
    """A write of facts. Raises LogError for an event without a stream, or for fingerprints that are not one an event."""
    if fingerprints and len(fingerprints) != len(events):
        raise LogError(f"{len(events)} events came with {len(fingerprints)} fingerprints")
    if set(map(len, fingerprints)) - {FINGERPRINT_BYTES}:
        raise LogError(f"a fingerprint has {FINGERPRINT_BYTES} bytes")
    for event in events:
        if not event.stream:
            raise LogError(f"event {event.id!r} of {event.source!r} names no stream")
    return Write(events, key_digests([e.source for e in events], [e.id for e in events]), fingerprints)


@dataclass(frozen=True, slots=True)
class Ground:
    """What the log holds, as far as a group of writes depends on it."""

    head: int
    recorded_at: int
    versions: Mapping[str, int]
    """Events in each stream of the group."""
    followers: Mapping[str, int]
    keys: Mapping[bytes, KeyRow] = field(default_factory=dict)
    """The keys of those digests of the group that are taken."""


class Plan:
    """The rows that a group of writes adds, and the outcomes that its callers get."""

    def __init__(self, ground: Ground):
        self.events: list[EventRow] = []
        self.keys: list[KeyRow] = []
        self.head = ground.head
        self.recorded_at = ground.recorded_at
        self.versions = dict(ground.versions)
        self.followers: dict[str, int] = {}
        self._ground = ground
        self._taken = dict(ground.keys)

    def add(self, write: Write) -> list[Appended]:
        """Add one write. Raises LogError or what encoding raises; the plan is spoilt then and has to be made anew."""
        self._follow(write)
        versions, known = self.versions, self._taken
        for stream, expected in write.expected.items():
            if versions[stream] != expected:
                raise WrongVersion(stream, expected, versions[stream])
        outcomes: list[Appended] = []
        fresh: list[Event] = []
        for event, digest, fingerprint in zip(write.events, write.digests, write.fingerprints or _NONE, strict=False):
            if (taken := known.get(digest)) is not None:
                outcomes.append(Appended("conflict" if _differ(taken[2], fingerprint) else "duplicate", taken[1]))
                continue
            self.head = position = self.head + 1
            known[digest] = key = (digest, position, fingerprint)
            self.keys.append(key)
            fresh.append(event)
            outcomes.append(Appended("accepted", position))
        self._file(fresh)
        return outcomes

    def _file(self, events: Sequence[Event]) -> None:
        """The rows of new events, which are the last ones up to the head."""
        versions = self.versions
        for position, event, state in zip(
            count(self.head - len(events) + 1), events, encode_all(events, self.recorded_at), strict=False
        ):
            stream = event.stream
            versions[stream] = version = versions[stream] + 1
            self.events.append((position, stream, version, event.type, state))

    def _follow(self, write: Write) -> None:
        if not write.follower:
            return
        current = self.followers.get(write.follower, self._ground.followers.get(write.follower, 0))
        if write.position < current:
            raise LogError(
                f"follower {write.follower!r} has come to {current} already and cannot go back to {write.position}"
            )
        if write.position > current:
            self.followers[write.follower] = write.position


def make_plan(ground: Ground, writes: Sequence[Write]) -> tuple[Plan, list[list[Appended] | Exception]]:
    """The plan of those writes that are possible, and the outcome of each."""
    impossible: dict[int, Exception] = {}
    while True:
        plan = Plan(ground)
        outcomes: list[list[Appended] | Exception] = []
        for number, each in enumerate(writes):
            if number in impossible:
                outcomes.append(impossible[number])
                continue
            try:
                outcomes.append(plan.add(each))
            except Exception as error:
                impossible[number] = error
                break
        else:
            return plan, outcomes


def _differ(ours: bytes | None, theirs: bytes | None) -> bool:
    """Whether two contents of one id contradict each other; made by different mappings they do not."""
    if ours is None or theirs is None or ours[:MAPPING_BYTES] != theirs[:MAPPING_BYTES]:
        return False
    return ours != theirs
