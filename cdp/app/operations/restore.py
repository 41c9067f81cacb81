"""Makes a workspace out of a backup: digests checked, erasures that the log knows applied, tables built from the log."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

from cdp.app.configure import current_configuration
from cdp.app.migrations.ladder import LADDER, migrate
from cdp.app.migrations.version import write_version
from cdp.app.operations.archive import KEY, LOG, Manifest, opened, unpack
from cdp.app.operations.erasure import finish_erasures
from cdp.app.operations.recorded import write_recorded
from cdp.app.operations.runtime import Answer, Runtime
from cdp.app.settings import FILE, load
from cdp.app.system import build
from cdp.app.worker import Worker
from cdp.clock import SystemClock
from cdp.errors import UsageError, WorkspaceError
from cdp.log import open_log
from cdp.vault import open_vault


def restore(file: Path, into: Path, keys: Path | None = None) -> Answer:
    """Restore the workspace in `file` into the directory `into`, which must have no data yet.

    Its own cdp.toml and definition files stay; those that are missing are written as the log recorded them. `data` appears
    whole or not at all; killed after that, opening the workspace finishes the rest. Raises UsageError without the vault's
    key, WorkspaceError for a damaged archive, a key that is another one, or a directory in use.
    """
    data = into / "data"
    with opened(file) as (archive, manifest):
        _require_possible(data, manifest, keys)
        staging = into / ".data.restoring"
        shutil.rmtree(staging, ignore_errors=True)
        try:
            staging.mkdir(parents=True, mode=0o700)
            unpack(archive, manifest, staging)
            _prepare(staging, into, manifest, keys)
            if data.exists():
                data.rmdir()
            staging.rename(data)
        except OSError as error:
            raise WorkspaceError(f"{into} cannot be written ({error.strerror}): choose another directory") from None
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return _bring_up(into, manifest)


def _require_possible(data: Path, manifest: Manifest, keys: Path | None) -> None:
    if data.exists() and any(data.iterdir()):
        raise WorkspaceError(f"{data} is not empty: restore into a directory that has no data yet")
    if manifest.schema > LADDER[-1].to:
        raise WorkspaceError(
            f"the backup has schema {manifest.schema}, this version works on {LADDER[-1].to}: use the newer version"
        )
    if (data.parent / FILE).exists() and load(data.parent).log.url:
        raise UsageError(f"{data.parent / FILE} puts the log into PostgreSQL: take [log] out, the backup holds a file")
    if keys is None and KEY not in manifest.files:
        raise UsageError("the backup has no vault.key: give the key with --keys FILE; without it no name can be read")


def _prepare(staging: Path, into: Path, manifest: Manifest, keys: Path | None) -> None:
    """Everything that can still be refused, before `data` appears."""
    if keys is not None:
        (staging / KEY).unlink(missing_ok=True)
        descriptor = os.open(staging / KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(keys.read_bytes())
    with closing(open_vault(staging)) as vault, closing(open_log(staging / LOG, SystemClock())) as log:
        if problems := log.check():
            raise WorkspaceError(f"the log in the backup is damaged ({problems[0]}): use another backup")
        write_recorded(into, current_configuration(log), vault)
    write_version(staging, manifest.schema)
    migrate(staging)


def _bring_up(into: Path, manifest: Manifest) -> Answer:
    system = build(load(into))
    try:
        runtime = Runtime(system, Worker(system), serving=False)
        erased = finish_erasures(runtime, since=0)
        runtime.catch_up()
        position: Any = system.projector.position
    finally:
        system.close()
    return {
        "workspace": str(into), "made_at": manifest.made_at, "position": manifest.position,
        "recorded_at": manifest.recorded_at, "tables": position, "erasures_applied": erased,
        "beware": f"the log ends at position {manifest.position} ({manifest.recorded_at}): it knows no erasure, consent or "
        "delivery after that. Erase again whoever was erased later, and look at `cdp outbox list` before you serve it.",
    }  # fmt: skip
