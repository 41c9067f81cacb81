"""A bounded memory: what was used lately is remembered, the rest is forgotten."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import islice
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Remembers at least the `size` entries used last and never more than twice as many.

    Two generations instead of a linked list: looking up costs one or two dictionary accesses and never moves an entry
    within one. Not thread-safe.
    """

    def __init__(self, size: int):
        self._size = size
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, key: K) -> V | None:
        """What is remembered under the key, which counts as using it; None if nothing is."""
        found = self._young.get(key)
        if found is None and self._old:
            found = self._old.get(key)
            if found is not None:
                self.put(key, found)
        return found

    def get_all(self, keys: Sequence[K]) -> list[V | None]:
        """What is remembered under each key, as `get` answers."""
        found = list(map(self._young.get, keys))
        if self._old and None in found:
            return [self.get(key) if value is None else value for key, value in zip(keys, found, strict=True)]
        return found

    def put(self, key: K, value: V) -> None:
        """Remember the value under the key."""
        if len(self._young) >= self._size and key not in self._young:
            self._old, self._young = self._young, {}
        self._young[key] = value

    def put_all(self, entries: Mapping[K, V]) -> None:
        """Remember many entries, as `put` does."""
        if len(entries) > self._size:
            entries = dict(islice(entries.items(), len(entries) - self._size, None))
        if len(self._young) + len(entries) > self._size:
            self._old, self._young = self._young, {}
        self._young.update(entries)

    def forget(self, doomed: Callable[[K, V], bool]) -> None:
        """Forget every entry that `doomed` answers True for."""
        self._young = {k: v for k, v in self._young.items() if not doomed(k, v)}
        self._old = {k: v for k, v in self._old.items() if not doomed(k, v)}

    def clear(self) -> None:
        """Forget everything."""
        self._young, self._old = {}, {}
