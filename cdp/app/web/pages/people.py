"""Lists of people: everybody, a tag, a segment, or whom a step of the funnel lost; search through the vault; CSV for Excel."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from cdp.app.web.pages import errors, session, tagging
from cdp.app.web.pages.dashboard import asked_window
from cdp.app.web.pages.names import find, names
from cdp.app.web.pages.period import Period, chosen
from cdp.app.web.pages.view import View
from cdp.app.web.reads import funnel, people
from cdp.app.web.reads.worth import SEGMENTS
from cdp.clock import DAY
from projections.funnel import STAGES, Stage

PAGE = 50
_BOM = "\ufeff"


@dataclass(frozen=True)
class Wanted:
    """Which list a URL asks for."""

    order: str
    tag: str
    segment: str
    dropped: int
    period: Period
    window: int
    number: int

    def keep(self) -> dict[str, object]:
        """What links on the page carry on."""
        if self.dropped:
            return {"dropped": self.dropped, "window": self.window, **_days(self.period)}
        return {name: value for name in ("tag", "segment") if (value := getattr(self, name))}


def router(view: View) -> APIRouter:
    """`/people` and the same list as `/people.csv`."""
    routes = APIRouter(include_in_schema=False, route_class=errors.route_class(view))

    @routes.get("/people")
    def listing(request: Request) -> Response:
        query = request.query_params.get("q", "").strip()
        if query and (person := find(view.context, query)) is not None:
            return RedirectResponse(f"/people/{person}", 303)
        wanted = wanted_by(view, request)
        total, rows = _rows(view, wanted, PAGE)
        return view.page(
            request,
            "people.html",
            page="people",
            query=query,
            total=total,
            people=rows,
            names=names(view.context, view.language(request), [r["person_id"] for r in rows]),
            lost=_lost(wanted),
            period=wanted.period,
            window=wanted.window,
            order=wanted.order,
            orders=tuple(people.ORDERS),
            tag=wanted.tag,
            segment=wanted.segment,
            tags=[] if wanted.dropped else people.tags(view.context.reader),
            keep=wanted.keep(),
            number=wanted.number,
            more=total > wanted.number * PAGE,
            ambiguous=view.context.register.waiting() if view.context.register else 0,
            may=wanted.dropped and view.context.tagging and session.may(request, view.context.login, "operate"),
            saved=tagging.saved(request),
        )

    @routes.get("/people.csv")
    def export(request: Request) -> Response:
        _, rows = _rows(view, wanted_by(view, request), None)
        headers = {"Content-Disposition": 'attachment; filename="people.csv"', "Cache-Control": "no-store"}
        return Response(_csv(view, request, rows), media_type="text/csv; charset=utf-8", headers=headers)

    return routes


def wanted_by(view: View, request: Request) -> Wanted:
    """The list that a URL asks for; what is not understood counts as not said."""
    params = request.query_params
    order, step, number = params.get("order", "recent"), params.get("dropped", ""), params.get("page", "")
    return Wanted(
        order=order if order in people.ORDERS else "recent",
        tag=params.get("tag", ""),
        segment=segment if (segment := params.get("segment", "")) in SEGMENTS else "",
        dropped=int(step) if step.isdecimal() and 1 <= int(step) <= len(STAGES) else 0,
        period=chosen(params, view.today()),
        window=asked_window(request),
        number=max(1, int(number)) if number.isdecimal() and len(number) < 7 else 1,
    )


def _rows(view: View, wanted: Wanted, limit: int | None) -> tuple[int, list[dict[str, Any]]]:
    reader, offset = view.context.reader, (wanted.number - 1) * PAGE if limit else 0
    if not wanted.dropped:
        total = people.total(reader, wanted.tag, wanted.segment)
        return total, people.page(reader, wanted.order, wanted.tag, wanted.segment, limit or total, offset)
    lost = dropped(view, wanted)
    return len(lost), people.listed(reader, lost, wanted.order, limit, offset)


def dropped(view: View, wanted: Wanted) -> list[int]:
    """Whom the step lost that a URL names."""
    timezone = view.context.workspace.timezone
    return funnel.lost(view.context.reader, wanted.period, timezone, wanted.window * DAY, wanted.dropped)


def _lost(wanted: Wanted) -> dict[str, Stage | None] | None:
    """The step that lost them, and the one before it, which they reached; None for the first, which nobody comes from."""
    if not wanted.dropped:
        return None
    return {"before": STAGES[wanted.dropped - 2] if wanted.dropped > 1 else None, "step": STAGES[wanted.dropped - 1]}


def _days(period: Period) -> dict[str, object]:
    return {"since": period.since, "until": period.until}


def _csv(view: View, request: Request, rows: list[dict[str, Any]]) -> bytes:
    """With a byte order mark, without which Excel reads Chinese as noise; cells never start a formula."""
    t, f = view.language(request), view.figures(request)
    known = names(view.context, t, [r["person_id"] for r in rows])
    text = io.StringIO()
    text.write(_BOM)
    writer = csv.writer(text)
    columns = ("person", "name", "building", "lifecycle", "friend", "orders", "gmv", "last_seen", "tags")
    writer.writerow([t(f"csv.{column}") for column in columns])
    for row in rows:
        cells = (
            row["person_id"],
            known[row["person_id"]],
            row["building"] or "",
            t.name("lifecycle", row["lifecycle"]) if row["lifecycle"] else "",
            t("yes") if row["is_friend"] else t("no"),
            row["paid_orders"] or 0,
            f"{(row['gmv_fen'] or 0) / 100:.2f}",
            f.moment(row["last_seen"]),
            " ".join(row["tags"] or ()),
        )
        writer.writerow([_inert(cell) for cell in cells])
    return text.getvalue().encode()


def _inert(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "@", "\t", "\r")) else cell
