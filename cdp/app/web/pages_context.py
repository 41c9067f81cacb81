"""Hands the pages what they may touch: reads of the tables, the vault for names, and a few questions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from cdp.app.operations import delivery, doors, past, segments
from cdp.app.operations.runtime import Runtime
from cdp.app.web.desk import RuntimeDesk
from cdp.app.web.login import KeyLogin
from cdp.app.web.pages import PageContext, Workspace
from cdp.app.web.register import RuntimeRegister
from cdp.clock import iso
from cdp.errors import LogError
from projections.read import Reader


def page_context(runtime: Runtime) -> PageContext:
    """The context of one workspace; with a login beyond loopback, and where the settings ask for it."""
    system, settings = runtime.system, runtime.system.settings
    return PageContext(
        reader=runtime.system.projector.reader(),
        vault=system.vault,
        log=system.log,
        clock=system.clock,
        stopped=lambda: failure.view if (failure := system.projector.stopped) else "",
        workspace=Workspace(
            name=settings.workspace.name, timezone=settings.workspace.timezone, demo=settings.workspace.demo
        ),
        inbox=_Failures(runtime),
        outbox=_Deliveries(runtime),
        desk=RuntimeDesk(runtime),
        register=RuntimeRegister(runtime),
        tagging=_Tagging(runtime),
        past=_Past(runtime),
        login=KeyLogin(system.keys, settings.data) if settings.server.login or not settings.loopback else None,
    )


class _Failures:
    """The inbox as a page shows it."""

    def __init__(self, runtime: Runtime):
        self._runtime, self._inbox = runtime, runtime.system.inbox

    def counts(self) -> Mapping[str, int]:
        return self._inbox.waiting()

    def failures(self, reason: str, limit: int) -> Sequence[Mapping[str, Any]]:
        rows = self._inbox.failures(reason=reason, limit=1_000_000)[-limit:]
        return [
            {**row, "received_at": iso(int(str(row["received_at"]))), "source": f"{row['connector']}/{row['name']}"}
            for row in reversed(rows)
        ]

    def show(self, raw: int) -> Mapping[str, Any]:
        found = doors.show_raw(self._runtime, raw)
        return {**found, "source": f"{found['connector']}/{found['name']}"}

    def replay(self, raws: Sequence[int]) -> Mapping[str, int]:
        return doors.replay(self._runtime, list(raws) or None)


class _Deliveries:
    """The outbox as a page shows it, and what a person orders there."""

    def __init__(self, runtime: Runtime):
        self._runtime, self._outbox = runtime, runtime.system.outbox

    def held(self) -> Mapping[str, str] | None:
        try:
            held = self._outbox.held()
        except LogError:
            return None  # a page of tables is readable though the log does not answer
        return {"since": iso(held.since), "by": held.by, "reason": held.reason} if held is not None else None

    def actions(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        found = delivery.list_actions(self._runtime)
        return {name: found[name] for name in ("open", "unknown", "dead")}

    def hold(self, by: str, reason: str) -> None:
        delivery.hold(self._runtime, by, reason)

    def release(self, by: str) -> None:
        delivery.release(self._runtime, by)

    def redrive(self, actions: Sequence[str], by: str) -> None:
        delivery.redrive(self._runtime, list(actions), by)

    def confirm(self, actions: Sequence[str], by: str, *, delivered: bool) -> None:
        delivery.confirm(self._runtime, list(actions), delivered, by)


class _Past:
    """Moments gone by, as the command line names them."""

    def __init__(self, runtime: Runtime):
        self._runtime = runtime

    def reader(self, as_of: str, known: str) -> tuple[Reader, int]:
        then = self._runtime.as_of(past.moment(self._runtime, as_of, known))
        return then.reader(), then.now()


class _Tagging:
    """Tags for a list of people, as the command line gives them."""

    def __init__(self, runtime: Runtime):
        self._runtime = runtime

    def add(self, tag: str, persons: Collection[int]) -> Mapping[str, Any]:
        return segments.add_tag(self._runtime, tag, persons)
