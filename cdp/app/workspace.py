"""A workspace is a directory. Here: who holds it, where its server answers, and the files that decisions may read."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import time
from pathlib import Path
from typing import IO

import msgspec

from cdp.errors import DefinitionError, Problem, WorkspaceError

DEFINITION_FILES = ("journeys/*.yaml", "traits.yaml", "tags.yaml", "campaigns/*.yaml")
_PATIENCE = 0.5
"""Seconds for which a workspace that is held is asked again."""
_PAUSE = 0.02
_COMING_UP = 10.0
"""Seconds for which a command waits for a server that holds the workspace and has not said yet where it answers."""


class RunInfo(msgspec.Struct, frozen=True):
    """`data/run.json`: where the server of this workspace answers, and the token that lets the CLI in."""

    url: str
    token: str
    pid: int


class Hold:
    """The exclusive hold of one process on a workspace; the operating system lets go when the process ends."""

    def __init__(self, data: Path):
        self._path = data / "lock"
        try:
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = self._path.open("a+b")
        except OSError as error:
            raise WorkspaceError(f"{data} cannot be written ({error.strerror}); choose another directory") from None
        if not _locked(self._file, _PATIENCE):
            self._file.close()
            raise WorkspaceError(_held(data)) from None

    def release(self) -> None:
        """Let go."""
        self._file.close()


def write_run_info(data: Path, url: str) -> RunInfo:
    """Make a new token and write `run.json`, readable by its owner alone."""
    info = RunInfo(url, secrets.token_urlsafe(32), os.getpid())
    temporary = data / "run.json.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(info))
    temporary.replace(data / "run.json")
    return info


def remove_run_info(data: Path) -> None:
    """Take `run.json` away, when the server stops; a server that is killed leaves it."""
    with contextlib.suppress(OSError):
        (data / "run.json").unlink()


def read_run_info(data: Path) -> RunInfo | None:
    """Where the server of this workspace answers; None when no server holds the workspace."""
    return _note(data) if is_held(data) else None


def server_of(data: Path, patience: float = _COMING_UP) -> RunInfo | None:
    """Where the server of this workspace answers, waiting for one that is coming up; None when the workspace is free.

    None as well when after so many seconds it is still held by a process that says nothing.
    """
    end = time.monotonic() + patience
    while is_held(data):
        info = _note(data)
        if info is not None and _alive(info.pid):
            return info
        if time.monotonic() >= end:
            return None
        time.sleep(_PAUSE)
    return None


def is_held(data: Path) -> bool:
    """Whether a process holds the workspace at this moment."""
    try:
        with (data / "lock").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def definition_files(directory: Path) -> dict[str, str]:
    """Path inside the workspace -> whole text, of every file that a decision may read. Raises DefinitionError."""
    files, problems = read_definition_files(directory)
    if problems:
        raise DefinitionError(f"{len(problems)} definition file(s) cannot be read", problems)
    return files


def read_definition_files(directory: Path) -> tuple[dict[str, str], list[Problem]]:
    """The definition files that can be read, and what is the matter with each of the others."""
    files: dict[str, str] = {}
    problems: list[Problem] = []
    for path in sorted(p for pattern in DEFINITION_FILES for p in directory.glob(pattern)):
        name = str(path.relative_to(directory))
        try:
            files[name] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            problems.append(Problem(name, line, "", "this is not UTF-8 text; save the file as UTF-8"))
        except OSError as error:
            problems.append(Problem(name, 0, "", f"cannot be read ({error.strerror})"))
    return files, problems


def _locked(file: IO[bytes], patience: float) -> bool:
    """Whether the exclusive lock was got: who asks whether a workspace is held has it locked for a moment."""
    end = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() >= end:
                return False
            time.sleep(_PAUSE)
        else:
            return True


def _note(data: Path) -> RunInfo | None:
    try:
        return msgspec.json.decode((data / "run.json").read_bytes(), type=RunInfo)
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError):
        return None


def _held(data: Path) -> str:
    info = _note(data)
    # A server that was killed left its note; who holds the workspace now is no server, or one that is just starting.
    who = f"the server with pid {info.pid} at {info.url}" if info and _alive(info.pid) else "another command"
    return f"{data.parent} is held by {who}; stop it first, or use a workspace of your own"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True
