"""Turns a template and values into a page: language, theme, navigation, freshness and safety headers on every one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from cdp.app.web.pages import forms, period
from cdp.app.web.pages.context import PageContext
from cdp.app.web.pages.figures import Figures
from cdp.app.web.pages.language import DEFAULT, Texts, load
from cdp.clock import local_day

THEMES = ("auto", "light", "dark")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Vary": "HX-Request, Cookie",
}


_FIELD = re.compile(r"\{\{\s*([\w.]+)[^}]*\}\}")


class View:
    """Renders the pages of one workspace."""

    def __init__(self, context: PageContext) -> None:
        self.context = context
        self.texts = load()
        self._environment = _environment()

    def language(self, request: Request) -> Texts:
        """The language of the cookie, Chinese if there is none."""
        return self.texts.get(request.cookies.get("language", DEFAULT), self.texts[DEFAULT])

    def figures(self, request: Request) -> Figures:
        return Figures(self.language(request).language, self.context.workspace.timezone)

    def today(self) -> date:
        """The local day by the workspace's clock."""
        return local_day(self.context.clock.now(), self.context.workspace.timezone)

    def page(self, request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """The page, with what every page shows."""
        theme = request.cookies.get("theme", "auto")
        fresh = self.context.reader.freshness()
        common = {
            "request": request,
            "t": self.language(request),
            "f": self.figures(request),
            "workspace": self.context.workspace,
            "fresh": fresh,
            "behind": max(self.context.log.head() - fresh.position, 0),
            "stopped": self.context.stopped(),
            "theme": theme if theme in THEMES else "auto",
            "presets": period.PRESETS,
            "here": str(request.url.path) + (f"?{request.url.query}" if request.url.query else ""),
            "link": link,
            "csrf": forms.token(request, self.context.login),
            "login": self.context.login is not None,
            "inbox": self.context.inbox is not None,
            "outbox": self.context.outbox is not None,
            "desk": self.context.desk is not None,
            "held": self.context.outbox.held() if self.context.outbox is not None else None,
        }
        body = self._environment.get_template(template).render(common | values)
        return HTMLResponse(body, status, HEADERS)


def link(path: str, *parts: Mapping[str, object], **more: object) -> str:
    """A path with its query; empty values are left out."""
    query = {k: v for part in (*parts, more) for k, v in part.items() if v not in {None, ""}}
    return f"{path}?{urlencode(query)}" if query else path


def inside(path: str) -> str:
    """The path if it stays on this server, else the front page."""
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if safe else "/"


def _fields(text: str, t: Texts) -> Markup:
    """A message as its author wrote it, with the fields that are filled in marked by their names."""
    parts = _FIELD.split(text)
    marked = (
        Markup("<var>{}</var>").format(t.name("field", part)) if n % 2 else escape(part) for n, part in enumerate(parts)
    )
    return Markup("").join(marked)


@cache
def _environment() -> Environment:
    """The templates, which a process reads and compiles once."""
    environment = Environment(
        loader=PackageLoader("cdp.app.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = _versioned()
    environment.filters["fields"] = _fields
    environment.filters["moment_of"] = datetime.fromisoformat
    return environment


def _versioned() -> dict[str, str]:
    """Name of our own style sheet and script -> address that changes with their content."""
    folder = files("cdp.app.web") / "static"
    return {
        name: f"/static/{name}?v={hashlib.sha256((folder / name).read_bytes()).hexdigest()[:12]}"
        for name in ("style.css", "pages.js", "docs.js")
    }
