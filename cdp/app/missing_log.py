"""A log that is gone is not replaced by a new one: positions, people and bodies beside it would speak of other events."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from cdp.errors import WorkspaceError

LOG_FILE = "log.sqlite"
_DEPENDING = (("vault.sqlite", "identifiers"), ("inbox.sqlite", "raw"))


def require_log(data: Path) -> None:
    """Let a data directory pass that has a log, or nothing that came with one. Raises WorkspaceError for any other."""
    log = data / LOG_FILE
    if log.exists() and log.stat().st_size:
        return
    for name, table in _DEPENDING:
        if _has_rows(data / name, table):
            raise WorkspaceError(
                f"the log {log} is missing, and {name} holds what belongs to it: restore it from a backup with `cdp restore`"
            )


def _has_rows(file: Path, table: str) -> bool:
    if not file.exists():
        return False
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None
    except sqlite3.Error:
        # What is wrong with that file is told when it is opened.
        return False
