"""Copies a workspace while it works: one archive that restores to a state in which nothing contradicts anything.

The order is the point. The inbox is copied first: what it takes for done is then in the log, and what it does not know yet
the log answers as a duplicate. The vault is copied last: it holds every name to which the log refers, at worst a few more.
Nobody is erased meanwhile.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from cdp.app.migrations.version import read_version
from cdp.app.operations.archive import ACCESS_KEYS, INBOX, KEY, LOG, VAULT, Manifest, contents, pack
from cdp.app.operations.runtime import Answer, Runtime
from cdp.app.system import System
from cdp.clock import iso
from cdp.errors import UsageError, WorkspaceError
from cdp.log import open_log

_logger = logging.getLogger("cdp.backup")


def backup(runtime: Runtime, file: str, keys: str = "", with_keys: bool = False) -> Answer:
    """Write the archive `file`, and the vault's key to `keys` or into the archive if asked for.

    Whoever writes goes on writing; erasing waits. The archive appears whole or not at all, and none is overwritten.
    Raises UsageError when it exists, WorkspaceError when it cannot be written, LogError when the log does not answer.
    """
    system, target = runtime.system, Path(file)
    _require_possible([target, *([Path(keys)] if keys else [])])
    try:
        with runtime.exclusive, tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as name:
            staging = Path(name)
            manifest = _copy(system, staging, with_keys=with_keys)
            if keys:
                _write_private(Path(keys), (system.settings.data / KEY).read_bytes())
            pack(target, staging, manifest)
    except (OSError, sqlite3.Error) as error:
        if keys:
            Path(keys).unlink(missing_ok=True)
        raise WorkspaceError(
            f"the backup {target} cannot be written ({error}): check the place and its free space"
        ) from None
    size = target.stat().st_size
    _logger.info("backed up", extra={"fields": {"position": manifest.position, "bytes": size}})
    return {
        "file": str(target), "bytes": size, "position": manifest.position, "recorded_at": manifest.recorded_at,
        "files": {name: each.bytes for name, each in manifest.files.items()},
        "vault_key": "in the archive" if with_keys else keys or "not backed up: keep data/vault.key elsewhere",
    }  # fmt: skip


def _require_possible(targets: list[Path]) -> None:
    if len(set(targets)) < len(targets):
        raise UsageError("the key needs a file of its own, apart from the backup")
    for target in targets:
        if target.exists():
            raise UsageError(f"{target} exists: choose another name, no backup is overwritten")
        if not target.parent.is_dir():
            raise UsageError(f"{target.parent} is no directory: make it first")


def _copy(system: System, staging: Path, *, with_keys: bool) -> Manifest:
    data = system.settings.data
    _copy_database(data / INBOX, staging / INBOX)
    _copy_log(system, staging / LOG)
    _copy_database(data / VAULT, staging / VAULT)
    for name in (ACCESS_KEYS, *([KEY] if with_keys else [])):
        if (data / name).exists():
            _write_private(staging / name, (data / name).read_bytes())
    with closing(open_log(staging / LOG, system.clock)) as log:
        head = log.head()
        last = log.read(head - 1, 1) if head else []
    return Manifest(
        workspace=system.settings.workspace.name, schema=read_version(data) or 0, made_at=iso(system.clock.now()),
        position=head, recorded_at=iso(last[0].recorded_at) if last else "", files=contents(staging),
    )  # fmt: skip


def _copy_log(system: System, target: Path) -> None:
    """The log as a file, wherever it stands."""
    if not system.settings.log.url:
        _copy_database(system.settings.data / LOG, target)
        return
    _write_private(target, b"")
    with closing(open_log(target, system.clock)) as copy:
        copy.take_over(system.log)


def _copy_database(source: Path, target: Path) -> None:
    """A copy of one committed state, made while others write."""
    with closing(sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True, timeout=30)) as origin:
        _write_private(target, b"")
        with closing(sqlite3.connect(target)) as copy:
            origin.backup(copy)


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
