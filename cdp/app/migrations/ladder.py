"""The steps from one schema of a workspace to the next, and who takes them: `cdp migrate`, never the opening of a workspace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cdp.app.migrations.version import read_version, write_version
from cdp.app.missing_log import LOG_FILE
from cdp.errors import WorkspaceError
from cdp.log.sqlite_upgrade import keep_keys_in_runs


@dataclass(frozen=True)
class Step:
    """One rung: `work` brings a data directory to schema `to`.

    Killed half-way it is taken again from its beginning, so doing it twice must be the same as doing it once.
    """

    to: int
    what: str
    work: Callable[[Path], None]


def _number_it(data: Path) -> None:
    """Schema 1 is what workspaces were before their schemas were numbered."""


def _keep_keys_in_runs(data: Path) -> None:
    keep_keys_in_runs(data / LOG_FILE)


LADDER: tuple[Step, ...] = (
    Step(1, "the schema gets its number; nothing else changes", _number_it),
    Step(
        2,
        "the log keeps the keys of its events in runs, so that a key costs the same in a log of any length",
        _keep_keys_in_runs,
    ),
)


def require_current(data: Path, ladder: Sequence[Step] = LADDER) -> None:
    """Let a data directory of the present schema pass, and give a new one its number.

    Raises WorkspaceError, in one sentence that says what to do, for an older, newer or foreign one; nothing is changed in it.
    """
    newest, found = ladder[-1].to, read_version(data)
    if found is None:
        write_version(data, newest)
    elif found < newest:
        raise WorkspaceError(
            f"{data} has schema {found}, this version works on {newest}: "
            f"make a copy of it, then run `cdp migrate --workspace {data.parent}`"
        )
    elif found > newest:
        raise WorkspaceError(
            f"{data} has schema {found}, this version works on {newest}: use the newer version that wrote it"
        )


def migrate(data: Path, ladder: Sequence[Step] = LADDER) -> list[Step]:
    """Take every step that is missing, in order; answers them. The caller holds the workspace.

    The number goes up after each step. Raises WorkspaceError for a newer or foreign directory.
    """
    found = read_version(data)
    newest = ladder[-1].to
    if found is None or found > newest:
        require_current(data, ladder)
        return []
    taken = [step for step in ladder if step.to > found]
    for step in taken:
        step.work(data)
        write_version(data, step.to)
    return taken
