"""The one composition root: everything the product consists of is put together here, for server, CLI and tests alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cdp.app.keys import Keys
from cdp.app.lookups import Lookups
from cdp.app.migrations.ladder import require_current
from cdp.app.missing_log import LOG_FILE, require_log
from cdp.app.own_types import load_own_types
from cdp.app.settings import Settings
from cdp.app.workspace import Hold
from cdp.clock import Clock, DrivenClock, SystemClock, to_moment
from cdp.errors import WorkspaceError
from cdp.inbox.mapping import Mapper
from cdp.inbox.store import Inbox
from cdp.ingest import Door
from cdp.log import Log, open_log
from cdp.outbox.outbox import Outbox
from cdp.ports import Connector, Sink
from cdp.vault import SqliteVault, open_vault
from connectors.registry import connector, contacts, sinks
from journeys.engine import Engine
from journeys.render import render
from projections.asking.asker import Asker
from projections.asking.question import Bounds
from projections.moments import Moments
from projections.projector import Projector


@dataclass
class System:
    """A workspace, opened. Close it, or the next process finds it held."""

    settings: Settings
    hold: Hold
    clock: Clock
    log: Log
    vault: SqliteVault
    inbox: Inbox
    door: Door
    mapper: Mapper
    connectors: Mapping[tuple[str, str], Connector]
    sinks: Mapping[str, Sink]
    outbox: Outbox
    lookups: Lookups
    projector: Projector
    asker: Asker
    moments: Moments
    engine: Engine
    keys: Keys
    closed: bool = field(default=False)

    def close(self) -> None:
        """Close every file and let go of the workspace; again does nothing."""
        if self.closed:
            return
        self.closed = True
        self.asker.close()
        self.moments.close()
        self.projector.close()
        self.inbox.close()
        self.log.close()
        self.vault.close()
        self.hold.release()


def build(settings: Settings) -> System:
    """Open the workspace and put the system together. Raises WorkspaceError when it cannot be held or written."""
    hold = Hold(settings.data)
    try:
        require_current(settings.data)
        if not settings.log.url:
            require_log(settings.data)
        return _assemble(settings, hold)
    except OSError as error:
        hold.release()
        raise WorkspaceError(f"{settings.data} cannot be used: {error}") from None
    except BaseException:
        hold.release()
        raise


def _assemble(settings: Settings, hold: Hold) -> System:
    with ExitStack() as opened:
        system = _put_together(settings, hold, opened)
        opened.pop_all()
    return system


def _put_together(settings: Settings, hold: Hold, opened: ExitStack) -> System:
    """What it opens is closed by `opened`, should a later part not open."""
    data = settings.data
    clock = _clock(settings)
    own_types = load_own_types(settings.directory)
    log = opened.enter_context(closing(open_log(settings.log.url or data / LOG_FILE, clock)))
    # Two servers of two workspaces over one database would otherwise find out at their first write.
    log.claim()
    if isinstance(clock, DrivenClock):
        last = log.read(max(log.head() - 1, 0), 1)
        clock.advance_to(last[-1].recorded_at if last else 0)
    vault = opened.enter_context(closing(open_vault(data, must_exist=log.head() > 0)))
    inbox = opened.enter_context(closing(Inbox(data / "inbox.sqlite")))
    keys = Keys(data / "keys.json")
    door = Door(log, vault, clock, lambda: settings.identity, own_types)
    accounts = list(_accounts(settings))
    connectors = {(kind, name): connector(kind, name, options, vault.fingerprint) for kind, name, options in accounts}
    channels = {sink.channel: sink for account in accounts for sink in sinks(*account, clock)}
    books = {f"{a[0]}/{a[1]}": book for a in accounts if (book := contacts(*a, vault.fingerprint, clock)) is not None}
    timezone, memory = settings.workspace.timezone, settings.tables.memory_mb << 20
    projector = opened.enter_context(
        closing(Projector(data / "projections.duckdb", log, timezone=timezone, memory=memory))
    )
    return System(
        settings=settings,
        hold=hold,
        clock=clock,
        log=log,
        vault=vault,
        inbox=inbox,
        door=door,
        mapper=Mapper(inbox, door, connectors),
        connectors=connectors,
        sinks=channels,
        outbox=Outbox(log, vault, door, channels, clock, render),
        lookups=Lookups(log, vault, door, books),
        projector=projector,
        asker=Asker(projector.parts, _bounds(settings)),
        moments=Moments(data / "moments", log, _bounds(settings), timezone=timezone, memory=memory),
        engine=Engine(log, clock),
        keys=keys,
    )


def _accounts(settings: Settings) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every account of cdp.toml with its options; a directory among them is meant inside the workspace."""
    for kind, named in settings.connectors.items():
        for name, options in named.items():
            located = {"files": str(settings.directory / options.get("files", "files"))} if kind == "wecom" else {}
            yield kind, name, {**options, **located}


def _bounds(settings: Settings) -> Bounds:
    sql = settings.sql
    return Bounds(
        memory_mb=sql.memory_mb, spill_mb=sql.spill_mb, threads=sql.threads, at_once=sql.at_once, wait=sql.wait_seconds
    )  # fmt: skip


def _clock(settings: Settings) -> Clock:
    if settings.workspace.clock == "system":
        return SystemClock()
    start = settings.workspace.clock_start
    return DrivenClock(to_moment(datetime.fromisoformat(start)) if start else SystemClock().now())
