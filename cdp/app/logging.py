"""What the process writes about itself: one JSON object a line, about stages and operations, never about anybody.

Two rules keep people and secrets out. Our own loggers are told numbers, names of stages and of error classes, never what came
in. Of an exception only its class and the places it went through are written, with the message of those errors alone
that speak of positions and files; and of a line by a foreign library only the words that stand in its source.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import sys
import traceback
from pathlib import Path
from typing import Any

from cdp.app.settings import Settings
from cdp.clock import iso
from cdp.errors import LogError, ProjectionFailed, UsageError

LEVELS = ("debug", "info", "warning", "error")
OURS = ("cdp", "connectors", "journeys", "projections")
_SPEAKING = (LogError, ProjectionFailed, sqlite3.Error)
"""Errors whose message carries positions, files and tables: these never hold identifying data."""


def configure(level: str = "info", file: Path | None = None) -> None:
    """Write lines of `level` and above to `file` (added to, never cut) or to the error output; again replaces the former.

    Foreign libraries are heard from `warning` on: an HTTP client, for one, writes whole addresses, secrets included, below.
    """
    handler: logging.Handler = (
        logging.FileHandler(file, encoding="utf-8") if file else logging.StreamHandler(sys.stderr)
    )
    handler.setFormatter(JsonLines())
    silence()
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())


def silence() -> None:
    """Write nothing any more, and close the file."""
    root = logging.getLogger()
    for handler in [h for h in root.handlers if isinstance(h.formatter, JsonLines)]:
        root.removeHandler(handler)
        handler.close()


def configure_for(settings: Settings, level: str = "") -> None:
    """Write as `[logging]` says; `level` takes its place. Raises UsageError for a level or a file that cannot be used."""
    chosen = level or settings.logging.level
    if chosen not in LEVELS:
        raise UsageError(f"unknown log level {chosen!r}; known are {', '.join(LEVELS)}")
    file = settings.directory / settings.logging.file if settings.logging.file else None
    try:
        configure(chosen, file)
    except OSError as error:
        raise UsageError(f"the log file {file} cannot be written: {error.strerror}") from None


class JsonLines(logging.Formatter):
    """A record as one line of JSON: `time`, `level`, `logger`, `event`, the fields it was given, `error` and `at`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": iso(int(record.created * 1_000_000)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage() if _is_ours(record.name) else str(record.msg).partition("\n")[0],
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line |= describe(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def describe(error: BaseException) -> dict[str, Any]:
    """What may be written about an exception: its class, where it came from, and its message if that tells of nobody."""
    frames = traceback.extract_tb(error.__traceback__)
    found: dict[str, Any] = {
        "error": type(error).__name__,
        "at": [f"{_short(f.filename)}:{f.lineno} {f.name}" for f in frames],
    }
    if isinstance(error, _SPEAKING):
        found["message"] = str(error)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return {**found, "cause": describe(cause)} if cause is not None else found


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in OURS


def _short(path: str) -> str:
    return "/".join(Path(path).parts[-3:])
