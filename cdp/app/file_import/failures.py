"""FILE.failed.jsonl: what could not be taken, beside the file, one line each."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

import msgspec

from cdp.errors import UsageError


class Failure(msgspec.Struct, frozen=True):
    """One line or row that could not be taken."""

    line: int
    reason: str
    path: str
    message: str


class FailureFile:
    """Made with the first failure; one that an earlier, finished run left is removed at the beginning."""

    def __init__(self, file: Path, keep: int):
        """`keep` bytes of what is there stay; the rest is written again."""
        self.path = file.with_name(f"{file.name}.failed.jsonl")
        self._stream: IO[bytes] | None = None
        self.size = 0
        if keep and self.path.exists() and self.path.stat().st_size >= keep:
            os.truncate(self.path, keep)
            self.size = keep
        else:
            self.path.unlink(missing_ok=True)

    def write(self, failures: list[Failure]) -> None:
        """Add failures. Raises UsageError when the directory cannot be written."""
        if not failures:
            return
        try:
            self._stream = self._stream or self.path.open("ab")
            self.size += self._stream.write(b"".join(msgspec.json.encode(f) + b"\n" for f in failures))
            self._stream.flush()
        except OSError as error:
            raise UsageError(f"{self.path} cannot be written: {error.strerror}") from None

    def close(self) -> None:
        """Close it."""
        if self._stream is not None:
            self._stream.close()
