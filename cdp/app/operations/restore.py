"""Makes a workspace out of a backup: digests checked, erasures that the log knows applied, tables built from the log."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from datetime import datetime
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
from cdp.clock import Clock, DrivenClock, SystemClock, to_moment
from cdp.errors import UsageError, WorkspaceError
from cdp.log import Log, open_log
from cdp.outbox import orders
from cdp.outbox.book import Book
from cdp.vault import open_vault


def restore(file: Path, into: Path, keys: Path | None = None, log_url: str = "") -> Answer:
    """Restore the workspace in `file` into the directory `into`, which must have no data yet.

    Its own cdp.toml and definition files stay; those that are missing are written as the log recorded them. The log goes
    into the empty database that `log_url` or cdp.toml names, else into a file. Delivery is held until somebody releases it.
    `data` appears whole or not at all; killed after that, opening the workspace finishes the rest. Raises UsageError without
    the vault's key, WorkspaceError for a damaged archive, a key that is another one, or a directory or database in use.
    """
    data = into / "data"
    with opened(file) as (archive, manifest):
        _require_possible(data, manifest, keys)
        place = _place_of_log(into, log_url)
        staging = into / ".data.restoring"
        shutil.rmtree(staging, ignore_errors=True)
        try:
            staging.mkdir(parents=True, mode=0o700)
            unpack(archive, manifest, staging)
            _prepare(staging, into, manifest, keys, place)
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
    if keys is None and KEY not in manifest.files:
        raise UsageError("the backup has no vault.key: give the key with --keys FILE; without it no name can be read")


def _place_of_log(into: Path, log_url: str) -> str:
    """The URL of the database for the log; empty for a file. Raises UsageError where cdp.toml says something else."""
    if not (into / FILE).exists():
        return log_url
    settled = load(into).log.url
    if log_url and settled != log_url:
        raise UsageError(
            f"{into / FILE} names another place for the log: put the URL into its [log], or leave --log out"
        )
    return settled


def _prepare(staging: Path, into: Path, manifest: Manifest, keys: Path | None, place: str) -> None:
    """Everything that can still be refused, before `data` appears."""
    if keys is not None:
        (staging / KEY).unlink(missing_ok=True)
        descriptor = os.open(staging / KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(keys.read_bytes())
    open_vault(staging).close()
    with closing(open_log(staging / LOG, SystemClock())) as log:
        if problems := log.check():
            raise WorkspaceError(f"the log in the backup is damaged ({problems[0]}): use another backup")
    write_version(staging, manifest.schema)
    migrate(staging)
    clock = _clock(into, manifest)
    with closing(open_vault(staging)) as vault, closing(open_log(staging / LOG, clock)) as log:
        if place:
            _move(log, place, manifest, clock)
        else:
            _hold(log, manifest, clock)
        write_recorded(into, current_configuration(log), vault, place)
    if place:
        (staging / LOG).unlink()


def _clock(into: Path, manifest: Manifest) -> Clock:
    """The workspace's clock; one that is driven stands where the log ends."""
    if not (into / FILE).exists() or load(into).workspace.clock == "system":
        return SystemClock()
    return DrivenClock(to_moment(datetime.fromisoformat(manifest.recorded_at)) if manifest.recorded_at else 0)


def _move(log: Log, place: str, manifest: Manifest, clock: Clock) -> None:
    """Into the database; what an interrupted restore of the same backup left there is taken for it."""
    with closing(open_log(place, clock)) as database:
        if not _stands_there(database, log, manifest.position):
            database.take_over(log)
        _hold(database, manifest, clock)


def _stands_there(database: Log, log: Log, position: int) -> bool:
    if not 0 < position <= database.head() <= position + 1:
        return False
    return database.read(position - 1, 1) == log.read(position - 1, 1)


def _hold(log: Log, manifest: Manifest, clock: Clock) -> None:
    """Nothing is delivered until a person has seen to what may have gone out after the backup."""
    with Book(log).state() as state:
        log.append(orders.hold(state, clock.now(), "restore", f"backup of {manifest.made_at}"))


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
        "held": True,
        "beware": f"the log ends at position {manifest.position} ({manifest.recorded_at}): it knows no erasure, consent or "
        "delivery after that. Erase again whoever was erased later. Delivery is held: settle what went out later "
        "(`cdp outbox list`, `cdp outbox confirm`), then `cdp outbox release`.",
    }  # fmt: skip
