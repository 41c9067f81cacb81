"""The receipts: one JSON object a line, on disk before anybody is answered."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

Record = dict[str, Any]
_encode = msgspec.json.Encoder().encode


class Journal:
    """An append-only file. A line torn by a crash was never answered for, and is cut off when the file is opened."""

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.records: list[Record] = []
        whole = 0
        for line in path.read_bytes().splitlines(keepends=True) if path.exists() else []:
            if not line.endswith(b"\n"):
                break
            self.records.append(msgspec.json.decode(line))
            whole += len(line)
        self._file = path.open("ab")
        self._file.truncate(whole)

    def append(self, records: Sequence[Record]) -> None:
        """Number the records and write them; durable before it returns."""
        for record in records:
            record["n"] = len(self.records) + 1
            self.records.append(record)
        self._file.write(b"".join(_encode(record) + b"\n" for record in records))
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()
