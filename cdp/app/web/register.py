"""Who is who as a page shows it, and what somebody says there: the operations behind the pages' port."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from cdp.app.operations import identity, linking, unmerging
from cdp.app.operations.runtime import Runtime

_FRESH = 60.0


class RuntimeRegister:
    """The register of one workspace."""

    def __init__(self, runtime: Runtime):
        self._runtime = runtime
        self._counted: tuple[float, int] | None = None
        """When it was last counted how many wait. Counting looks at everybody's links, and a list is looked at often."""

    def waiting(self) -> int:
        counted, now = self._counted, time.monotonic()
        if counted is None or now - counted[0] > _FRESH:
            counted = self._counted = now, int(identity.ambiguous(self._runtime, limit=0)["total"])
        return counted[1]

    def ambiguous(self, *, settled: bool) -> Mapping[str, Any]:
        return identity.ambiguous(self._runtime, settled=settled)

    def identity(self, person: int) -> Mapping[str, Any]:
        return identity.identity(self._runtime, person)

    def wrong_decisions(self, person: int) -> Mapping[str, Any]:
        return unmerging.wrong_decisions(self._runtime, person)

    def settle(self, persons: Sequence[int], by: str, reason: str, *, same: bool) -> Mapping[str, Any]:
        self._counted = None
        return linking.settle(self._runtime, list(persons), same, reason, by)

    def take_out(self, person: int, identifier: int, by: str, reason: str) -> Mapping[str, Any]:
        self._counted = None
        return linking.unlink(self._runtime, [str(identifier)], reason, by, person)
