"""What stands in clear must not tell who somebody is: fields that nobody declared are searched for it at the door.

This catches what is recognisable, a phone number, an e-mail address or one of the event's own identifiers; a name is not.
A workspace seals such fields by declaring them: `docs/ingest.md`, `docs/privacy.md`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from cdp.errors import Rejected

_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[A-Za-z]{2,}")
_SHORTEST = 6
"""Shorter identifiers would be found in anything."""


def refuse_identifying(value: Any, identifiers: Collection[str], path: str) -> None:
    """Raises Rejected("schema") with the path of the first text or number in `value` that could tell who somebody is."""
    match value:
        case str():
            _refuse(value, identifiers, path)
        case bool() | float() | None:
            pass
        case int():
            _refuse(str(value), identifiers, path)
        case Mapping():
            for key, inner in value.items():
                _refuse(str(key), identifiers, path)
                refuse_identifying(inner, identifiers, f"{path}.{key}")
        case Sequence():
            for n, inner in enumerate(value):
                refuse_identifying(inner, identifiers, f"{path}[{n}]")


def _refuse(text: str, identifiers: Collection[str], path: str) -> None:
    what = "a phone number" if _PHONE.search(text) else "an e-mail address" if _MAIL.search(text) else ""
    if not what and any(len(i) >= _SHORTEST and i in text for i in identifiers):
        what = "an identifier of the person"
    if what:
        raise Rejected(
            "schema", f"{what} in a field that stays in clear; put it into `who`, or declare the field", path
        )
