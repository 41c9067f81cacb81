"""Lives: each beside the one before it, and one in detail with its curve of who was there."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from cdp.app.web.pages import charts, errors
from cdp.app.web.pages.dashboard import Tile, tile, tiles
from cdp.app.web.pages.figures import KINDS
from cdp.app.web.pages.names import names
from cdp.app.web.pages.period import chosen
from cdp.app.web.pages.view import View
from cdp.app.web.reads import lives
from cdp.errors import NotFound
from projections.metrics import kept_in

SHOWN = 12


def router(view: View) -> APIRouter:
    """`/live` and `/live/{id}`."""
    routes = APIRouter(include_in_schema=False, route_class=errors.route_class(view))

    @routes.get("/live")
    def listing(request: Request) -> Response:
        period = chosen(request.query_params, view.today(), default="30d")
        sessions = lives.sessions(view.context.reader, period)
        return view.page(
            request,
            "lives.html",
            page="live",
            period=period,
            tiles=tiles(view, request, "live", period),
            sessions=sessions,
            earlier=lives.before(view.context.reader, sessions),
            trio={column: kept_in("live_sessions", column) for column in ("viewers", "lead_rate", "gmv_fen")},
            kinds=KINDS,
        )

    @routes.get("/live/{live}")
    def detail(request: Request, live: str) -> Response:
        reader = view.context.reader
        session = lives.session(reader, live)
        if session is None:
            raise NotFound("live", live)
        before = lives.before(reader, [session])[live]
        minutes = lives.minutes(reader, live)
        people = lives.viewers(reader, live, SHOWN)
        return view.page(
            request,
            "live.html",
            page="live",
            session=session,
            before=before,
            tiles=_beside(view, request, session, before),
            minutes=minutes,
            chart=_curve(view, request, minutes, lives.minutes(reader, before["live_id"]) if before else []),
            people=people,
            names=names(view.context, view.language(request), [p["person_id"] for p in people]),
        )

    return routes


def _beside(view: View, request: Request, session: dict[str, Any], before: dict[str, Any] | None) -> list[Tile]:
    found = ((column, kept_in("live_sessions", column)) for column in lives.FIGURES)
    return [
        tile(view, request, metric, session[column], before[column] if before else None, column)
        for column, metric in found
        if metric is not None
    ]


def _curve(view: View, request: Request, now: list[dict[str, Any]], before: list[dict[str, Any]]) -> dict[str, Any]:
    t = view.language(request)
    length = max(len(now), len(before))
    padded = [[m["present"] for m in curve] + [None] * (length - len(curve)) for curve in (now, before)]
    return charts.lines(
        [t("live.minute", n=minute) for minute in range(length)],
        (t("live.present"), padded[0]),
        (t("live.present_before"), padded[1]) if before else None,
    )
