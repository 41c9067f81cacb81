"""Ids that are derived, never drawn: the same inputs give the same id on every machine and in every replay."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from struct import Struct

_length = Struct(">I").pack


def derive(*parts: str | int) -> str:
    """A 32-digit hex id of the parts (BLAKE2b-128 over their length-prefixed text)."""
    return _digest(parts).hex()


def key_digests(sources: Sequence[str], ids: Sequence[str]) -> list[bytes]:
    """The 16 bytes each under which the log keeps `(source, id)` unique."""
    # What `_digest` answers; every event that comes in is one of these, and most come from the same source.
    begun = {source: _begun(source).copy for source in set(sources)}
    digests = []
    for source, event_id in zip(sources, ids, strict=True):
        hasher = begun[source]()
        encoded = event_id.encode()
        hasher.update(_length(len(encoded)) + encoded)
        digests.append(hasher.digest())
    return digests


def bucket(*parts: str | int) -> int:
    """A stable number from 0 to 9999 for splits and holdouts."""
    return int.from_bytes(_digest(parts)[:8], "big") % 10_000


@lru_cache(maxsize=256)
def _begun(source: str) -> hashlib.blake2b:
    encoded = source.encode()
    return hashlib.blake2b(_length(len(encoded)) + encoded, digest_size=16)


def _digest(parts: tuple[str | int, ...]) -> bytes:
    hasher = hashlib.blake2b(digest_size=16)
    for part in parts:
        encoded = str(part).encode()
        hasher.update(_length(len(encoded)))
        hasher.update(encoded)
    return hasher.digest()
