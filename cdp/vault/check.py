"""Whether everything in a vault still opens, and is found where it belongs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator
from typing import Any

from cdp.vault.sealing import Keys, open_identifier

REFERENCE = "v:"
"""What a reference to a sealed text begins with; its number follows."""
_IDENTIFIERS = "SELECT surrogate, lookup, sealed FROM identifiers WHERE surrogate > ? ORDER BY surrogate LIMIT ?"
_VALUES = "SELECT reference FROM sealed_values WHERE reference > ? ORDER BY reference LIMIT ?"


def integrity(connection: sqlite3.Connection) -> list[str]:
    """What SQLite itself finds wrong with the file."""
    return [f"vault: SQLite: {text}" for (text,) in connection.execute("PRAGMA integrity_check(20)") if text != "ok"]


def altered(
    keys: Keys, chunks: Callable[[str], Iterator[list[Any]]], open_: Callable[[Collection[str]], dict[str, str]]
) -> list[str]:
    """How many identifiers and texts are not what was put in; `chunks` gives the rows of a question bit by bit."""
    identifiers = sum(_is_altered(keys, *row) for rows in chunks(_IDENTIFIERS) for row in rows)
    values = sum(len(rows) - len(open_([f"{REFERENCE}{number}" for (number,) in rows])) for rows in chunks(_VALUES))
    counts = {
        "vault: {} identifiers do not open, or are found under another one": identifiers,
        "vault: {} texts do not open": values,
    }
    return [sentence.format(count) for sentence, count in counts.items() if count]


def _is_altered(keys: Keys, number: int, lookup: bytes, sealed: bytes) -> bool:
    found = open_identifier(keys, number, sealed)
    return found is None or keys.lookup((found.type, found.scope, found.value)) != lookup
