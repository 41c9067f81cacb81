"""Groups and mall: their figures, a curve with the period before, and the days as a table beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from cdp.app.web.pages import charts, errors
from cdp.app.web.pages.dashboard import span, tiles
from cdp.app.web.pages.period import Period, chosen
from cdp.app.web.pages.view import View
from cdp.app.web.reads import days
from cdp.app.web.reads.reader import Reader
from cdp.app.web.reads.span import Span

Row = dict[str, Any]


@dataclass(frozen=True)
class Area:
    """A ring of the loop: how to read its days, and which columns can be drawn, each with its kind of number."""

    name: str
    read: Callable[[Reader, Span], list[Row]]
    columns: dict[str, str]


MALL = Area(
    "mall",
    days.mall,
    {
        "gmv_fen": "money",
        "visitors": "count",
        "buyers": "count",
        "paid_orders": "count",
        "pay_conversion": "percent",
        "spend_per_buyer_fen": "money",
        "refunded_fen": "money",
        "pickup_rate": "percent",
    },
)
GROUPS = Area(
    "groups",
    days.groups,
    {
        "interaction_rate": "percent",
        "messages": "count",
        "active_members": "count",
        "joined": "count",
        "gone": "count",
    },
)


def router(view: View) -> APIRouter:
    """`/groups` and `/mall`, with the drawn column in the URL."""
    routes = APIRouter(include_in_schema=False, route_class=errors.route_class(view))

    @routes.get("/mall")
    def mall(request: Request) -> Response:
        return _page(view, request, MALL, lambda period: {})

    @routes.get("/groups")
    def groups(request: Request) -> Response:
        return _page(view, request, GROUPS, lambda p: {"groups": days.each_group(view.context.reader, span(view, p))})

    return routes


def _page(view: View, request: Request, area: Area, more: Callable[[Period], dict[str, Any]]) -> Response:
    period = chosen(request.query_params, view.today(), default="30d")
    shown = request.query_params.get("show", "")
    shown = shown if shown in area.columns else next(iter(area.columns))
    now, before = (area.read(view.context.reader, span(view, p)) for p in (period, period.before()))
    return view.page(
        request,
        f"{area.name}.html",
        page=area.name,
        period=period,
        area=area,
        shown=shown,
        tiles=tiles(view, request, area.name, period),
        days=list(reversed(now)),
        chart=_chart(view, request, area, shown, now, before),
        **more(period),
    )


def _chart(view: View, request: Request, area: Area, shown: str, now: list[Row], before: list[Row]) -> dict[str, Any]:
    t = view.language(request)
    scale = 100 if area.columns[shown] == "money" else 1
    values = [[None if row[shown] is None else row[shown] / scale for row in rows] for rows in (now, before)]
    return charts.lines(
        [f"{row['day']:%m-%d}" for row in now],
        (t("period.this"), values[0]),
        (t("period.previous"), values[1][: len(now)]),
    )
