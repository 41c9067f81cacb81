"""Groups and mall: their figures, a curve with the period before, and the days as a table beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from cdp.app.web.pages import charts, errors
from cdp.app.web.pages.dashboard import misses, tiles
from cdp.app.web.pages.figures import KINDS
from cdp.app.web.pages.period import Period, chosen
from cdp.app.web.pages.view import View
from cdp.app.web.reads import totals
from projections.metrics import Metric, metric

Row = dict[str, Any]


def router(view: View) -> APIRouter:
    """`/groups` and `/mall`, with the drawn figure in the URL."""
    routes = APIRouter(include_in_schema=False, route_class=errors.route_class(view))

    @routes.get("/mall")
    def mall(request: Request) -> Response:
        return _page(view, request, "mall", lambda period: {})

    @routes.get("/groups")
    def groups(request: Request) -> Response:
        return _page(view, request, "groups", lambda period: _each_group(view, period))

    return routes


def _page(view: View, request: Request, area: str, more: Callable[[Period], dict[str, Any]]) -> Response:
    period = chosen(request.query_params, view.today(), default="30d")
    figures = {name: metric(name) for name in totals.DAILY[area]}
    shown = figures.get(request.query_params.get("show", ""), next(iter(figures.values())))
    now = totals.days(view.context.reader, tuple(figures), period)
    before = totals.days(view.context.reader, (shown.name,), period.before())
    return view.page(
        request,
        f"{area}.html",
        page=area,
        period=period,
        area=area,
        figures=figures,
        shown=shown,
        kinds=KINDS,
        tiles=tiles(view, request, area, period),
        days=list(reversed(now)),
        chart=_chart(view, request, shown, now, before),
        **more(period),
    )


def _each_group(view: View, period: Period) -> dict[str, Any]:
    of_a_group: Mapping[str, Metric] = {name: metric(name) for name in totals.OF_A_GROUP}
    return {"groups": totals.groups(view.context.reader, period), "of_a_group": of_a_group, "misses": misses}


def _chart(view: View, request: Request, shown: Metric, now: list[Row], before: list[Row]) -> dict[str, Any]:
    t = view.language(request)
    scale = 100 if shown.unit == "fen" else 1
    values = [[None if row[shown.name] is None else row[shown.name] / scale for row in rows] for rows in (now, before)]
    return charts.lines(
        [f"{row['day']:%m-%d}" for row in now],
        (t("period.this"), values[0]),
        (t("period.previous"), values[1][: len(now)]),
    )
