"""Writes into the log of the process how far it is with what takes long."""

from __future__ import annotations

import logging
import time

_EVERY = 10.0


class Told:
    """Hears of progress; tells of each table once, and of one that takes long every few seconds."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._table = ""
        self._told = 0.0

    def __call__(self, table: str, done: int, total: int) -> None:
        now = time.monotonic()
        if table != self._table or now - self._told >= _EVERY:
            self._table, self._told = table, now
            self._logger.info("rebuilding", extra={"fields": {"table": table, "done": done, "total": total}})
