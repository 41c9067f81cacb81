"""Hands the pages what they may touch: reads of the tables, the vault for names, and a few questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cdp.app.operations.runtime import Runtime
from cdp.app.web.login import KeyLogin
from cdp.app.web.pages import PageContext, Workspace
from cdp.clock import iso
from cdp.inbox.store import Inbox


def page_context(runtime: Runtime) -> PageContext:
    """The context of one workspace; with a login beyond loopback, and where the settings ask for it."""
    system, settings = runtime.system, runtime.system.settings
    return PageContext(
        reader=runtime.system.projector.reader(),
        vault=system.vault,
        log=system.log,
        clock=system.clock,
        workspace=Workspace(
            name=settings.workspace.name, timezone=settings.workspace.timezone, demo=settings.workspace.demo
        ),
        inbox=_Failures(system.inbox),
        login=KeyLogin(system.keys, settings.data) if settings.server.login or not settings.loopback else None,
    )


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
