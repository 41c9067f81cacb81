"""Directories made once by a process and copied from then on: a test begins where its story does, and none sees what another did."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Hashable
from functools import cache, lru_cache
from pathlib import Path


def place(directory: Path, make: Callable[..., None], *arguments: Hashable) -> None:
    """Fill `directory` with what `make(an empty directory, *arguments)` leaves when it returns, all files closed."""
    shutil.copytree(_made(make, *arguments), directory, dirs_exist_ok=True)


@cache
def _made(make: Callable[..., None], *arguments: Hashable) -> Path:
    directory = Path(tempfile.mkdtemp(dir=_all()))
    make(directory, *arguments)
    return directory


@lru_cache(maxsize=1)
def _all() -> str:
    kept = tempfile.TemporaryDirectory(prefix="finished-")
    atexit.register(kept.cleanup)
    return kept.name
