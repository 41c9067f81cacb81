"""Integers keyed by surrogate, held in flat pages: a few bytes each where a dict would take a hundred."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence

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
            page = self._begin(key >> _BITS)
        page[key & _MASK] = value

    def _begin(self, number: int) -> array[int]:
        page = self._pages[number] = array(self._typecode, [self._fill]) * _PAGE
        return page

    def pages_of(self, keys: Iterable[int]) -> Mapping[int, array[int]]:
        """The pages, among them those of all these keys."""
        for number in {key >> _BITS for key in keys} - self._pages.keys():
            self._begin(number)
        return self._pages

    def all(self, keys: Iterable[int]) -> list[int]:
        """The values of many keys, in their order."""
        page_of, blank = self._pages.get, array(self._typecode, [self._fill]) * _PAGE
        return [page_of(key >> _BITS, blank)[key & _MASK] for key in keys]

    def put(self, keys: Sequence[int], value: int) -> None:
        """Set the same value for many keys."""
        pages = self.pages_of(keys)
        for key in keys:
            pages[key >> _BITS][key & _MASK] = value


class Forest(Column):
    """Sets of keys, each known by its smallest: the value of a key leads there."""

    __slots__ = ()

    def begin(self, keys: Sequence[int]) -> None:
        """Each of these keys is a set of its own."""
        pages = self.pages_of(keys)
        for key in keys:
            pages[key >> _BITS][key & _MASK] = key

    def unite(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Make one set of the sets of either key, for each pair. All keys must have begun."""
        pages = self._pages
        for a, b in pairs:
            # Every second key on the way is led further, which keeps the ways short.
            while (up := pages[a >> _BITS][a & _MASK]) != a:
                pages[a >> _BITS][a & _MASK] = up = pages[up >> _BITS][up & _MASK]
                a = up  # noqa: PLW2901
            while (up := pages[b >> _BITS][b & _MASK]) != b:
                pages[b >> _BITS][b & _MASK] = up = pages[up >> _BITS][up & _MASK]
                b = up  # noqa: PLW2901
            if a < b:
                pages[b >> _BITS][b & _MASK] = a
            elif b < a:
                pages[a >> _BITS][a & _MASK] = b

    def settle(self, keys: Iterable[int]) -> None:
        """Let each of these keys have its set's smallest as its value, directly. Keys in rising order cost least."""
        pages = self._pages
        for key in keys:
            at = key
            while (up := pages[at >> _BITS][at & _MASK]) != at:
                at = up
            pages[key >> _BITS][key & _MASK] = at


class Rings(Column):
    """Sets of keys as circles: the value of a key is the next one."""

    __slots__ = ()

    def close(self, keys: Sequence[int], sets: Sequence[int]) -> None:
        """Make circles of keys: those whose sets have the same name, which is the first of them."""
        pages = self.pages_of(keys)
        for key, name in zip(keys, sets, strict=True):
            if key == name:
                pages[key >> _BITS][key & _MASK] = key
            else:
                first = pages[name >> _BITS]
                pages[key >> _BITS][key & _MASK] = first[name & _MASK]
                first[name & _MASK] = key


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

    def extend(self, keys: Sequence[int], values: Iterable[int]) -> None:
        """Put a value into the list of each of these keys, one after the other."""
        head, following = self._head, self._next
        pages = head.pages_of(keys)
        for at, key in enumerate(keys, len(self._keys)):
            page = pages[key >> _BITS]
            following.append(page[key & _MASK])
            page[key & _MASK] = at
        # Arrays of another width cannot be appended as they are.
        self._keys.extend(iter(keys))
        self._values.extend(iter(values))

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
