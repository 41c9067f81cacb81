"""What must hold before tables are rebuilt."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from cdp.errors import Problem, UsageError, WorkspaceError
from projections.catalog import base_tables, views
from projections.engine import free_disk

_SPARE = 64 << 20
"""Bytes that a rebuild leaves free in any case."""


def require_views(names: Collection[str]) -> None:
    """Raises UsageError naming every name that stands for no view that is kept."""
    kept = {view.name for view in views() if not view.on_reading}
    others = {table.name: "is made of the log alone: rebuild all tables" for table in base_tables()}
    others |= {view.name: "is computed by whoever reads it" for view in views() if view.on_reading}
    problems = [
        Problem(name, 0, "", others.get(name, f"no such table; there are {', '.join(sorted(kept))}"))
        for name in dict.fromkeys(names)
        if name not in kept
    ]
    if problems:
        raise UsageError("this cannot be rebuilt by itself", problems)


def require_room(path: Path) -> None:
    """A new file grows about as large as the present one, and what does not fit into memory stands beside it meanwhile."""
    needed, free = 2 * path.stat().st_size + _SPARE, free_disk(path)
    if free < needed:
        raise WorkspaceError(
            f"a rebuild needs about {needed >> 20} MB beside {path}, and {free >> 20} MB are free: nothing was changed"
        )
