"""`data/version`: one line, `linli-cdp 1`. It is written before anything else, so whatever stands beside it is ours."""

from __future__ import annotations

import os
from pathlib import Path

from cdp.errors import WorkspaceError

FILE = "version"
_PRODUCT = "linli-cdp"
_OURS = frozenset({"log.sqlite", "vault.sqlite", "inbox.sqlite", "projections.duckdb"})
_ANYBODYS = frozenset({"vault.key", "lock", "run.json", "keys.json", "published", "sandbox"})
_LOOSE = (".log", ".jsonl", ".gz", ".csv", ".parquet")
"""What may stand in the directory before the workspace is first opened, such as files to be taken in."""


def read_version(data: Path) -> int | None:
    """The schema of a data directory; None for a new one, 0 for one from before schemas were numbered.

    Raises WorkspaceError for the directory of another program.
    """
    file = data / FILE
    if file.exists():
        return _parsed(file)
    names = {p.name for p in data.iterdir()} if data.exists() else set()
    if names & _OURS:
        return 0
    strange = sorted(n for n in names - _ANYBODYS if not n.startswith(".") and not n.endswith(_LOOSE))
    if strange:
        raise WorkspaceError(
            f"{data} holds files of another program ({', '.join(strange[:3])}): choose another directory for the workspace"
        )
    return None


def write_version(data: Path, version: int) -> None:
    """Set the schema of a data directory, durably and whole or not at all. Raises WorkspaceError."""
    beside = data / f".{FILE}.new"
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(f"{_PRODUCT} {version}\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(data / FILE)
    except OSError as error:
        raise WorkspaceError(f"{data / FILE} cannot be written ({error.strerror}): make {data} writable") from None


def _parsed(file: Path) -> int:
    text = file.read_text(encoding="utf-8", errors="replace").strip()
    product, _, number = text.partition(" ")
    if product != _PRODUCT or not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise WorkspaceError(f"{file} was not written by this product: choose another directory for the workspace")
    return int(number)
