"""The days a page is about, and the days before that it compares with; both stand in the URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from projections.metrics import MOST
from projections.periods import FIRST, LAST
from projections.periods import Period as Days

PRESETS = ("today", "yesterday", "7d", "30d", "month")
DEFAULT = "7d"

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period(Days):
    """Local days, both ends inclusive. `preset` is empty for days that were picked by hand; `shortened` says that more were picked
    than a page can show one by one."""

    preset: str = ""
    shortened: bool = field(default=False, compare=False)

    def before(self) -> Period:
        """As many days, right before; a month compares with the same days of the month before."""
        days = Days(self.since, self.until)
        found = days.month_before() if self.preset == "month" else days.before()
        return Period(found.since, found.until)

    def query(self) -> dict[str, str]:
        """What stands in a URL for it."""
        if self.preset:
            return {"range": self.preset}
        return {"since": self.since.isoformat(), "until": self.until.isoformat()}


def chosen(params: Mapping[str, str], today: date, default: str = DEFAULT) -> Period:
    """The period a URL asks for. Days that are no days, or in the wrong order, are taken as they were meant; of more days than a
    page can show one by one, the last."""
    if "range" not in params and ("since" in params or "until" in params):
        since, until = _day(params.get("since")), _day(params.get("until"))
        if since or until:
            first, last = sorted((since or until or today, until or today))
            shown = max(first, last - (MOST - 1) * _DAY)
            return Period(shown, last, shortened=shown > first)
    wanted = params.get("range", default)
    return _preset(wanted if wanted in PRESETS else default, today)


def _preset(name: str, today: date) -> Period:
    since, until = {
        "today": (today, today),
        "yesterday": (today - _DAY, today - _DAY),
        "7d": (today - timedelta(days=6), today),
        "30d": (today - timedelta(days=29), today),
        "month": (today.replace(day=1), today),
    }[name]
    return Period(since, until, name)


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if FIRST <= day <= LAST else None
