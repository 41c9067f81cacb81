"""How far the import of a file has come, kept beside the workspace's data so that an interrupted import goes on.

A checkpoint is written after a batch is durable, so it may lag behind the log and never leads; what is taken a second time is
a duplicate. It belongs to the file as it is (path, size, time of change), the source, the mapping and `--history`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import msgspec

from cdp.ids import derive

Count = Annotated[int, msgspec.Meta(ge=0)]


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What was done of a file so far."""

    file: str
    rows: Count = 0
    """Rows or lines to skip in order to go on."""
    accepted: Count = 0
    duplicate: Count = 0
    failed: Count = 0
    failed_bytes: Count = 0
    """How long the file of failures was then; what stands behind it was written by a batch that is taken again."""


class Checkpoint:
    """The checkpoint of one import."""

    def __init__(self, data: Path, file: Path, *parts: str):
        self._file = str(file.resolve())
        about = file.stat()
        name = derive(self._file, about.st_size, about.st_mtime_ns, *parts)
        self._path = data / "imports" / f"{name}.json"

    def load(self) -> Progress:
        """Where to go on; at the beginning if nothing was kept or it cannot be read."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Progress)
        except (OSError, UnicodeDecodeError, msgspec.MsgspecError):
            return Progress(file=self._file)

    def save(self, progress: Progress) -> None:
        """Keep how far it has come; replaced in one step, so a crash leaves the old one or the new one."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_bytes(msgspec.json.encode(progress))
        temporary.replace(self._path)

    def remove(self) -> None:
        """The file is done: taking it again begins anew."""
        self._path.unlink(missing_ok=True)
