"""What customers are worth: segments, cohorts, channels, what sells together, and who is due to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from cdp.app.web.pages import errors
from cdp.app.web.pages.dashboard import Tile, misses, tile
from cdp.app.web.pages.figures import KINDS, Figures
from cdp.app.web.pages.names import names
from cdp.app.web.pages.view import View
from cdp.app.web.reads import totals, worth
from projections.metrics import metric
from projections.periods import Period

Row = dict[str, Any]

SHOWN = {"ltv": "money", "repurchase_share": "percent", "retention": "percent"}
"""What the table of cohorts can show, and the kind of number each is."""
STRETCHES = (30, 90, 365)
"""Days over which channels can be looked at."""
LISTED = 8


@dataclass(frozen=True)
class Cell:
    """One age of a cohort."""

    text: str
    state: str
    strength: float
    """0 to 1, of the largest in the table."""


@dataclass(frozen=True)
class Line:
    """One cohort with its ages."""

    month: date
    customers: int
    cells: tuple[Cell, ...]


def router(view: View) -> APIRouter:
    """`/worth`, with what of the cohorts is shown, their channel, and the days of the channels in the URL."""
    routes = APIRouter(include_in_schema=False, route_class=errors.route_class(view))

    @routes.get("/worth")
    def page(request: Request) -> Response:
        reader = view.context.reader
        shown, channel, days = _asked(request)
        segments = worth.segments(reader)
        due = worth.due(reader, view.context.clock.now(), LISTED)
        return view.page(
            request,
            "worth.html",
            page="people",
            basis=worth.basis(reader),
            customers=sum(segment["persons"] for segment in segments.values()),
            tiles=[_tile(view, request, name) for name in worth.OF_ALL],
            segments=segments,
            shown=shown,
            kinds=tuple(SHOWN),
            channel=channel,
            cohort_channels=worth.cohort_channels(reader),
            lines=_lines(view.figures(request), worth.cohorts(reader, channel or None), shown),
            channels=worth.channels(reader, _last(view, days)),
            of_a_channel={name: metric(name) for name in worth.OF_A_CHANNEL},
            number_kinds=KINDS,
            misses=misses,
            days=days,
            stretches=STRETCHES,
            pairs=worth.pairs(reader, LISTED),
            due=due,
            names=names(view.context, view.language(request), [row["person_id"] for row in due]),
        )

    return routes


def _tile(view: View, request: Request, name: str) -> Tile:
    """A metric over as many days as it is usually looked at."""
    usual = _last(view, metric(name).days)
    wanted, now, before = totals.total(view.context.reader, name, usual, usual.before())
    return tile(view, request, wanted, now.value, before.value)


def _last(view: View, days: int) -> Period:
    return Period(view.today() - timedelta(days=days - 1), view.today())


def _asked(request: Request) -> tuple[str, str, int]:
    """What of the cohorts is shown, of which channel, and over how many days channels are looked at."""
    shown, days = request.query_params.get("show", ""), request.query_params.get("days", "")
    return (
        shown if shown in SHOWN else next(iter(SHOWN)),
        request.query_params.get("channel", ""),
        next((stretch for stretch in STRETCHES if str(stretch) == days), STRETCHES[1]),
    )


def _lines(figures: Figures, rows: list[Row], shown: str) -> list[Line]:
    largest = max((value for row in rows if (value := _value(row, shown))), default=0)
    lines: dict[date, list[Cell]] = {}
    customers = {}
    for row in rows:
        value = _value(row, shown)
        text = "" if value is None else figures.show(SHOWN[shown], value)
        lines.setdefault(row["cohort_month"], []).append(Cell(text, row["state"], (value or 0) / (largest or 1)))
        customers[row["cohort_month"]] = row["customers"]
    return [Line(month, customers[month], tuple(cells)) for month, cells in lines.items()]


def _value(row: Row, shown: str) -> float | None:
    """What stands in a cell; what is not seen yet is projected where it can be."""
    if shown == "ltv":
        return row["projected_ltv_fen"] if row["state"] == "projected" else row["ltv_fen"]  # type: ignore[no-any-return]
    return row[shown]  # type: ignore[no-any-return]
