"""Puts all pages on an application."""

from __future__ import annotations

from fastapi import FastAPI

from cdp.app.web.pages import assets, daily, dashboard, journeys, live, people, person, preferences
from cdp.app.web.pages.context import PageContext
from cdp.app.web.pages.view import View


def mount(app: FastAPI, context: PageContext) -> None:
    """Add the pages and their files to `app`. Nothing is read until a page is asked for."""
    view = View(context)
    app.include_router(assets.router())
    app.include_router(preferences.router())
    for page in (dashboard, live, daily, people, person, journeys):
        app.include_router(page.router(view))
