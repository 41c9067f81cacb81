"""Pages as of a day gone by: which day, what of it was known, and the tables to read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from fastapi import Request

from cdp.app.web.pages.context import PageContext
from cdp.app.web.pages.view import View
from cdp.errors import UsageError

_THEN, _NOW = "then", "now"


@dataclass(frozen=True)
class Then:
    """A day gone by, as it was asked for; and its moment."""

    day: str
    known: str
    at: int


@dataclass(frozen=True)
class Shown:
    """What a page reads: the tables of then, or of now; `wrong` is what was asked for in vain."""

    context: PageContext
    then: Then | None
    wrong: str
    latest: str
    """The last day that may be asked for."""

    def keep(self) -> dict[str, str]:
        """What stands in an address for the day."""
        if self.then is None:
            return {}
        return {"as_of": self.then.day, "known": self.then.known if self.then.known != _THEN else ""}

    def values(self) -> dict[str, Any]:
        """What a template shows of it, with the freshness of the tables that are shown."""
        told: dict[str, Any] = {
            "then": self.then, "wrong": self.wrong, "latest": self.latest, "keep": self.keep(),
            "dated": self.context.past is not None,
        }  # fmt: skip
        if self.then is not None:
            told |= {"fresh": self.context.reader.freshness(), "behind": 0, "stopped": ""}
        return told


def shown_as_of(view: View, request: Request) -> Shown:
    """The day in the address, `as_of`, with `known`; the tables of now for none, and for what is no day gone by."""
    context, latest = view.context, str(view.today())
    day, known = request.query_params.get("as_of", ""), request.query_params.get("known", "")
    if not day or context.past is None:
        return Shown(context, None, "", latest)
    known = _NOW if known == _NOW else _THEN
    try:
        reader, at = context.past.reader(day, known)
    except UsageError:
        return Shown(context, None, day, latest)
    return Shown(replace(context, reader=reader), Then(day, known, at), "", latest)
