"""The keys of all events: which `(source, id)` the log holds, at which position, with which fingerprint.

A key is a digest, so in one table of all of them, ordered by digest, every event would fall on another page, and a batch of a
thousand would write a thousand pages. New keys are therefore *fresh* first: they are written, in the transaction of their events,
as one segment in the order of positions, and remembered. When many keys are fresh they are *settled*: they become a *run*, rows
that stand next to each other in `event_keys`, so a key costs the same however long the log is. To spread the work, a run is
written in sixteen slices of the key space, one at a time; its segments go when the last slice is settled.

A key is looked up among the fresh ones and in every run, the one with the last find first. Beyond a few runs a filter
says which keys no run can hold. It is in memory alone: it is made of new runs as they are settled and of old ones, one after
the other, as looking into them has cost as much as reading one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from operator import itemgetter
from typing import NamedTuple

from eventsourcing.sqlite import SQLiteCursor

from cdp.log.key_filter import KeyFilter
from cdp.log.plan import FINGERPRINT_BYTES, KeyRow
from cdp.sqlite_rows import insert_rows, select_in

FRESH_MOST = 65_536
"""How many keys may be fresh; beyond, slices are settled."""
FEW_RUNS = 4
"""So many runs are looked into without a filter."""
SLICES = 16
"""By the first four bits of a digest."""
_IN_RUN = "SELECT digest, position, fingerprint FROM event_keys WHERE run=? AND digest IN"
_DIGEST_BYTES = 16
_NO_FINGERPRINT = bytes(FINGERPRINT_BYTES)

CREATE_TABLES = (
    "CREATE TABLE IF NOT EXISTS event_keys (run INTEGER, digest BLOB, position INTEGER NOT NULL, fingerprint BLOB, "
    "PRIMARY KEY (run, digest)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS key_segments (first INTEGER PRIMARY KEY, packed BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS key_runs (run INTEGER PRIMARY KEY, last INTEGER NOT NULL, slices INTEGER NOT NULL)",
)


class _Run(NamedTuple):
    """What stands in `key_runs`: all keys up to position `last` that no run before it has, in its first `slices` slices."""

    number: int
    last: int
    slices: int


Taken = dict[bytes, KeyRow]
"""digest -> its key"""


class EventKeys:
    """Looks keys up and adds them, within transactions of the one writer.

    What is remembered is right as long as every transaction commits; after one that did not, begin with a new object.
    """

    def __init__(self) -> None:
        self._forget([])

    def _forget(self, runs: list[_Run]) -> None:
        self._fresh: Taken = {}
        # The fresh keys of each slice in the order of their positions.
        self._slices: list[list[KeyRow]] = [[] for _ in range(SLICES)]
        self._head = 0
        self._runs = runs
        self._found_in = 0
        self._do_without_filter()

    def _do_without_filter(self) -> None:
        self._filter: KeyFilter | None = None
        self._unfiltered = [run.number for run in self._runs]
        self._looked = 0

    def load(self, c: SQLiteCursor) -> None:
        """Learn what another process has added and settled."""
        c.execute("SELECT run, last, slices FROM key_runs ORDER BY run")
        runs = [_Run(*row) for row in c.fetchall()]
        if runs != self._runs:
            self._forget(runs)
        settled = [self._settled_up_to(number) for number in range(SLICES)]
        c.execute("SELECT first, packed FROM key_segments WHERE first > ? ORDER BY first", (self._head,))
        for first, packed in c.fetchall():
            keys = list(unpack(first, packed))
            self._remember([key for key in keys if key[1] > settled[key[0][0] >> 4]])
            self._head = keys[-1][1]

    def _settled_up_to(self, number: int) -> int:
        """The position up to which the keys of a slice stand in runs."""
        return next((run.last for run in reversed(self._runs) if number < run.slices), 0)

    def _remember(self, keys: Iterable[KeyRow]) -> None:
        fresh, slices = self._fresh, self._slices
        for key in keys:
            digest = key[0]
            fresh[digest] = key
            slices[digest[0] >> 4].append(key)

    # --- looking up --------------------------------------------------------------------------------------------

    def taken(self, c: SQLiteCursor, digests: Sequence[bytes]) -> Taken:
        """Those of the digests that the log holds."""
        fresh = self._fresh
        taken = {digest: fresh[digest] for digest in digests if digest in fresh}
        if self._runs:
            rest = [digest for digest in digests if digest not in taken] if taken else digests
            if self._filter is not None:
                filtered = [run.number for run in self._runs if run.number not in self._unfiltered]
                self._look_into(c, filtered, self._filter.possible(rest), taken)
            self._look_into(c, self._unfiltered, rest, taken)
            self._looked += len(rest) * len(self._unfiltered)
            self._extend_filter(c)
        return taken

    def _look_into(self, c: SQLiteCursor, runs: Sequence[int], digests: Sequence[bytes], taken: Taken) -> None:
        # What is sent again was mostly sent together, and not long ago.
        for run in sorted(runs, key=lambda run: (run == self._found_in, run), reverse=True):
            if not digests:
                return
            if found := select_in(c.sqlite_cursor, _IN_RUN, digests, [run]):
                self._found_in = run
                taken.update((row[0], (row[0], row[1], row[2])) for row in found)
                digests = [digest for digest in digests if digest not in taken]

    def _extend_filter(self, c: SQLiteCursor) -> None:
        """Have one run more in the filter for as much looking as it takes to read one."""
        while len(self._runs) > FEW_RUNS and self._unfiltered and self._looked >= FRESH_MOST:
            self._looked -= FRESH_MOST
            if self._filter is None:
                self._filter = KeyFilter(self._runs[-1].last)
            c.execute("SELECT digest FROM event_keys WHERE run=?", (self._unfiltered.pop(0),))
            self._filter.add([row[0] for row in c.fetchall()])

    # --- adding ------------------------------------------------------------------------------------------------

    def add(self, c: SQLiteCursor, keys: Sequence[KeyRow]) -> None:
        """Add the keys of new events, whose positions follow each other, and settle what has become too much."""
        if not keys:
            return
        c.execute("INSERT INTO key_segments VALUES (?,?)", (keys[0][1], _pack(keys)))
        self._remember(keys)
        self._head = keys[-1][1]
        while len(self._fresh) > FRESH_MOST:
            self._settle(c, self._open_run())

    def _open_run(self) -> _Run:
        """The run that is being written; a new one for everything that is fresh now, if there is none."""
        if not self._runs or self._runs[-1].slices == SLICES:
            number = self._runs[-1].number + 1 if self._runs else 1
            self._runs.append(_Run(number, self._head, 0))
            if self._filter is None:
                self._unfiltered.append(number)
        return self._runs[-1]

    def _settle(self, c: SQLiteCursor, run: _Run) -> None:
        """Write the next slice of a run."""
        fresh = self._slices[run.slices]
        cut = bisect_right(fresh, run.last, key=itemgetter(1))
        keys, self._slices[run.slices] = sorted(fresh[:cut]), fresh[cut:]
        insert_rows(c.sqlite_cursor, "INSERT INTO event_keys", [(run.number, *key) for key in keys])
        for key in keys:
            del self._fresh[key[0]]
        self._runs[-1] = run = run._replace(slices=run.slices + 1)
        c.execute("INSERT OR REPLACE INTO key_runs VALUES (?,?,?)", run)
        if run.slices == SLICES:
            c.execute("DELETE FROM key_segments WHERE first <= ?", (run.last,))
        if self._filter is not None and run.number not in self._unfiltered:
            self._filter.add([key[0] for key in keys])
            if self._filter.room < 0:
                self._do_without_filter()

    # --- checking ----------------------------------------------------------------------------------------------

    def in_order(self, c: SQLiteCursor) -> Iterator[KeyRow]:
        """All keys in the order of positions. What is asked of this cursor meanwhile ends it."""
        self.load(c)
        position = itemgetter(1)
        c.execute("SELECT digest, position, fingerprint FROM event_keys ORDER BY position")
        yield from merge(sorted(self._fresh.values(), key=position), iter(c.fetchone, None), key=position)

    def check(self, c: SQLiteCursor) -> list[str]:
        """What is wrong with the keys, one sentence each."""
        self.load(c)
        fresh = {position: digest for digest, position, _ in self._fresh.values()}
        c.execute("SELECT rowid FROM stored_events WHERE rowid NOT IN (SELECT position FROM event_keys)")
        unsettled = {row[0] for row in c.fetchall()}
        c.execute(
            "SELECT count(*) - count(DISTINCT e.rowid), count(*) - count(DISTINCT digest) "
            "FROM event_keys LEFT JOIN stored_events e ON e.rowid = position"
        )
        misplaced, repeated = c.fetchone()
        again = select_in(c.sqlite_cursor, "SELECT digest FROM event_keys WHERE digest IN", list(fresh.values()))
        counts = {
            "{} events have no key": len(unsettled - fresh.keys()),
            "{} keys point to an event that is not there or has another key": misplaced + len(fresh.keys() - unsettled),
            "{} keys stand twice": repeated + len(again),
        }
        return [sentence.format(count) for sentence, count in counts.items() if count]


def _pack(keys: Sequence[KeyRow]) -> bytes:
    return b"".join([part for digest, _, mark in keys for part in (digest, mark or _NO_FINGERPRINT)])


def unpack(first: int, packed: bytes) -> Iterator[KeyRow]:
    """The keys of a segment that begins at position `first`."""
    width = _DIGEST_BYTES + FINGERPRINT_BYTES
    for number, start in enumerate(range(0, len(packed), width)):
        mark = packed[start + _DIGEST_BYTES : start + width]
        yield packed[start : start + _DIGEST_BYTES], first + number, None if mark == _NO_FINGERPRINT else mark
