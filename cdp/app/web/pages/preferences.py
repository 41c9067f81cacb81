"""Language and theme: kept in cookies, chosen by links that come back to where one was."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse

from cdp.app.web.pages.language import LANGUAGES
from cdp.app.web.pages.view import THEMES, inside

_YEAR = 365 * 24 * 3600


def router() -> APIRouter:
    """`/preferences?language=en&theme=dark&back=/people`; what is not on offer is left as it was."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/preferences")
    def choose(language: str = "", theme: str = "", back: str = "/") -> RedirectResponse:
        answer = RedirectResponse(inside(back), 303)
        for name, value, offered in (("language", language, LANGUAGES), ("theme", theme, THEMES)):
            if value in offered:
                answer.set_cookie(name, value, max_age=_YEAR, samesite="lax", httponly=True)
        return answer

    return routes
