"""A file with all tables and nothing in them, made once by a process and copied from then on: moments gone by, rebuilds and checks
each begin with one.
"""

from __future__ import annotations

import os
import tempfile
from functools import lru_cache
from pathlib import Path

from projections.catalog import base_tables, views
from projections.engine import IN_MEMORY, Engine
from projections.schema import prepare


def place_blank(path: Path | str, timezone: str) -> None:
    """Put a file with empty tables where none is. It is there whole or not at all, whatever ends the process.

    Where it cannot be written it is left out; opening the place will tell why.
    """
    path = Path(path)
    if str(path) == IN_MEMORY or path.exists():
        return
    unfinished = path.with_name(f".{path.name}.blank")
    try:
        with unfinished.open("wb") as file:
            file.write(_blank(timezone, tuple(table.digest for table in (*base_tables(), *views()))))
            file.flush()
            os.fsync(file.fileno())
        # What a file that was deleted had written ahead belongs to no other.
        Path(f"{path}.wal").unlink(missing_ok=True)
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)


@lru_cache(maxsize=1)
def _blank(timezone: str, digests: tuple[str, ...]) -> bytes:
    """The bytes of the file, for tables of these texts."""
    with tempfile.TemporaryDirectory(prefix="cdp-blank-") as directory:
        path = Path(directory) / "blank.duckdb"
        engine = Engine(path, timezone)
        try:
            prepare(engine)
        finally:
            engine.close()
        return path.read_bytes()
