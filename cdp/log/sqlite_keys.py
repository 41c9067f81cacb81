"""The keys of all events: which `(source, id)` the log holds, at which position, with which fingerprint.

A key is a digest, so in a table ordered by digest every event of a batch falls on another page, and a batch of a thousand
would write a thousand pages. New keys therefore first go, in the transaction of their events, to `fresh_keys`, which is
ordered by slice of the key space and position: a batch touches a page or two a slice. When there are many, the fullest slice
is settled: it moves to `event_keys` in the order of that table, where its keys are neighbours. Fresh keys are remembered,
settled ones are looked up. A key stands in exactly one of the two tables.
"""

from __future__ import annotations

from collections.abc import Sequence

from eventsourcing.sqlite import SQLiteCursor

from cdp.log.plan import KeyRow
from cdp.sqlite_rows import insert_rows, select_in

FRESH_MOST = 32_768
"""How many keys may be fresh; beyond, slices are settled."""
_SLICES = 16

CREATE_TABLES = (
    "CREATE TABLE IF NOT EXISTS event_keys (digest BLOB PRIMARY KEY, position INTEGER NOT NULL, fingerprint BLOB) "
    "WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS fresh_keys (slice INTEGER, position INTEGER, digest BLOB NOT NULL, fingerprint BLOB, "
    "PRIMARY KEY (slice, position)) WITHOUT ROWID",
)

Taken = dict[bytes, tuple[int, bytes | None]]
"""digest -> position and fingerprint"""


class EventKeys:
    """Looks keys up and adds them, within transactions of the one writer.

    What is remembered is right as long as every transaction commits and nobody else writes; otherwise `load` again.
    """

    def __init__(self) -> None:
        self._fresh: list[Taken] = [{} for _ in range(_SLICES)]
        self._any_settled = False

    def load(self, c: SQLiteCursor) -> None:
        """Remember what is fresh, and nothing else."""
        self._fresh = [{} for _ in range(_SLICES)]
        c.execute("SELECT slice, digest, position, fingerprint FROM fresh_keys")
        for number, digest, position, fingerprint in c.fetchall():
            self._fresh[number][digest] = (position, fingerprint)
        c.execute("SELECT EXISTS (SELECT 1 FROM event_keys)")
        self._any_settled = bool(c.fetchone()[0])

    def taken(self, c: SQLiteCursor, digests: Sequence[bytes]) -> Taken:
        """Those of the digests that the log holds."""
        fresh, taken = self._fresh, {}
        for digest in digests:
            if (found := fresh[digest[0] >> 4].get(digest)) is not None:
                taken[digest] = found
        if not self._any_settled:
            return taken
        select = "SELECT digest, position, fingerprint FROM event_keys WHERE digest IN"
        for digest, position, fingerprint in select_in(c.sqlite_cursor, select, digests):
            taken[digest] = (position, fingerprint)
        return taken

    def add(self, c: SQLiteCursor, keys: Sequence[KeyRow]) -> None:
        """Add the keys of new events, and settle what has become too much."""
        rows, fresh = [], self._fresh
        for digest, position, fingerprint in keys:
            number = digest[0] >> 4
            rows.append((number, position, digest, fingerprint))
            fresh[number][digest] = (position, fingerprint)
        insert_rows(c.sqlite_cursor, "INSERT INTO fresh_keys", rows)
        while sum(map(len, self._fresh)) > FRESH_MOST:
            self._settle(c, max(range(_SLICES), key=lambda number: len(self._fresh[number])))

    def _settle(self, c: SQLiteCursor, number: int) -> None:
        c.execute(
            "INSERT INTO event_keys SELECT digest, position, fingerprint FROM fresh_keys WHERE slice=? ORDER BY digest",
            (number,),
        )
        c.execute("DELETE FROM fresh_keys WHERE slice=?", (number,))
        self._fresh[number].clear()
        self._any_settled = True


_ALL = "(SELECT digest, position FROM event_keys UNION ALL SELECT digest, position FROM fresh_keys)"

CHECKS = (
    (
        f"SELECT count(*) FROM {_ALL} k LEFT JOIN stored_events e ON e.rowid = k.position WHERE e.rowid IS NULL",
        "{} keys point to an event that is not there",
    ),
    (f"SELECT count(*) FROM stored_events WHERE rowid NOT IN (SELECT position FROM {_ALL})", "{} events have no key"),
    (f"SELECT count(*) - count(DISTINCT position) FROM {_ALL}", "{} keys point to an event that has another key"),
    (f"SELECT count(*) - count(DISTINCT digest) FROM {_ALL}", "{} keys stand twice"),
)
"""Questions about the keys that must be answered with 0, and what is wrong if not."""
