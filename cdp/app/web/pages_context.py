"""Hands the pages what they may touch: reads of the tables, the vault for names, and a few questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cdp.app.operations.definitions import list_journeys
from cdp.app.operations.runtime import Runtime
from cdp.app.web.login import KeyLogin
from cdp.app.web.pages import PageContext, Workspace
from cdp.clock import iso
from cdp.inbox.store import Inbox
from journeys.why import why
from projections.funnel import FULL_FUNNEL, dropped, funnel


def page_context(runtime: Runtime) -> PageContext:
    """The context of one workspace; with a login as soon as the server listens beyond loopback."""
    system, settings = runtime.system, runtime.system.settings
    return PageContext(
        reader=runtime.system.projector.reader(),
        vault=system.vault,
        log=system.log,
        clock=system.clock,
        workspace=Workspace(
            name=settings.workspace.name, timezone=settings.workspace.timezone, demo=settings.workspace.demo
        ),
        funnel=_FullFunnel(runtime),
        why=lambda person, journey: why(system.log, _surrogates(runtime, person), journey),
        journeys=lambda: list_journeys(runtime)["journeys"],
        inbox=_Failures(system.inbox),
        login=None if settings.loopback else KeyLogin(system.keys, settings.data),
    )


class _FullFunnel:
    """The shop's seven steps."""

    def __init__(self, runtime: Runtime):
        self._runtime = runtime

    def counts(self, since: int, until: int, window: int) -> Sequence[int]:
        reader = self._runtime.system.projector.reader()
        return funnel(reader, FULL_FUNNEL, since=since, until=until, window=window).counts

    def dropped(self, since: int, until: int, window: int, step: int) -> Sequence[int]:
        reader = self._runtime.system.projector.reader()
        return dropped(reader, FULL_FUNNEL, since=since, until=until, window=window, step=step)


class _Failures:
    """The inbox as a page shows it."""

    def __init__(self, inbox: Inbox):
        self._inbox = inbox

    def counts(self) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for row in self._inbox.counts():
            if row["outcome"] == "failed":
                found[str(row["reason"])] = found.get(str(row["reason"]), 0) + int(str(row["count"]))
        return found

    def failures(self, reason: str, limit: int) -> Sequence[Mapping[str, Any]]:
        rows = self._inbox.failures(reason=reason, limit=1_000_000)[-limit:]
        return [
            {**row, "received_at": iso(int(str(row["received_at"]))), "source": f"{row['connector']}/{row['name']}"}
            for row in reversed(rows)
        ]


def _surrogates(runtime: Runtime, person: int) -> list[int]:
    rows = runtime.system.projector.reader().rows("SELECT surrogate FROM identifiers WHERE person_id = ?", [person])
    return [int(row["surrogate"]) for row in rows]
