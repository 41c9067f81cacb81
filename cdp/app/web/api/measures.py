"""`/v1/funnels`, `/v1/retention`, `/v1/metrics` and `/v1/segments`: figures as documents, or their rows as CSV and Parquet."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import JSONResponse, Response

from cdp.app.operations.segments import MOST
from cdp.app.web.api import tabular
from cdp.app.web.api.asking import Asking, AsOf, Known
from cdp.app.web.api.exact import ExactRoute
from cdp.app.web.api.formats import chosen
from cdp.app.web.api.problems import MEDIA_TYPE
from cdp.app.web.api.rows import Rows, answered
from projections.asking.question import FORMATS, MEDIA_TYPES

_Day = Annotated[str, Query(description="A local day, as 2026-06-19; it is in")]
_Texts = Annotated[list[str] | None, Query()]
_Compare = Annotated[bool, Query(description="Beside the period before")]
_Form = Annotated[str, Query(alias="format", description=f"{', '.join(FORMATS)}; else what Accept likes best")]
_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The figures; headers say up to which position and time the tables knew",
        "content": {media_type: {} for media_type in MEDIA_TYPES.values()},
    },
    406: {"description": "None of the formats that Accept names is to be had", "content": _PROBLEM},
    422: {"description": "The question means nothing; every reason is named", "content": _PROBLEM},
}
_NONE: dict[int | str, dict[str, Any]] = {404: {"description": "There is none of that name", "content": _PROBLEM}}


def router(ask: Asking) -> APIRouter:
    """The routes. Names are shown to callers with the scope `admin` alone."""
    routes = APIRouter(tags=["tables"], route_class=ExactRoute)
    for add in (_funnels, _retention, _metrics, _segments):
        add(routes, ask)
    return routes


def _told(ask: Asking, request: Request, operation: str, rows: Rows, **asked: Any) -> Response:
    """The answer of an operation as a document, or its rows in the format that is asked for."""
    form = chosen(request)
    return answered(form, ask.document(request, operation, **asked), rows, operation, _timezone(ask))


def _timezone(ask: Asking) -> str:
    return ask.runtime.system.settings.workspace.timezone


def _funnels(routes: APIRouter, ask: Asking) -> None:
    @routes.get(
        "/v1/funnels", summary="A funnel; the shop's own seven steps if none are named", response_class=Response,
        responses=_RESPONSES,
    )  # fmt: skip
    def funnels(
        request: Request, step: _Texts = None, since: _Day = "", until: _Day = "", window: str = "14d",
        order: str = "sequential", entry: str = "every", exclude: _Texts = None, by: str | None = None,
        attribution: str = "first", compare: _Compare = False, as_of: AsOf = "", known: Known = "",
        format: _Form = "",
    ) -> Response:  # fmt: skip
        rules = {"since": since, "until": until, "window": window, "order": order, "entry": entry, "exclude": exclude}
        more = {"by": by, "attribution": attribution, "compare": compare, "as_of": as_of, "known": known}
        return _told(ask, request, "funnel", tabular.funnel, steps=step, **rules, **more)

    @routes.get(
        "/v1/funnels/dropped", summary="Whom a step of a funnel lost", response_class=Response, responses=_RESPONSES
    )
    def dropped(
        request: Request, at: Annotated[int, Query(ge=1, le=1000)], step: _Texts = None, since: _Day = "",
        until: _Day = "", window: str = "14d", order: str = "sequential", entry: str = "every", exclude: _Texts = None,
        as_of: AsOf = "", known: Known = "", format: _Form = "",
    ) -> Response:  # fmt: skip
        rules = {"since": since, "until": until, "window": window, "order": order, "entry": entry, "exclude": exclude}
        return _told(ask, request, "dropped", tabular.persons, step=at, steps=step, as_of=as_of, known=known, **rules)


def _retention(routes: APIRouter, ask: Asking) -> None:
    @routes.get("/v1/retention", summary="Who came back", response_class=Response, responses=_RESPONSES)
    def retention(
        request: Request, start: str, returning: str = "", since: _Day = "",
        periods: Annotated[int, Query(ge=1, le=1000)] = 8, period: str = "week", kind: str = "first_time",
        mode: str = "on", as_of: AsOf = "", known: Known = "", format: _Form = "",
    ) -> Response:  # fmt: skip
        asked = {"start": start, "returning": returning, "since": since, "periods": periods, "period": period}
        more = {"kind": kind, "mode": mode, "as_of": as_of, "known": known}
        return _told(ask, request, "retention", tabular.retention, **asked, **more)


def _metrics(routes: APIRouter, ask: Asking) -> None:
    @routes.get("/v1/metrics", summary="Every metric with its definition")
    def metrics(request: Request) -> JSONResponse:
        return ask(request, "metrics")

    @routes.get(
        "/v1/metrics/{name}", summary="What a metric was", response_class=Response, responses={**_RESPONSES, **_NONE}
    )
    def metric(
        request: Request, name: str, since: _Day = "", until: _Day = "",
        by: Annotated[list[str] | None, Query(description="A dimension, and day, week or month")] = None,
        compare: _Compare = False, as_of: AsOf = "", known: Known = "", format: _Form = "",
    ) -> Response:  # fmt: skip
        asked = {"since": since, "until": until, "by": by, "compare": compare, "as_of": as_of, "known": known}
        return _told(ask, request, "metric", tabular.metric, name=name, **asked)


def _segments(routes: APIRouter, ask: Asking) -> None:
    @routes.get(
        "/v1/segments/{tag:path}",
        summary="Who carries a tag now, or carried it at a moment",
        response_class=Response,
        responses={**_RESPONSES, **_NONE},
    )
    def segment(
        request: Request, tag: str, limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
        after: Annotated[int, Query(ge=0, le=2**62, description="`next` of the page before")] = 0, as_of: AsOf = "",
        known: Known = "", format: _Form = "",
    ) -> Response:  # fmt: skip
        form = chosen(request)
        asked = {"limit": limit, "after": after, "as_of": as_of, "known": known, "reveal": ask.may(request, "admin")}
        found = ask.document(request, "segment", tag=tag, **asked)
        further = "" if found["next"] is None else _further(request, found["next"])
        return answered(form, found, tabular.segment, "segment", _timezone(ask), further)

    @routes.post("/v1/segments/{tag:path}", summary="Give a tag to those whom a step of a funnel lost")
    def save(
        request: Request, tag: str, dropped_at: Annotated[int, Body(ge=1, le=1000)],
        steps: Annotated[list[str] | None, Body()] = None, since: Annotated[str, Body()] = "",
        until: Annotated[str, Body()] = "", window: Annotated[str, Body()] = "14d",
        order: Annotated[str, Body()] = "sequential", entry: Annotated[str, Body()] = "every",
        exclude: Annotated[list[str] | None, Body()] = None,
    ) -> JSONResponse:  # fmt: skip
        rules = {"since": since, "until": until, "window": window, "order": order, "entry": entry, "exclude": exclude}
        return ask(request, "dropped.tag", tag=tag, step=dropped_at, steps=steps, **rules)


def _further(request: Request, after: int) -> str:
    """The address of the next page, relative to this server, however it is reached."""
    asked = {**request.query_params, "after": str(after)}
    return f"{quote(request.url.path)}?{urlencode(asked)}"
