"""The web application of one workspace."""

from __future__ import annotations

from fastapi import FastAPI

from cdp.app.operations.runtime import Runtime
from cdp.app.web import pages
from cdp.app.web.api import callbacks, events, problems, process, questions, schemas, segment
from cdp.app.web.api.access import Access
from cdp.app.web.api.limits import Limiter
from cdp.app.web.pages_context import page_context


def create_app(runtime: Runtime, token: str) -> FastAPI:
    """Doors, questions, process state and pages. `token` is the workspace's own, from `run.json`."""
    app = FastAPI(title="Linli CDP 邻里", docs_url=None, redoc_url=None)
    access = Access(runtime.system.keys, token)
    counts = events.Counts()
    limiter = Limiter(runtime.system.settings.limits)
    problems.install(app)
    app.router.routes += events.routes(runtime.system, access, counts, limiter)
    app.router.routes += schemas.routes()
    app.router.routes += segment.routes(runtime.system, access, counts, limiter)
    app.router.routes += callbacks.routes(runtime.system)
    app.router.routes += process.routes(runtime, counts)
    questions.mount(app, runtime, access)
    pages.mount(app, page_context(runtime))
    return app
