"""`cdp init`: copies a playbook into a directory."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from cdp.app.playbooks.copying import claim, templates, write_files
from cdp.errors import UsageError

PLAYBOOKS = ("fresh", "bakery", "baby")


def init_workspace(directory: Path, playbook: str = "fresh") -> list[Path]:
    """Make a workspace and answer its files; the journeys in it pass `cdp journey check`.

    Raises UsageError for an unknown playbook, WorkspaceError for a directory that is not empty or cannot be written.
    """
    if playbook not in PLAYBOOKS:
        raise UsageError(f"there is no playbook {playbook!r}; there are {', '.join(PLAYBOOKS)}")
    claim(directory)
    return write_files(directory, templates(files("cdp.app.playbooks") / playbook))
