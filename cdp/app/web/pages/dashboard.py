"""The front page: the seven-step funnel, its biggest leak, the figures of each ring, and what is to do today."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from cdp.app.web.pages import errors
from cdp.app.web.pages.figures import KINDS, Change
from cdp.app.web.pages.names import names
from cdp.app.web.pages.period import Period, chosen
from cdp.app.web.pages.view import View
from cdp.app.web.reads import funnel, today, totals
from cdp.clock import DAY
from projections.metrics import Metric

WINDOWS = (7, 14, 30)
"""Days that a person has, from the first step, to go through the funnel."""


@dataclass(frozen=True)
class Tile:
    """One figure as it is shown, with the period before. `missed` says that it is on the wrong side of its target."""

    name: str
    label: str
    about: str
    value: str
    before: str
    change: Change
    missed: bool


def router(view: View) -> APIRouter:
    """`/`, with the period and the funnel's window in the URL."""
    routes = APIRouter(include_in_schema=False, route_class=errors.route_class(view))
    funnels = funnel.Funnels(view.context.reader, view.context.workspace.timezone)

    @routes.get("/")
    def dashboard(request: Request) -> Response:
        period = chosen(request.query_params, view.today())
        window = asked_window(request)
        found = funnels.shown(period, period.before(), window * DAY)
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


def tiles(view: View, request: Request, area: str, period: Period) -> list[Tile]:
    """The figures of one ring beside those of the period before."""
    found = (totals.total(view.context.reader, name, period, period.before()) for name in totals.AREAS[area])
    return [tile(view, request, metric, now.value, before.value) for metric, now, before in found]


def tile(view: View, request: Request, metric: Metric, now: float | None, before: float | None, name: str = "") -> Tile:
    """One figure with its definition and its change; `name` where it is shown under another one."""
    figures, t, kind = view.figures(request), view.language(request), KINDS[metric.unit]
    return Tile(
        name or metric.name,
        t.said(metric.label),
        f"{t.said(metric.definition)} {t.said(metric.period)}",
        figures.show(kind, now),
        figures.show(kind, before),
        figures.change(kind, now, before),
        misses(metric, now),
    )


def misses(metric: Metric, value: float | None) -> bool:
    """Whether a figure is on the wrong side of its metric's target."""
    if value is None or metric.target is None:
        return False
    return value > metric.target if metric.less_is_better else value < metric.target


def _todo(view: View, request: Request) -> dict[str, object]:
    now = view.context.clock.now()
    people = today.worth_talking_to(view.context.reader, now)
    return {
        "waiting": today.waiting(view.context.reader, now, now + DAY),
        "people": people,
        "names": names(view.context, view.language(request), [p["person_id"] for p in people]),
    }
