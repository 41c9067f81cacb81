"""What became of giving a tag to a list of people, from one page to the next: it stands in the URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request

_COUNTS = ("added", "carried", "unreachable")


def told(tag: str, answer: Mapping[str, Any]) -> dict[str, object]:
    """The part of a URL that tells it."""
    return {"saved": tag, **{name: answer[name] for name in _COUNTS}}


def refused() -> dict[str, object]:
    """The same where that was no tag."""
    return {"saved": "0"}


def saved(request: Request) -> dict[str, str | int] | None:
    """What the URL tells; `tag` is empty where it was none. None where nothing was saved."""
    params = request.query_params
    if "saved" not in params:
        return None
    counts = {name: _number(params.get(name, "")) for name in _COUNTS}
    return {"tag": params["saved"] if "added" in params else "", **counts}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
