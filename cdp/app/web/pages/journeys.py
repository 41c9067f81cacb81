"""Journeys: which are live, who is where in them, and what became of what they sent."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from cdp.app.web.pages import errors, graph, steps
from cdp.app.web.pages.language import Texts
from cdp.app.web.pages.names import names
from cdp.app.web.pages.view import View
from cdp.app.web.reads import journeys
from cdp.app.web.reads.deployed import Deployed, deployed
from cdp.errors import NotFound

RUNS = 12


@dataclass(frozen=True)
class Stop:
    """One line of the list of steps, with its counts."""

    line: steps.Line
    passed: int
    inside: int
    left: dict[str, int]
    outcomes: dict[str, int]
    message: str


def router(view: View) -> APIRouter:
    """`/journeys` and `/journeys/{id}`, the version in the URL."""
    routes = APIRouter(include_in_schema=False, route_class=errors.route_class(view))

    @routes.get("/journeys")
    def listing(request: Request) -> Response:
        return view.page(
            request,
            "journeys.html",
            page="journeys",
            journeys=deployed(view.context.log),
            counts=journeys.overview(view.context.reader),
        )

    @routes.get("/journeys/{id}")
    def detail(request: Request, id: str) -> Response:
        found = next((d for d in deployed(view.context.log) if d.journey.id == id), None)
        if found is None:
            raise NotFound("journey", id)
        version = _version(request, found)
        stops = _stops(view, view.language(request), found, version)
        latest = journeys.runs(view.context.reader, id, RUNS)
        return view.page(
            request,
            "journey.html",
            page="journeys",
            found=found,
            journey=found.definitions[version],
            version=version,
            stops=stops,
            by_path={stop.line.path: stop for stop in stops if stop.line.path},
            picture=graph.draw(found.definitions[version]),
            box=(graph.BOX_WIDTH, graph.BOX_HEIGHT),
            branch=lambda path, label: steps.branch(
                found.definitions[version].nodes[path].step, label, view.language(request)
            ),
            overview=journeys.overview(view.context.reader).get(id),
            runs=latest,
            names=names(view.context, view.language(request), {r["person_id"] for r in latest if r["person_id"]}),
        )

    return routes


def _version(request: Request, found: Deployed) -> int:
    asked = request.query_params.get("version", "")
    return int(asked) if asked.isdecimal() and int(asked) in found.definitions else found.version


def _stops(view: View, t: Texts, found: Deployed, version: int) -> list[Stop]:
    reader, journey = view.context.reader, found.definitions[version]
    counts = (reader, journey.id, version)
    passed, inside = journeys.passed(*counts), journeys.inside(*counts)
    left, outcomes = journeys.left(*counts), journeys.outcomes(*counts)
    return [
        Stop(
            line=line,
            passed=passed.get(line.path, 0),
            inside=inside.get(line.path, 0),
            left=left.get(line.path, {}),
            outcomes=outcomes.get(line.path, {}),
            message=steps.message(journey.nodes[line.path].step) if line.path else "",
        )
        for line in steps.lines(journey, t)
    ]
