"""The keys of all events: which `(source, id)` the log holds, at which position, with which fingerprint.

A key is a digest, so in a table ordered by digest every event of a batch falls on another page, and a batch of a thousand
would write a thousand pages. New keys are therefore *fresh* first: they are written, in the transaction of their events, as one
segment in the order of positions, and remembered. The key space has sixteen slices. When many keys are fresh, the slice with
most of them is *settled*: they move to `event_keys`, where they are neighbours now, and `settled_slices` says up to which
position the slice has been settled. A segment goes when all of its keys are settled.

A key is fresh if it stands in a segment at a position beyond that of its slice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eventsourcing.sqlite import SQLiteCursor

from cdp.log.plan import FINGERPRINT_BYTES, KeyRow
from cdp.sqlite_rows import insert_rows, select_in

FRESH_MOST = 32_768
"""How many keys may be fresh; beyond, slices are settled."""
_SLICES = 16
_DIGEST_BYTES = 16
_NO_FINGERPRINT = bytes(FINGERPRINT_BYTES)

CREATE_TABLES = (
    "CREATE TABLE IF NOT EXISTS event_keys (digest BLOB PRIMARY KEY, position INTEGER NOT NULL, fingerprint BLOB) "
    "WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS key_segments (first INTEGER PRIMARY KEY, packed BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS settled_slices (slice INTEGER PRIMARY KEY, position INTEGER NOT NULL)",
)

Taken = dict[bytes, tuple[int, bytes | None]]
"""digest -> position and fingerprint"""


class EventKeys:
    """Looks keys up and adds them, within transactions of the one writer.

    What is remembered is right as long as every transaction commits; after one that did not, begin with a new object.
    """

    def __init__(self) -> None:
        # Each slice remembers its fresh keys in the order of their positions.
        self._fresh: list[Taken] = [{} for _ in range(_SLICES)]
        self._settled: dict[int, int] = {}
        self._head = 0

    def load(self, c: SQLiteCursor) -> None:
        """Learn what another process has added and settled."""
        c.execute("SELECT slice, position FROM settled_slices")
        settled = dict(c.fetchall())
        if settled != self._settled:
            self._fresh, self._settled, self._head = [{} for _ in range(_SLICES)], settled, 0
        c.execute("SELECT first, packed FROM key_segments WHERE first > ? ORDER BY first", (self._head,))
        for first, packed in c.fetchall():
            for digest, position, fingerprint in _unpack(first, packed):
                number = _slice(digest)
                if position > settled.get(number, 0):
                    self._fresh[number][digest] = (position, fingerprint)
                self._head = position

    def taken(self, c: SQLiteCursor, digests: Sequence[bytes]) -> Taken:
        """Those of the digests that the log holds."""
        fresh, taken = self._fresh, {}
        for digest in digests:
            if (found := fresh[digest[0] >> 4].get(digest)) is not None:
                taken[digest] = found
        if self._settled:
            select = "SELECT digest, position, fingerprint FROM event_keys WHERE digest IN"
            for digest, position, fingerprint in select_in(c.sqlite_cursor, select, digests):
                taken[digest] = (position, fingerprint)
        return taken

    def add(self, c: SQLiteCursor, keys: Sequence[KeyRow]) -> None:
        """Add the keys of new events, whose positions follow each other, and settle what has become too much."""
        if not keys:
            return
        c.execute("INSERT INTO key_segments VALUES (?,?)", (keys[0][1], _pack(keys)))
        fresh = self._fresh
        for digest, position, fingerprint in keys:
            fresh[digest[0] >> 4][digest] = (position, fingerprint)
        self._head = keys[-1][1]
        while sum(map(len, fresh)) > FRESH_MOST:
            self._settle(c, max(range(_SLICES), key=lambda number: len(fresh[number])))

    def _settle(self, c: SQLiteCursor, number: int) -> None:
        fresh = self._fresh[number]
        rows = sorted([(digest, position, fingerprint) for digest, (position, fingerprint) in fresh.items()])
        insert_rows(c.sqlite_cursor, "INSERT INTO event_keys", rows)
        fresh.clear()
        self._settled[number] = self._head
        c.execute("INSERT OR REPLACE INTO settled_slices VALUES (?,?)", (number, self._head))
        oldest = min((next(iter(each.values()))[0] for each in self._fresh if each), default=self._head + 1)
        c.execute(
            "DELETE FROM key_segments WHERE first < (SELECT max(first) FROM key_segments WHERE first <= ?)", (oldest,)
        )

    def check(self, c: SQLiteCursor) -> list[str]:
        """What is wrong with the keys, one sentence each."""
        self.load(c)
        fresh = {position: digest for each in self._fresh for digest, (position, _) in each.items()}
        c.execute("SELECT rowid FROM stored_events WHERE rowid NOT IN (SELECT position FROM event_keys)")
        unsettled = {row[0] for row in c.fetchall()}
        c.execute(
            "SELECT count(*) - count(DISTINCT e.rowid) FROM event_keys LEFT JOIN stored_events e ON e.rowid = position"
        )
        astray = c.fetchone()[0] + len(fresh.keys() - unsettled)
        twice = select_in(c.sqlite_cursor, "SELECT digest FROM event_keys WHERE digest IN", list(fresh.values()))
        counts = {
            "{} events have no key": len(unsettled - fresh.keys()),
            "{} keys point to an event that is not there or has another key": astray,
            "{} keys stand twice": len(twice),
        }
        return [sentence.format(count) for sentence, count in counts.items() if count]


def _slice(digest: bytes) -> int:
    return digest[0] >> 4


def _pack(keys: Sequence[KeyRow]) -> bytes:
    return b"".join([part for digest, _, mark in keys for part in (digest, mark or _NO_FINGERPRINT)])


def _unpack(first: int, packed: bytes) -> Iterator[KeyRow]:
    width = _DIGEST_BYTES + FINGERPRINT_BYTES
    for number, start in enumerate(range(0, len(packed), width)):
        mark = packed[start + _DIGEST_BYTES : start + width]
        yield packed[start : start + _DIGEST_BYTES], first + number, None if mark == _NO_FINGERPRINT else mark
