"""One API call of WeCom, and what a handler makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cdp.app.sandbox.journal import Record
from cdp.app.sandbox.sandbox import Sandbox
from cdp.errors import PlatformError


@dataclass(frozen=True)
class Call:
    """What came in."""

    query: Mapping[str, str]
    body: Mapping[str, Any]
    file: bytes = b""
    filename: str = ""

    def text(self, key: str) -> str:
        """A text of the body that must be there. Raises PlatformError 40058."""
        value = self.body.get(key)
        if not isinstance(value, str) or not value:
            raise invalid(key)
        return value

    def texts(self, key: str) -> list[str]:
        """A list of texts; empty where it is missing. Raises PlatformError 40058."""
        value = self.body.get(key) or []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise invalid(key)
        return value


@dataclass(frozen=True)
class Done:
    """What is answered beside `errcode`, and what stands in the receipt."""

    reply: Mapping[str, Any]
    receipt: Record = field(default_factory=dict)


Handler = Callable[[Sandbox, Call], Done]


def invalid(what: str) -> PlatformError:
    """WeCom's answer to a parameter that does not fit."""
    return PlatformError("wecom", 40058, f"invalid request parameter: {what}")


def no_contact(person: str) -> PlatformError:
    """WeCom's answer about somebody whom the staff member does not have."""
    return PlatformError("wecom", 84061, f"not external contact: {person}")
