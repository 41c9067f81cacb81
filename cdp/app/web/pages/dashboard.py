"""The front page: the seven-step funnel, its biggest leak, the figures of each ring, and what is to do today."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from cdp.app.web.pages import errors
from cdp.app.web.pages.figures import Change, Figures
from cdp.app.web.pages.names import names
from cdp.app.web.pages.period import Period, chosen
from cdp.app.web.pages.view import View
from cdp.app.web.reads import funnel, today, totals
from cdp.app.web.reads.span import Span
from cdp.clock import DAY

WINDOWS = (7, 14, 30)
"""Days that a person has, from the first step, to go through the funnel."""


@dataclass(frozen=True)
class Tile:
    """One figure as it is shown, with the period before."""

    name: str
    value: str
    before: str
    change: Change


def router(view: View) -> APIRouter:
    """`/`, with the period and the funnel's window in the URL."""
    routes = APIRouter(include_in_schema=False, route_class=errors.route_class(view))
    funnels = funnel.Funnels(view.context.reader)

    @routes.get("/")
    def dashboard(request: Request) -> Response:
        period = chosen(request.query_params, view.today())
        window = asked_window(request)
        before = span(view, period.before())
        found = funnels.shown(span(view, period), before, window * DAY)
        return view.page(
            request,
            "dashboard.html",
            page="home",
            period=period,
            window=window,
            windows=WINDOWS,
            funnel=found.steps,
            leak=found.leak,
            areas={area: tiles(view, request, area, period) for area in totals.AREAS},
            todo=_todo(view, request),
            anything=today.anything_happened(view.context.reader),
        )

    return routes


def asked_window(request: Request) -> int:
    """The conversion window of the URL in days; 14 unless another one on offer is asked for."""
    asked = request.query_params.get("window", "")
    return int(asked) if asked.isdecimal() and int(asked) in WINDOWS else 14


def span(view: View, period: Period) -> Span:
    """The period as queries take it."""
    return Span(period.since, period.until, *period.moments(view.context.workspace.timezone))


def tiles(view: View, request: Request, area: str, period: Period) -> list[Tile]:
    """The figures of one ring beside those of the period before."""
    metrics, read = totals.AREAS[area]
    figures = view.figures(request)
    now, before = (read(view.context.reader, span(view, p)) for p in (period, period.before()))
    return [tile(figures, m, now[m.name], before[m.name]) for m in metrics]


def tile(figures: Figures, metric: totals.Metric, now: float | None, before: float | None) -> Tile:
    """One figure with its change."""
    show = figures.show
    return Tile(
        metric.name, show(metric.kind, now), show(metric.kind, before), figures.change(metric.kind, now, before)
    )


def _todo(view: View, request: Request) -> dict[str, object]:
    now = view.context.clock.now()
    people = today.worth_talking_to(view.context.reader, now)
    return {
        "waiting": today.waiting(view.context.reader, now, now + DAY),
        "people": people,
        "names": names(view.context, view.language(request), [p["person_id"] for p in people]),
    }
