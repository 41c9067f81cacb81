"""Says of most keys that they were never added, without looking anywhere: a Bloom filter over digests. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from struct import iter_unpack

_BITS_A_KEY = 16
LEAST_BITS = 1 << 20
_HALVES = "<QQ"
"""A digest is uniform, so its two halves serve as the two hashes."""


class KeyFilter:
    """Holds what was added for sure, and one in about seventy of what was not, as long as there is room.

    (1 - e^(-2n/m))^2 with m/n of at least 16: Bloom, "Space/time trade-offs in hash coding with allowable errors", 1970.
    """

    def __init__(self, keys: int):
        """With room for twice as many keys as `keys`."""
        bits = max(LEAST_BITS, 1 << (2 * keys * _BITS_A_KEY - 1).bit_length())
        self._mask = bits - 1
        self._bits = bytearray(bits >> 3)
        self.room = bits // _BITS_A_KEY
        """How many more keys it takes before it is too often wrong."""

    def add(self, digests: Sequence[bytes]) -> None:
        """Hold digests of 16 bytes."""
        bits, mask = self._bits, self._mask
        for first, second in iter_unpack(_HALVES, b"".join(digests)):
            bits[(first & mask) >> 3] |= 1 << (first & 7)
            bits[(second & mask) >> 3] |= 1 << (second & 7)
        self.room -= len(digests)

    def possible(self, digests: Iterable[bytes]) -> list[bytes]:
        """Those that it may hold, in order."""
        asked = list(digests)
        bits, mask = self._bits, self._mask
        halves = iter_unpack(_HALVES, b"".join(asked))
        return [
            digest
            for digest, (first, second) in zip(asked, halves, strict=True)
            if bits[(first & mask) >> 3] >> (first & 7) & 1 and bits[(second & mask) >> 3] >> (second & 7) & 1
        ]
