"""The limits that `ingest_log.py` measures against: bare `sqlite3.executemany` of rows that log and vault wrote before."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from cdp.log.sqlite_keys import unpack

Rows = list[tuple[Any, ...]]
Transaction = dict[str, Rows]
"""table -> the rows that it gets"""

VAULT_TABLES = ("identifiers", "surrogate_keys", "sealed_values")


def raw_events(directory: Path, size: int, key: str) -> float:
    """Seconds for the rows of the events table alone, with the primary key `key`, or with none."""
    with _opened(directory / f"events{len(key)}.sqlite") as connection:
        connection.execute(f"CREATE TABLE rows (stream TEXT, version INTEGER, type TEXT, state BLOB {key})")
        batches = [{"rows": rows} for rows in _in_batches(_events(directory), size)]
        started = time.perf_counter()
        for batch in batches:
            write(connection, batch)
        return time.perf_counter() - started


def raw(directory: Path, size: int) -> float:
    """Seconds for everything that log and vault wrote, into two files with the tables and indexes of theirs.

    A batch is a transaction in the one and then a transaction in the other, as it is with us: what the log refers to is
    durable first.
    """
    log = _log_transactions(directory, size)
    vault = vault_transactions(directory, len(log))
    with (
        _opened(directory / "raw_log.sqlite") as log_file,
        empty_vault(directory, vault[0]) as vault_file,
    ):
        _copy_tables(directory / "log.sqlite", log_file, log[0])
        started = time.perf_counter()
        for to_vault, to_log in zip(vault, log, strict=True):
            write(vault_file, to_vault)
            write(log_file, to_log)
        return time.perf_counter() - started


@contextmanager
def empty_vault(directory: Path, tables: Collection[str]) -> Iterator[sqlite3.Connection]:
    """A new file beside the vault of a directory, with these tables of it and their indexes, all empty."""
    with _opened(directory / "raw_vault.sqlite") as file:
        _copy_tables(directory / "vault.sqlite", file, tables)
        yield file


def write(connection: sqlite3.Connection, transaction: Transaction) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for table, rows in transaction.items():
        if rows:
            connection.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows)
    connection.execute("COMMIT")


# --- what was written --------------------------------------------------------------------------------------------


def _log_transactions(directory: Path, size: int) -> list[Transaction]:
    """Events, the segment with their keys, and the keys that had been settled, a share of them in each batch."""
    events = _in_batches(_events(directory), size)
    with closing(sqlite3.connect(directory / "log.sqlite")) as log:
        settled = log.execute(
            "SELECT run, digest, position, fingerprint FROM event_keys ORDER BY run, digest"
        ).fetchall()
        segments = log.execute("SELECT first, packed FROM key_segments").fetchall()
    keys = {position: digest + fingerprint for _, digest, position, fingerprint in settled}
    for first, packed in segments:
        keys.update(
            (position, digest + (fingerprint or b"")) for digest, position, fingerprint in unpack(first, packed)
        )
    in_order = [keys[position] for position in sorted(keys)]
    return [
        {
            "stored_events": rows,
            "key_segments": [(number * size + 1, b"".join(in_order[number * size : number * size + len(rows)]))],
            "event_keys": share,
        }
        for number, (rows, share) in enumerate(zip(events, _shares(settled, len(events)), strict=True))
    ]


def vault_transactions(directory: Path, batches: int) -> list[Transaction]:
    """Identifiers, keys and sealed values in the order in which they came, a share of them in each batch."""
    with closing(sqlite3.connect(directory / "vault.sqlite")) as vault:
        shares = [
            _shares(vault.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall(), batches) for table in VAULT_TABLES
        ]
    return [dict(zip(VAULT_TABLES, rows, strict=True)) for rows in zip(*shares, strict=True)]


def _events(directory: Path) -> Rows:
    with closing(sqlite3.connect(directory / "log.sqlite")) as log:
        return log.execute(
            "SELECT originator_id, originator_version, topic, state FROM stored_events ORDER BY rowid"
        ).fetchall()


def _in_batches(rows: Rows, size: int) -> list[Rows]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _shares(rows: Rows, count: int) -> list[Rows]:
    """The rows in so many parts that follow each other, equal but for one row."""
    return [rows[len(rows) * n // count : len(rows) * (n + 1) // count] for n in range(count)]


# --- the files ---------------------------------------------------------------------------------------------------


def _opened(path: Path) -> closing[sqlite3.Connection]:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return closing(connection)


def _copy_tables(source: Path, target: sqlite3.Connection, tables: Collection[str]) -> None:
    for statement in _schema(source, tables):
        target.execute(statement)


def _schema(path: Path, tables: Collection[str]) -> Iterator[str]:
    """The statements that make these tables and their indexes."""
    with closing(sqlite3.connect(path)) as file:
        found = file.execute("SELECT tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid").fetchall()
    return (sql for table, sql in found if table in tables)
