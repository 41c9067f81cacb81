"""How a route asks an operation: the caller's scope first, then the same function that the command line calls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from cdp.app.keys import Scope
from cdp.app.operations.runtime import Runtime
from cdp.app.operations.table import OPERATIONS, perform
from cdp.app.web.api.access import Access

AsOf = Annotated[
    str, Query(description="As it was at the end of this local day, at this time, or at this position of the log")
]
Known = Annotated[
    str,
    Query(description="With as_of: `then` (the default) for what was known then, `now` for what had happened by then"),
]


@dataclass(frozen=True)
class Asking:
    """Operations of one workspace, as far as a caller may."""

    runtime: Runtime
    access: Access

    def __call__(self, request: Request, name: str, /, **parameters: Any) -> JSONResponse:
        """The answer of an operation, as JSON. Raises what `document` raises."""
        return Answer(self.document(request, name, **parameters))

    def document(self, request: Request, name: str, /, **parameters: Any) -> Any:
        """What an operation answers. Raises 401 and 403 before anything is done; who is revealed, an admin alone sees,
        and where something is written, the workspace's own command line alone says."""
        operation = OPERATIONS.get(name)
        open_to: Scope = operation.scope if operation is not None and not parameters.get("reveal") else "admin"
        caller = self.access.require(request, open_to)
        if operation is not None and not caller.own and (given := operation.places & parameters.keys()):
            raise HTTPException(403, f"{', '.join(sorted(given))}: only the command line says where to write")
        if operation is not None and operation.signed and caller.key:
            parameters = {"by": f"key {caller.key}", **parameters}
        return perform(self.runtime, name, parameters)

    def may(self, request: Request, scope: Scope) -> bool:
        """Whether the caller reaches that far."""
        try:
            self.access.require(request, scope)
        except HTTPException:
            return False
        return True


class Answer(JSONResponse):
    """Whatever the tables may hold, as JSON: what JSON has no form for as text, numbers that are none as null."""

    def render(self, content: Any) -> bytes:
        return json.dumps(_finite(content), default=str, ensure_ascii=False, separators=(",", ":")).encode()


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(each) for key, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, list | tuple) else value
