"""Types of a workspace's own (`x.…`): they need no declaration, and declaring a JSON Schema for one makes it enforced."""

from __future__ import annotations

from typing import Any, Protocol


class OwnTypes(Protocol):
    """What a workspace declared about its own types."""

    def check(self, type_name: str, data: dict[str, Any]) -> None:
        """Raises Rejected("schema") with the path of the first thing that does not fit; undeclared types fit."""
        ...

    def identifying(self, type_name: str) -> tuple[str, ...]:
        """Names of the fields that are sealed."""
        ...


class Undeclared:
    """A workspace that declared nothing: everything fits, nothing is sealed."""

    def check(self, type_name: str, data: dict[str, Any]) -> None:
        """Nothing to check."""

    def identifying(self, type_name: str) -> tuple[str, ...]:
        """None."""
        return ()
