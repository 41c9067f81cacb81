"""The vault on SQLite."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cdp.errors import WorkspaceError
from cdp.events.touchpoint import Identifier
from cdp.recent import Recent
from cdp.sqlite_rows import insert_rows, select_in
from cdp.vault.check import REFERENCE, altered, integrity
from cdp.vault.file import VAULT_FILE, connect, truncate
from cdp.vault.key import KEY_FILE, make_key, read_key
from cdp.vault.sealing import IdentifierKey, Keys, Sealer, new_keys, nonces, open_identifier, seal_identifiers

IDENTIFIERS_REMEMBERED = 50_000
KEYS_REMEMBERED = 10_000
_CHUNK = 1000
TRUNCATE_SECONDS = 10.0
"""How long erasing waits for readers of other processes before it says that old bytes are still there."""


def open_vault(directory: Path, *, must_exist: bool = False) -> SqliteVault:
    """The vault in a directory; one without gets a new one, unless it `must_exist` because a log knows its numbers.

    Raises WorkspaceError if the key is missing or another one, or if the files are not ours.
    """
    if not (directory / VAULT_FILE).exists():
        if must_exist:
            # A new vault would give the numbers that stand in the log to other people.
            raise WorkspaceError(
                f"{directory / VAULT_FILE} is missing, and the log needs it: restore it from its backup"
            )
        make_key(directory / KEY_FILE)
    keys = Keys(read_key(directory / KEY_FILE))
    return SqliteVault(directory, connect(directory / VAULT_FILE, keys.check()), keys)


class SqliteVault:
    """Surrogates for identifiers, references for identifying texts. Safe for many threads and several processes.

    What is handed out is durable first, so that a crash leaves at most surrogates and references that nobody knows.
    """

    def __init__(self, directory: Path, connection: sqlite3.Connection, keys: Keys):
        self.directory = directory
        self._connection = connection
        self._keys = keys
        self._lock = threading.RLock()
        self._surrogates: Recent[IdentifierKey, int] = Recent(IDENTIFIERS_REMEMBERED)
        self._sealers: Recent[int, Sealer] = Recent(KEYS_REMEMBERED)
        self._seen = -1
        self._depth = 0

    # --- identifiers -------------------------------------------------------------------------------------------

    def surrogates(self, identifiers: Sequence[Identifier]) -> list[int]:
        keys = [(i.type, i.scope, i.value) for i in identifiers]
        with self._guarded():
            found = self._surrogates.get_all(keys)
            strangers = {key: None for key, number in zip(keys, found, strict=True) if number is None}
            if not strangers:
                return [number for number in found if number is not None]
            cold = dict(zip(strangers, self._keys.lookups(strangers), strict=True))
            numbers = self._look_up(cold)
            if len(numbers) < len(cold):
                numbers = self._make(cold, numbers)
            self._surrogates.put_all(numbers)
        return [numbers[key] if number is None else number for key, number in zip(keys, found, strict=True)]

    def find(self, identifier: Identifier) -> int | None:
        key = (identifier.type, identifier.scope, identifier.value)
        with self._guarded():
            number = self._surrogates.get(key)
            if number is None and (number := self._look_up({key: self._keys.lookup(key)}).get(key)) is not None:
                self._surrogates.put(key, number)
            return number

    def identifiers(self, surrogates: Collection[int]) -> dict[int, Identifier]:
        with self._guarded():
            rows = self._select("SELECT surrogate, sealed FROM identifiers WHERE surrogate IN", list(surrogates))
        opened = ((number, open_identifier(self._keys, number, sealed)) for number, sealed in rows)
        return {number: identifier for number, identifier in opened if identifier is not None}

    def _look_up(self, cold: Mapping[IdentifierKey, bytes]) -> dict[IdentifierKey, int]:
        keys = {digest: key for key, digest in cold.items()}
        rows = self._select("SELECT lookup, surrogate FROM identifiers WHERE lookup IN", list(keys))
        return {keys[digest]: number for digest, number in rows}

    def _make(self, cold: Mapping[IdentifierKey, bytes], numbers: dict[IdentifierKey, int]) -> dict[IdentifierKey, int]:
        """Surrogates for those that have none, in the order in which they came."""
        seen = self._seen
        with self.batch():
            if self._seen != seen:
                # Another process has written before we held the write lock.
                numbers = self._look_up(cold)
            missing = [key for key in cold if key not in numbers]
            fresh = dict(zip(missing, self._next("identifiers", len(missing)), strict=True))
            sealed = seal_identifiers(self._keys, fresh)
            rows = [(number, cold[key], text) for (key, number), text in zip(fresh.items(), sealed, strict=True)]
            self._insert("identifiers", rows)
        return numbers | fresh

    # --- values ------------------------------------------------------------------------------------------------

    def seal(self, values: Sequence[tuple[int, str]]) -> list[str]:
        if not values:
            return []
        with self._guarded(), self.batch():
            sealers = self._sealers_of({surrogate for surrogate, _ in values}, make=True)
            references = self._next("sealed_values", len(values))
            rows = [
                (reference, surrogate, sealers[surrogate].seal(nonce, _bytes(value), reference))
                for reference, (surrogate, value), nonce in zip(references, values, nonces(len(values)), strict=True)
            ]
            self._insert("sealed_values", rows)
        return [f"{REFERENCE}{reference}" for reference in references]

    def open(self, references: Collection[str]) -> dict[str, str]:
        numbers = [number for number in map(_number, references) if number is not None]
        with self._guarded():
            rows = self._select("SELECT reference, surrogate, sealed FROM sealed_values WHERE reference IN", numbers)
            sealers = self._sealers_of({surrogate for _, surrogate, _ in rows}, make=False)
        opened = (
            (number, sealers[surrogate].open(sealed, number))
            for number, surrogate, sealed in rows
            if surrogate in sealers
        )
        return {f"{REFERENCE}{n}": text.decode(errors="surrogatepass") for n, text in opened if text is not None}

    def _sealers_of(self, surrogates: Collection[int], *, make: bool) -> dict[int, Sealer]:
        known = {number: self._sealers.get(number) for number in surrogates}
        sealers = {number: sealer for number, sealer in known.items() if sealer is not None}
        missing = [number for number, sealer in known.items() if sealer is None]
        wrapped = self._select("SELECT surrogate, wrapped FROM surrogate_keys WHERE surrogate IN", missing)
        for number, sealed in wrapped:
            if (key := self._keys.wrapping.open(sealed, number)) is not None:
                sealers[number] = Sealer(key)
        if make and (fresh := [number for number in missing if number not in sealers]):
            drawn = new_keys(len(fresh))
            seal = self._keys.wrapping.seal
            wrapped = [(n, seal(nonce, key, n)) for n, key, nonce in zip(fresh, drawn, nonces(len(fresh)), strict=True)]
            self._insert("surrogate_keys", wrapped)
            sealers.update((number, Sealer(key)) for number, key in zip(fresh, drawn, strict=True))
        for number in missing:
            if number in sealers:
                self._sealers.put(number, sealers[number])
        return sealers

    def fingerprint(self, content: bytes) -> bytes:
        """See Vault.fingerprints."""
        return self._keys.fingerprints([content])[0]

    def fingerprints(self, contents: Sequence[bytes]) -> list[bytes]:
        return self._keys.fingerprints(contents)

    # --- erasing -----------------------------------------------------------------------------------------------

    def erase(self, surrogates: Collection[int]) -> Mapping[str, int]:
        """Delete everything about these surrogates, from the files' bytes and from memory, before it returns.

        Answers how many `identifiers`, `keys` and `values` went. Killed half-way, nothing or everything is deleted, and
        what is left in the write-ahead log goes when the vault is next opened.
        """
        doomed = frozenset(surrogates)
        with self._guarded():
            self._surrogates.forget(lambda _, number: number in doomed)
            self._sealers.forget(lambda number, _: number in doomed)
            with self.batch():
                counts = {name: self._delete(table, doomed) for name, table in _ERASED.items()}
            if not truncate(self._connection, TRUNCATE_SECONDS):
                raise WorkspaceError(
                    "everything was deleted, but another program keeps the vault's write-ahead log open: end it and erase again"
                )
        return counts

    def _delete(self, table: str, surrogates: Collection[int]) -> int:
        numbers = [(number,) for number in surrogates]
        return (
            self._connection.executemany(f"DELETE FROM {table} WHERE surrogate=?", numbers).rowcount if numbers else 0
        )

    # --- the connection ----------------------------------------------------------------------------------------

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Everything that is done inside becomes durable together, at the end and not before; one sync for all of it."""
        with self._guarded():
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
                self._believe()
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self._connection.execute("COMMIT")
            except BaseException:
                # What was remembered of this batch was never written.
                self._forget()
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    def last_numbers(self) -> tuple[int, int]:
        """The last surrogate and the last reference that were given."""
        with self._guarded():
            return self._next("identifiers", 1)[0] - 1, self._next("sealed_values", 1)[0] - 1

    def skip_to(self, surrogate: int, reference: int) -> None:
        """Give no number up to these.

        For a vault that was put back from a copy older than the log: otherwise numbers that the log knows already would be
        given to other people.
        """
        with self.batch():
            for table, known in (("identifiers", surrogate), ("sealed_values", reference)):
                last = max(known, self._next(table, 1)[0] - 1)
                self._connection.execute("DELETE FROM sqlite_sequence WHERE name=?", (table,))
                self._connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?,?)", (table, last))

    def check(self) -> list[str]:
        """What is wrong with the vault, one sentence each; empty if nothing is. Opens everything, bit by bit."""
        with self._guarded():
            broken = integrity(self._connection)
        return broken or altered(self._keys, self._chunks, self.open)

    def _chunks(self, select: str) -> Iterator[list[Any]]:
        """The rows of a table in the order of its first column, some at a time; others work in between."""
        last = 0
        while True:
            with self._guarded():
                rows = self._connection.execute(select, (last, _CHUNK)).fetchall()
            if not rows:
                return
            yield rows
            last = rows[-1][0]

    def close(self) -> None:
        """Close the files. Idempotent."""
        with self._lock:
            self._forget()
            self._connection.close()

    def __del__(self) -> None:
        self.close()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """One thread at a time, with nothing remembered that another process has changed, and errors in our terms."""
        with self._lock:
            try:
                if self._depth == 0:
                    self._believe()
                yield
            except sqlite3.Error as error:
                raise WorkspaceError(f"the vault could not do it: {error}") from error

    def _believe(self) -> None:
        """Keep what is remembered only if no other process has written."""
        (seen,) = self._connection.execute("PRAGMA data_version").fetchone()
        if seen != self._seen:
            self._forget()
            self._seen = seen

    def _forget(self) -> None:
        self._surrogates.clear()
        self._sealers.clear()

    def _next(self, table: str, count: int) -> range:
        """The next numbers of a table; a number that was used once is never given again, even after its row went."""
        row = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name=?", (table,)).fetchone()
        first = (row[0] if row else 0) + 1
        return range(first, first + count)

    def _insert(self, table: str, rows: Sequence[Sequence[int | bytes]]) -> None:
        insert_rows(self._connection.cursor(), f"INSERT INTO {table}", rows)

    def _select(self, select: str, values: Sequence[int | bytes]) -> list[Any]:
        return select_in(self._connection.cursor(), select, values)


_ERASED = {"identifiers": "identifiers", "keys": "surrogate_keys", "values": "sealed_values"}


def _number(reference: str) -> int | None:
    """The number in a reference; None for a text that is none of ours."""
    digits = reference.removeprefix(REFERENCE)
    ours = reference.startswith(REFERENCE) and digits.isascii() and digits.isdecimal() and len(digits) < 19
    return int(digits) if ours else None


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
