"""SQL for whoever wants more than the pages show: one query, its rows, the same as a file, and what tables there are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool

from cdp.app.web.pages import errors, forms
from cdp.app.web.pages.context import Desk
from cdp.app.web.pages.view import View
from cdp.errors import CdpError, QueryStopped, TooManyQueries, UsageError

SHOWN = 200
EXAMPLES: Mapping[str, str] = {
    "days": (
        "SELECT day, visitors, cart_rate, pay_conversion, gmv_fen / 100 AS gmv\n"
        "FROM mall_days\nORDER BY day DESC\nLIMIT 30"
    ),
    "channels": (
        "SELECT channel, COUNT(*) AS persons, COUNT_IF(paid_orders > 0) AS buyers, SUM(gmv_fen) / 100 AS gmv\n"
        "FROM persons\nWHERE NOT is_staff\nGROUP BY channel\nORDER BY gmv DESC NULLS LAST"
    ),
    "events": (
        "SELECT type, COUNT(*) AS events, COUNT(DISTINCT person_id) AS persons, MAX(occurred_at) AS last\n"
        "FROM touchpoints\nGROUP BY type\nORDER BY events DESC"
    ),
}


def router(view: View) -> APIRouter:
    """`/sql`, and the same rows as `/sql.csv`; 404 where the workspace has no desk for it."""
    routes = APIRouter(include_in_schema=False, route_class=errors.route_class(view))

    @routes.get("/sql")
    def blank(request: Request, example: str = "days") -> Response:
        return _page(view, request, EXAMPLES.get(example, EXAMPLES["days"]))

    @routes.post("/sql")
    def ask(request: Request, sql: Annotated[str, Form()] = "", csrf: Annotated[str, Form()] = "") -> Response:
        forms.check_order(request, view.context.login, csrf)
        try:
            return _page(view, request, sql, found=_desk(view).ask(sql, SHOWN))
        except CdpError as error:
            return _page(view, request, sql, wrong=_told(view, request, error))

    @routes.post("/sql.csv")
    async def file(request: Request, sql: Annotated[str, Form()] = "", csrf: Annotated[str, Form()] = "") -> Response:
        forms.check_order(request, view.context.login, csrf)
        try:
            return await _desk(view).spreadsheet(request, sql)
        except CdpError as error:
            wrong = _told(view, request, error)
        return await run_in_threadpool(_page, view, request, sql, wrong=wrong)

    return routes


def _desk(view: View) -> Desk:
    if view.context.desk is None:
        raise HTTPException(404)
    return view.context.desk


def _page(
    view: View, request: Request, sql: str, found: Mapping[str, Any] | None = None, wrong: list[str] | None = None
) -> Response:
    return view.page(
        request, "sql.html", 422 if wrong else 200, page="sql", sql=sql, found=found, wrong=wrong, shown=SHOWN,
        rows=list(_cells(found)) if found else [], examples=tuple(EXAMPLES), tables=_desk(view).tables(),
    )  # fmt: skip


def _cells(found: Mapping[str, Any]) -> Iterator[list[str | None]]:
    """Every cell as text; None for NULL."""
    for row in found["rows"]:
        yield [_text(row[column["name"]]) for column in found["columns"]]


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _told(view: View, request: Request, error: CdpError) -> list[str]:
    """What is wrong, and where."""
    t = view.language(request)
    match error:
        case TooManyQueries():
            return [t("sql.busy")]
        case QueryStopped():
            return [t(f"sql.stopped.{error.why}")]
        case UsageError(problems=(problem, *_)):
            column = problem.path.removeprefix("column ")
            return [t("sql.place", line=problem.line, column=column), problem.message]
        case _:
            return [str(error)]
