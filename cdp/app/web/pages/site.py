"""Puts all pages on an application."""

from __future__ import annotations

from fastapi import FastAPI

from cdp.app.web.pages import (
    ambiguous,
    assets,
    daily,
    dashboard,
    docs,
    errors,
    identity,
    inbox,
    journeys,
    live,
    login,
    outbox,
    people,
    person,
    preferences,
    save,
    sql,
    why,
    worth,
)
from cdp.app.web.pages.context import PageContext
from cdp.app.web.pages.view import View

_PAGES = (
    dashboard,
    live,
    daily,
    people,
    ambiguous,
    person,
    identity,
    save,
    worth,
    why,
    journeys,
    inbox,
    outbox,
    sql,
    docs,
)


def mount(app: FastAPI, context: PageContext) -> None:
    """Add the pages and their files to `app`, behind a login if the context has one. Nothing is read until asked for."""
    view = View(context)
    app.include_router(assets.router())
    app.include_router(preferences.router())
    if context.login is not None:
        app.include_router(login.router(view, context.login))
    for page in _PAGES:
        app.include_router(page.router(view))
    errors.unknown_addresses(app, view)
