"""Integers keyed by surrogate, held in flat pages: a few bytes each where a dict would take a hundred."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

_BITS = 12
_PAGE = 1 << _BITS
_MASK = _PAGE - 1


class Column:
    """One small integer a surrogate; `fill` where nothing was set. Surrogates are at least 0 and fit in 31 bits."""

    __slots__ = ("_fill", "_pages", "_typecode")

    def __init__(self, typecode: str = "i", fill: int = -1):
        self._typecode = typecode
        self._fill = fill
        self._pages: dict[int, array[int]] = {}

    def __getitem__(self, key: int) -> int:
        page = self._pages.get(key >> _BITS)
        return self._fill if page is None else page[key & _MASK]

    def __setitem__(self, key: int, value: int) -> None:
        page = self._pages.get(key >> _BITS)
        if page is None:
            page = self._pages[key >> _BITS] = array(self._typecode, [self._fill]) * _PAGE
        page[key & _MASK] = value


class Chains:
    """A list of integers a key, newest first, that only ever grows."""

    __slots__ = ("_head", "_keys", "_next", "_values")

    def __init__(self) -> None:
        self._head = Column()
        self._keys = array("i")
        self._values = array("i")
        self._next = array("i")

    def __len__(self) -> int:
        return len(self._values)

    def add(self, key: int, value: int) -> None:
        """Put `value` into the list of `key`, without looking whether it is there."""
        self._keys.append(key)
        self._values.append(value)
        self._next.append(self._head[key])
        self._head[key] = len(self._values) - 1

    def of(self, key: int) -> Iterator[int]:
        """The list of `key`."""
        at = self._head[key]
        while at >= 0:
            yield self._values[at]
            at = self._next[at]

    def any(self, key: int) -> bool:
        """Whether the list of `key` has anything in it."""
        return self._head[key] >= 0

    def joined(self, a: int, b: int) -> bool:
        """Whether `b` is in the list of `a`, if each pair is kept in both lists; costs the shorter list's length."""
        at_a, at_b = self._head[a], self._head[b]
        values, following = self._values, self._next
        while at_a >= 0 and at_b >= 0:
            if values[at_a] == b or values[at_b] == a:
                return True
            at_a, at_b = following[at_a], following[at_b]
        return False

    def entries(self, after: int = 0) -> Iterator[tuple[int, int]]:
        """(key, value) of everything put in, in that order, from the `after`th on."""
        for at in range(after, len(self._values)):
            yield self._keys[at], self._values[at]
