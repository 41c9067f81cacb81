"""Files of a new workspace: read from the package, written into an empty directory."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path

from cdp.errors import WorkspaceError

_ENDINGS = (".toml", ".yaml")


def claim(directory: Path) -> None:
    """Make the directory, or accept an empty one. Raises WorkspaceError, in one sentence, for anything else."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        taken = any(directory.iterdir())
    except OSError as error:
        raise WorkspaceError(f"{directory} cannot be used ({error.strerror}); choose another directory") from None
    if taken:
        raise WorkspaceError(f"{directory} is not empty; choose an empty or a new directory")


def templates(root: Traversable, prefix: str = "") -> dict[str, str]:
    """Path -> text of every settings and definition file below `root`."""
    found: dict[str, str] = {}
    for entry in root.iterdir():
        if entry.is_dir():
            found |= templates(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(_ENDINGS):
            found[prefix + entry.name] = entry.read_text(encoding="utf-8")
    return found


def write_files(directory: Path, texts: Mapping[str, str]) -> list[Path]:
    """Write them, in order of their names, and answer their paths. Raises WorkspaceError if the disk says no."""
    written = []
    try:
        for name, text in sorted(texts.items()):
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            written.append(path)
    except OSError as error:
        raise WorkspaceError(f"{directory} cannot be written ({error.strerror}); choose another directory") from None
    return written
