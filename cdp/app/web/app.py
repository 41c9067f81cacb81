"""The web application of one workspace."""

from __future__ import annotations

from cdp.app.gathering import Gathering
from cdp.app.operations.runtime import Runtime
from cdp.app.web import pages
from cdp.app.web.api import (
    callbacks,
    events,
    identities,
    inbox,
    journeys,
    measures,
    openapi,
    outbox,
    persons,
    problems,
    process,
    questions,
    schemas,
    segment,
    sql,
)
from cdp.app.web.api.access import Access
from cdp.app.web.api.asking import Asking
from cdp.app.web.api.limits import Limiter
from cdp.app.web.front import Front
from cdp.app.web.pages_context import page_context


def create_app(runtime: Runtime, token: str) -> Front:
    """Doors, questions, process state and pages. `token` is the workspace's own, from `run.json`."""
    app = Front(title="Linli CDP 邻里", docs_url=None, redoc_url=None)
    access = Access(runtime.system.keys, token)
    counts = events.Counts()
    limiter = Limiter(runtime.system.settings.limits)
    gathering = Gathering(runtime.system, runtime.worker.rush)
    problems.install(app)
    app.add_doors(events.routes(runtime.system, access, counts, limiter, gathering))
    app.router.routes += schemas.routes()
    app.add_doors(segment.routes(runtime.system, access, counts, limiter, gathering))
    app.router.routes += callbacks.routes(runtime.system)
    app.router.routes += process.routes(runtime, counts)
    ask = Asking(runtime, access)
    for part in (questions, measures, identities, persons, journeys, inbox, outbox, sql):
        app.include_router(part.router(ask))
    pages.mount(app, page_context(runtime))
    openapi.describe(app)
    return app
