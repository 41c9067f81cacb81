"""Ids that are derived, never drawn: the same inputs give the same id on every machine and in every replay."""

from __future__ import annotations

import hashlib
from functools import lru_cache


def derive(*parts: str | int) -> str:
    """A 32-digit hex id of the parts (BLAKE2b-128 over their length-prefixed text)."""
    return _digest(parts).hex()


def key_digest(source: str, event_id: str) -> bytes:
    """The 16 bytes under which the log keeps `(source, id)` unique."""
    # What `_digest` answers; this runs once for every event that comes in, and its source is nearly always a known one.
    hasher = _begun(source).copy()
    encoded = event_id.encode()
    hasher.update(len(encoded).to_bytes(4, "big") + encoded)
    return hasher.digest()


def bucket(*parts: str | int) -> int:
    """A stable number from 0 to 9999 for splits and holdouts."""
    return int.from_bytes(_digest(parts)[:8], "big") % 10_000


@lru_cache(maxsize=256)
def _begun(source: str) -> hashlib.blake2b:
    encoded = source.encode()
    return hashlib.blake2b(len(encoded).to_bytes(4, "big") + encoded, digest_size=16)


def _digest(parts: tuple[str | int, ...]) -> bytes:
    hasher = hashlib.blake2b(digest_size=16)
    for part in parts:
        encoded = str(part).encode()
        hasher.update(len(encoded).to_bytes(4, "big"))
        hasher.update(encoded)
    return hasher.digest()
