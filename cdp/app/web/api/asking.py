"""How a route asks an operation: the caller's scope first, then the same function that the command line calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from cdp.app.keys import Scope
from cdp.app.operations.runtime import Runtime
from cdp.app.operations.table import OPERATIONS, perform
from cdp.app.web.api.access import Access


@dataclass(frozen=True)
class Asking:
    """Operations of one workspace, as far as a caller may."""

    runtime: Runtime
    access: Access

    def __call__(self, request: Request, name: str, **parameters: Any) -> JSONResponse:
        """The answer of an operation. Raises 401 and 403 before anything is done; who is revealed, an admin alone sees."""
        open_to: Scope = OPERATIONS[name].scope if name in OPERATIONS and not parameters.get("reveal") else "admin"
        self.access.require(request, open_to)
        return JSONResponse(perform(self.runtime, name, parameters))

    def may(self, request: Request, scope: Scope) -> bool:
        """Whether the caller reaches that far."""
        try:
            self.access.require(request, scope)
        except HTTPException:
            return False
        return True
